// What a release consists of: fills a folder with it, and says what is not in it and why.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import process from 'node:process'

export const targets = [
  'linux-x64',
  'linux-arm64',
  'linux-x64-musl',
  'linux-arm64-musl',
  'darwin-x64',
  'darwin-arm64',
  'windows-x64',
]

/** Stands in package.json's `repository` until there is one. No name on GitHub has an underscore, so nobody can own it. */
const placeholder = '__OWNER__'

/** What shells and packagers expect the scripts of `awsmfa completion SHELL` to be named. */
const completions = { bash: 'awsmfa.bash', zsh: '_awsmfa', fish: 'awsmfa.fish', pwsh: 'awsmfa.ps1' }

/** What the build leaves in dist/ or beside it, by file name. */
const builtParts = {
  'THIRD-PARTY-NOTICES': /^THIRD-PARTY-NOTICES(\.\w+)?$/,
  'SBOM (CycloneDX)': /\.cdx\.json$/,
  'man page': /^awsmfa\.1$/,
}

/**
 * Fills `out`; what lies there already is taken as it is, which is how the workflow adds what other machines built.
 *
 * @param pkg - package.json, parsed
 * @param run - runs a command in `top`; throws when it fails
 * @param here - the target of this machine, or `undefined`
 * @param tag - of the release, where it is one: must be that of package.json
 * @returns what was left out, each with the reason
 */
export function fillReleaseFolder({ top, out, pkg, run, here, dryRun, tag }) {
  const repository = repositoryOf(pkg)
  if (!dryRun) refuseToPublish(pkg, repository, tag)
  mkdirSync(out, { recursive: true })
  run('npm', ['run', 'build'])
  run('npm', ['pack', '--pack-destination', out])
  const leftOut = [
    ...buildStandalones({ out, pkg, run, here }),
    ...copyBuiltParts(top, out),
    ...writeCompletions(top, out),
  ]

  const values = { REPOSITORY: repository, VERSION: pkg.version, TARBALL_SHA256: sha256(join(out, tarballOf(pkg))) }
  const fill = (path) => {
    const mode = path.endsWith('.sh') ? 0o755 : 0o644
    writeFileSync(join(out, basename(path)), fillIn(readFileSync(join(top, path), 'utf8'), values), { mode })
  }
  for (const path of ['install.sh', 'install.ps1', 'packaging/homebrew/awsmfa.rb']) fill(path)
  const windows = join(out, assetOf('windows-x64'))
  if (existsSync(windows)) {
    values.WINDOWS_SHA256 = sha256(windows)
    fill('packaging/scoop/awsmfa.json')
  } else leftOut.push(['awsmfa.json', `the Scoop manifest names ${assetOf('windows-x64')}, which is not there`])

  writeFileSync(join(out, 'SHA256SUMS'), sumsOf(out))
  if (!dryRun && leftOut.length > 0)
    throw new Error(`the release is not whole: ${leftOut.map(([what]) => what).join(', ')}`)
  return leftOut
}

export function assetOf(target) {
  return `awsmfa-${target}${target.startsWith('windows') ? '.exe' : ''}`
}

export function tarballOf({ name, version }) {
  return `${name}-${version}.tgz`
}

/** The address that people see, from package.json, the only place where it stands. */
export function repositoryOf(pkg) {
  return pkg.repository.url.replace(/^git\+/, '').replace(/\.git$/, '')
}

/** A text with its `@NAME@`s filled in; each must be known. */
export function fillIn(text, values) {
  return text.replace(/@([A-Z][A-Z0-9_]+)@/g, (_, name) => {
    if (!(name in values)) throw new Error(`nothing is known of @${name}@`)
    return values[name]
  })
}

export function sha256(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}

/** One line a file, in the form of sha256sum. */
export function sumsOf(folder) {
  const names = readdirSync(folder).filter((name) => name !== 'SHA256SUMS')
  return names
    .sort()
    .map((name) => `${sha256(join(folder, name))}  ${name}\n`)
    .join('')
}

function refuseToPublish(pkg, repository, tag) {
  if (repository.includes(placeholder)) {
    throw new Error(`package.json names no repository yet ("repository" holds ${placeholder}); --dry-run works without`)
  }
  if (tag !== `v${pkg.version}`) throw new Error(`the tag is ${tag}, and package.json says v${pkg.version}`)
}

/** Builds that of this machine; the others come from theirs. */
function buildStandalones({ out, pkg, run, here }) {
  const leftOut = []
  for (const target of targets) {
    const file = join(out, assetOf(target))
    if (existsSync(file)) continue
    if (target !== here)
      leftOut.push([assetOf(target), `is built on another machine; this one is ${here ?? process.arch}`])
    else if (!pkg.scripts['build:standalone'])
      leftOut.push([assetOf(target), 'package.json has no script build:standalone'])
    else run('npm', ['run', 'build:standalone', '--', `--target=${target}`, `--outfile=${file}`])
  }
  return leftOut
}

function copyBuiltParts(top, out) {
  const dist = join(top, 'dist')
  const inDist = readdirSync(dist, { recursive: true, encoding: 'utf8' }).map((name) => join(dist, name))
  const files = [...readdirSync(top).map((name) => join(top, name)), ...inDist]
  return Object.entries(builtParts).flatMap(([what, pattern]) => {
    const file = files.find((path) => pattern.test(basename(path)))
    if (!file) return [[what, `the build makes none yet (nothing in dist/ matches ${pattern.source})`]]
    copyFileSync(file, join(out, basename(file)))
    return []
  })
}

function writeCompletions(top, out) {
  return Object.entries(completions).flatMap(([shell, name]) => {
    const program = [join(top, 'dist', 'main.js'), 'completion', shell]
    const { status, stdout, stderr } = spawnSync(process.execPath, program, { encoding: 'utf8' })
    if (status !== 0) return [[name, `awsmfa completion ${shell} prints none: ${stderr.split('\n')[0]}`]]
    writeFileSync(join(out, name), stdout)
    return []
  })
}
