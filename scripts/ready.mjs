// Brings a fresh clone into working order, so that `npm test` and `npm run demo` are each one command: installs what the
// lockfile names when it is not there, then compiles.
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { writeManPage } from './manPage.mjs'

export const top = dirname(dirname(fileURLToPath(import.meta.url)))

/** Everything: packages, build/ and dist/, from one compilation. */
export async function prepare() {
  install()
  await compile(join('test', 'tsconfig.json'), async (fresh) => {
    exchange(fresh, join(top, 'build'))
    await writeManPage(join(fresh, 'src'), join(fresh, 'src'))
    exchange(join(fresh, 'src'), join(top, 'dist'))
  })
}

/** Compiles src/ into dist/, the only thing that is published. */
export async function build() {
  await compile('tsconfig.json', async (fresh) => {
    await writeManPage(fresh, fresh)
    exchange(fresh, join(top, 'dist'))
  })
}

/** Installs the locked packages unless they are there already. No package of ours needs its install script. */
function install() {
  const marker = join(top, 'node_modules', '.package-lock.json')
  const lockfile = join(top, 'package-lock.json')
  if (existsSync(marker) && statSync(marker).mtimeMs >= statSync(lockfile).mtimeMs) return
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: top,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
}

/** Compiles into a fresh folder, and removes that after `use`. */
async function compile(project, use) {
  const fresh = join(top, `build-${process.pid}`)
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
  try {
    execFileSync(process.execPath, [tsc, '--project', join(top, project), '--outDir', fresh], { stdio: 'inherit' })
    await use(fresh)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

/**
 * Brings `old` into line with `fresh`, file by file: what was deleted in the source goes (a deleted test must not run on,
 * nor a deleted file be published), and what is the same is left alone, so that another run that uses it does not notice.
 */
function exchange(fresh, old) {
  const names = new Set(filesIn(fresh))
  for (const name of filesIn(old)) if (!names.has(name)) rmSync(join(old, name), { force: true })
  for (const name of names) {
    const to = join(old, name)
    const [bytes, before] = [readFileSync(join(fresh, name)), existsSync(to) ? readFileSync(to) : undefined]
    if (before?.equals(bytes)) continue
    mkdirSync(dirname(to), { recursive: true })
    writeFileSync(`${to}.${process.pid}`, bytes)
    renameSync(`${to}.${process.pid}`, to)
  }
  const main = join(old, 'main.js')
  if (existsSync(main)) chmodSync(main, 0o755)
}

function filesIn(folder) {
  if (!existsSync(folder)) return []
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)))
}
