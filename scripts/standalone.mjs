// `npm run build:standalone [-- --target=T] [--outfile=F]`: one file that needs no Node, made by Bun's compiler for this
// platform or for another one of the list below.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { prepareStandalone, top } from './ready.mjs'

const bunVersion = '1.4.5'

/**
 * Which package of npm's holds Bun for a platform, the checksum of its archive (the package's `dist.integrity`), and which
 * of keytar's builds belongs there.
 */
const targets = {
  'linux-x64': {
    ...{ bun: 'linux-x64', keytar: 'linux-x64' },
    sha512: 'IWX9BELoGHAUtMonkeSaNaZwXzRk+oDw6Mk+HBFXd3KHYIBNBsIGRupMZPcgNoDbJpLu6gAJjIoIVPZtt1aJ1g==',
  },
  'linux-arm64': {
    ...{ bun: 'linux-aarch64', keytar: 'linux-arm64' },
    sha512: '4BXmsSKnjOrlGWqZV4x/oWa7AVoR+B6lCXddMzOAXBIm3t50eslg9wb66gmtW1AamEQ1l1CDvmmruysEhqOWMg==',
  },
  'linux-x64-musl': {
    ...{ bun: 'linux-x64-musl', keytar: 'linuxmusl-x64' },
    sha512: '10QoW/YfTgnURaGEaHpJCiXjLI2e5iTtfVDaA5JKcyUzaa1cq6cVUY9/Uq5XkYzvtRjHLRe9Oj/lTDIQcxy8HQ==',
  },
  'linux-arm64-musl': {
    ...{ bun: 'linux-aarch64-musl', keytar: 'linuxmusl-arm64' },
    sha512: 'XCNc+WvvMAdNNb+OWTogpy+N9wm62fkVeEVLb6how0RZhW5LPi6c7BlkeVCuWps7XjEl2saFpHFa20/1E+PAHg==',
  },
  'darwin-x64': {
    ...{ bun: 'darwin-x64', keytar: 'darwin-x64' },
    sha512: 'qkLPMGHZM9NI6CeHTWwVezzmlo6cC4Ta7yUAjYIWXS366qQcOlcp75t2uZyiuVRBMPS0h9qE0tCcvCHGaFqjJg==',
  },
  'darwin-arm64': {
    ...{ bun: 'darwin-aarch64', keytar: 'darwin-arm64' },
    sha512: '4MIFXHmctH2EhAxLXm2/qxNtv17dFtLJylvaOCsrgq6KSqHTs6eW5YSrJjRbJxYUJaR901fsN8JfZOa+CsWpWQ==',
  },
  'windows-x64': {
    ...{ bun: 'windows-x64', keytar: 'win32-x64' },
    sha512: 'FNvply651vcE/GHgNWz6mZvhmkwBuu8Hw54oNzA+CQog+HW+542rXQmZqNHRkFxazD9L3xi+iTtvO3engAgJfw==',
  },
}

const options = { target: { type: 'string', default: ownTarget() }, outfile: { type: 'string' } }
const { target, outfile } = parseArgs({ options }).values
if (!(target in targets)) throw new Error(`--target is ${target}; it can be ${Object.keys(targets).join(', ')}`)
const suffix = target.startsWith('windows') ? '.exe' : ''
await compile(target, resolve(outfile ?? join(top, 'build-standalone', `awsmfa-${target}${suffix}`)))

function ownTarget() {
  const { platform, arch } = process
  const musl = platform === 'linux' && process.report.getReport().header.glibcVersionRuntime === undefined
  return `${platform === 'win32' ? 'windows' : platform}-${arch}${musl ? '-musl' : ''}`
}

async function compile(target, outfile) {
  mkdirSync(dirname(outfile), { recursive: true })
  const stage = mkdtempSync(join(dirname(outfile), '.standalone-'))
  try {
    await prepareStandalone(stage)
    const keytar = join(top, 'node_modules', 'keytar', 'prebuilds', targets[target].keytar, 'keytar.node')
    mkdirSync(join(stage, 'world'))
    copyFileSync(keytar, join(stage, 'world', 'keytar.node'))
    // Bytecode is loaded, not parsed. Whatever Bun would read from the person's folder at the start stays unread: a
    // bunfig.toml runs code, a .env sets variables. What cannot be found now must not be looked for then.
    const safe = ['dotenv', 'bunfig', 'tsconfig', 'package-json'].map((name) => `--no-compile-autoload-${name}`)
    const flags = ['--compile', '--bytecode', '--format=esm', '--reject-unresolved', ...safe]
    const cross = [`--target=bun-${target}`, `--compile-executable-path=${bunFor(target)}`]
    const made = join(stage, `awsmfa${suffix}`)
    const args = ['build', ...flags, ...cross, `--outfile=${made}`, 'standalone.js', 'qrWorker.js']
    execFileSync(bunFor(ownTarget()), args, { cwd: stage, stdio: ['ignore', 'ignore', 'inherit'] })
    renameSync(made, outfile)
  } finally {
    rmSync(stage, { recursive: true, force: true })
  }
  process.stdout.write(`${outfile}\n`)
}

/** Bun's program for a platform, from its package, which npm does not have to install: its scripts are not run. */
function bunFor(target) {
  const { bun, sha512 } = targets[target]
  const folder = join(top, 'node_modules', '.cache', `bun-${bunVersion}-${bun}`)
  const file = join(folder, 'package', 'bin', bun.startsWith('windows') ? 'bun.exe' : 'bun')
  if (existsSync(file)) return file
  mkdirSync(dirname(folder), { recursive: true })
  const fresh = mkdtempSync(`${folder}-`)
  try {
    const args = ['pack', `@oven/bun-${bun}@${bunVersion}`, '--json', '--pack-destination', fresh]
    const shell = process.platform === 'win32'
    const [{ filename }] = JSON.parse(
      execFileSync('npm', args, { stdio: ['ignore', 'pipe', 'ignore'], shell }).toString(),
    )
    const found = createHash('sha512')
      .update(readFileSync(join(fresh, filename)))
      .digest('base64')
    if (found !== sha512) throw new Error(`@oven/bun-${bun}@${bunVersion} is not what it was when it was chosen`)
    execFileSync('tar', ['-xzf', filename], { cwd: fresh })
    rmSync(join(fresh, filename))
    rmSync(folder, { recursive: true, force: true })
    renameSync(fresh, folder)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
  return file
}
