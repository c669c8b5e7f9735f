// Brings a fresh clone into working order, so that `npm test` and `npm run demo` are each one command: installs what the
// lockfile names when it is not there, then compiles.
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
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

/** Everything: packages, build/ for the tests, dist/ for the rest. */
export async function prepare() {
  install()
  await inFreshFolder((fresh) => {
    compile('test/tsconfig.json', '--outDir', fresh)
    exchange(fresh, join(top, 'build'))
  })
  await bundleInto(join(top, 'dist'), join(top, 'build', 'src'))
}

/** Compiles src/ and bundles it into `folder`; dist/ is the only thing that is published. */
export async function build(folder = join(top, 'dist')) {
  await inFreshFolder(async (compiled) => {
    compile('tsconfig.json', '--outDir', compiled)
    await bundleInto(folder, compiled)
  })
}

/** The modules of the executable, for Bun to compile. */
export async function prepareStandalone(folder) {
  install()
  compile('tsconfig.json', '--noEmit')
  const { bundle } = await import('./bundle.mjs')
  await bundle(folder, { standalone: true })
}

/** @param compiled - where src/ was compiled to: the manual page is made by running that */
async function bundleInto(folder, compiled) {
  // The packages are there by now.
  const { bundle } = await import('./bundle.mjs')
  await inFreshFolder(async (fresh) => {
    await bundle(fresh)
    await writeManPage(compiled, fresh)
    exchange(fresh, folder)
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

function compile(project, ...options) {
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
  execFileSync(process.execPath, [tsc, '--project', join(top, project), ...options], { stdio: 'inherit' })
}

async function inFreshFolder(use) {
  // Within the top folder, where the packages are found from.
  const fresh = mkdtempSync(join(top, 'build-'))
  try {
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
