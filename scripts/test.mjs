// The test command: `npm test [-- part-of-a-path … !part-to-leave-out …]`. Node 20's runner finds no files by itself and
// passes when there are none, so the files are named here, and none is an error.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { prepare, top } from './ready.mjs'

await prepare()

const wanted = process.argv.slice(2).filter((part) => !part.startsWith('!'))
const unwanted = process.argv.slice(2).filter((part) => part.startsWith('!'))
const folder = join(top, 'build', 'test')
const files = readdirSync(folder, { recursive: true })
  .map((name) => join(folder, name))
  .filter((file) => file.endsWith('.test.js'))
  .filter((file) => wanted.length === 0 || wanted.some((part) => relative(folder, file).includes(part)))
  .filter((file) => !unwanted.some((part) => relative(folder, file).includes(part.slice(1))))
  .sort()
if (files.length === 0) {
  process.stderr.write(`no test file matches ${wanted.join(' ')}\n`)
  process.exit(1)
}
// One file more than there are cores: many tests wait for a process, a clock or a time limit. By itself the runner leaves
// one core free, which on two cores means one file at a time.
const concurrency = `--test-concurrency=${availableParallelism() + 1}`
const reports = mkdtempSync(join(tmpdir(), 'awsmfa-skips-'))
const skips = join(reports, 'skipped.txt')
const reporters = [
  ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
  ...[
    `--test-reporter=${pathToFileURL(join(top, 'scripts', 'skipReporter.mjs'))}`,
    `--test-reporter-destination=${skips}`,
  ],
]
const flags = ['--enable-source-maps', '--test', concurrency, ...reporters]
const run = spawnSync(process.execPath, [...flags, ...files], { cwd: top, stdio: 'inherit' })
process.exitCode = run.status ?? 1

const skipped = readFileSync(skips, 'utf8')
rmSync(reports, { recursive: true, force: true })
if (process.env.AWSMFA_REQUIRE_PARTS === '1' && skipped !== '') {
  process.stderr.write(`${skipped}nothing may be skipped here\n`)
  process.exitCode = 1
}
