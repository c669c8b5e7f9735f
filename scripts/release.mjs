// `npm run release -- --dry-run`: builds what a release consists of, as far as this machine can, into build-release/, checks
// it, and says what is not in it. Without --dry-run, as the workflow runs it for a tag, it must be whole. It publishes
// nothing: that is done by .github/workflows/release.yml, from this folder.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { top } from './ready.mjs'
import { checkReleaseFolder } from './releaseCheck.mjs'
import { fillReleaseFolder, targets } from './releaseFolder.mjs'

const { values } = parseArgs({ options: { 'dry-run': { type: 'boolean' }, out: { type: 'string' } } })
const dryRun = values['dry-run'] ?? false
const out = resolve(values.out ?? join(top, 'build-release'))
const pkg = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'))
const here = targetOfThisMachine()

try {
  // Only its own folder: --out may name one that holds other things.
  if (dryRun && !values.out) rmSync(out, { recursive: true, force: true })
  const leftOut = fillReleaseFolder({ top, out, pkg, run, here, dryRun, tag: process.env.GITHUB_REF_NAME })
  const checks = checkReleaseFolder({ out, pkg, here })
  print(`\n${dryRun ? 'A dry run' : 'The release'} of awsmfa ${pkg.version}, in ${out}:`)
  for (const name of readdirSync(out).sort()) print(`  ${name.padEnd(28)}${size(join(out, name))}`)
  print(`\nChecked: ${checks.join('; ')}.`)
  if (leftOut.length > 0) print('\nLeft out:')
  for (const [what, why] of leftOut) print(`  ${what.padEnd(28)}${why}`)
  if (dryRun) print('\nNothing was published, signed or attested: only the workflow does that.')
} catch (error) {
  process.stderr.write(`release: ${error.message}\n`)
  process.exitCode = 1
}

function run(command, args) {
  execFileSync(command, args, {
    cwd: top,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, npm_config_loglevel: 'warn' },
    shell: process.platform === 'win32',
  })
}

function targetOfThisMachine() {
  const system = { linux: 'linux', darwin: 'darwin', win32: 'windows' }[process.platform]
  const musl = process.platform === 'linux' && !process.report.getReport().header.glibcVersionRuntime
  const name = `${system}-${process.arch}${musl ? '-musl' : ''}`
  return targets.includes(name) ? name : undefined
}

function size(file) {
  const bytes = existsSync(file) ? statSync(file).size : 0
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
}

function print(line) {
  process.stdout.write(`${line}\n`)
}
