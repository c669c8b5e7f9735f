// The test command: `npm test [-- part-of-a-path … !part-to-leave-out …]`. Node 20's runner finds no files by itself and passes when there are
// none, so the files are named here and none is an error.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative } from 'node:path'
import process from 'node:process'
import { build, buildTests, install, top } from './ready.mjs'

install()
build()
buildTests()

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
const flags = ['--enable-source-maps', '--test', '--test-reporter=spec', concurrency]
const run = spawnSync(process.execPath, [...flags, ...files], { cwd: top, stdio: 'inherit' })
process.exitCode = run.status ?? 1
