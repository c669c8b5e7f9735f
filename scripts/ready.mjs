// Brings a fresh clone into working order, so that `npm test` and `npm run demo` are each one command: installs what the
// lockfile names when it is not there, then compiles.
import { execFileSync } from 'node:child_process'
import { existsSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const top = dirname(dirname(fileURLToPath(import.meta.url)))

/** Installs the locked packages unless they are there already. No package of ours needs its install script. */
export function install() {
  const marker = join(top, 'node_modules', '.package-lock.json')
  const lockfile = join(top, 'package-lock.json')
  if (existsSync(marker) && statSync(marker).mtimeMs >= statSync(lockfile).mtimeMs) return
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: top,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
}

/** Compiles src/ into dist/. */
export function build() {
  execFileSync(process.execPath, [join(top, 'scripts', 'build.mjs')], { stdio: 'inherit' })
}

/** Compiles src/ and test/ into build/, from an empty folder: a deleted test must not run on. */
export function buildTests() {
  rmSync(join(top, 'build'), { recursive: true, force: true })
  const tsc = join(top, 'node_modules', 'typescript', 'bin', 'tsc')
  execFileSync(process.execPath, [tsc, '--project', join(top, 'test', 'tsconfig.json')], { stdio: 'inherit' })
}
