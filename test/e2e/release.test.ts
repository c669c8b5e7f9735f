import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { absent } from '../support/parts.js'
import { top } from '../support/program.js'
import { tempFolder } from '../support/tempFolder.js'

const script = async (name: string) => await import(pathToFileURL(join(top, 'scripts', name)).href)
const { fillReleaseFolder, fillIn, sha256, targets, assetOf } = await script('releaseFolder.mjs')
const { checkReleaseFolder } = await script('releaseCheck.mjs')

const pkg = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'))
const named = { ...pkg, repository: { url: 'git+https://github.com/example/awsmfa.git' } }
const posix = { skip: process.platform === 'win32' }

const tarball = `awsmfa-${pkg.version}.tgz`
const folder = mkdtempSync(join(tmpdir(), 'awsmfa-release-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** The real tarball. Without scripts: dist/ is built already, and a build now would take it away under the other tests. */
function packed(): string {
  const file = join(folder, tarball)
  if (existsSync(file)) return file
  execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: top, stdio: 'ignore' })
  return file
}

interface Given {
  readonly standalones?: readonly string[]
  readonly pkg?: unknown
  readonly dryRun?: boolean
  readonly tag?: string
}

/** A release made of the real tarball; `standalones` are there already, as the workflow brings them. */
function fill(t: TestContext, { standalones = [], ...given }: Given = {}) {
  const out = tempFolder(t)
  const program = `#!/bin/sh\necho 'awsmfa ${pkg.version} (standalone)'\n`
  for (const target of standalones) writeFileSync(join(out, assetOf(target)), program, { mode: 0o755 })
  const run = (_: string, args: string[]) => {
    if (args[0] === 'pack') copyFileSync(packed(), join(out, tarball))
  }
  const all = { top, out, pkg, run, here: 'linux-x64', dryRun: true, tag: undefined, ...given }
  return { out, leftOut: () => new Map<string, string>(fillReleaseFolder(all)), check: () => checkReleaseFolder(all) }
}

describe('npm run release', posix, () => {
  test('a dry run builds and checks all that this machine can, and names what it left out, and why', (t) => {
    const { out, leftOut, check } = fill(t)
    const left = leftOut()
    const reason = pkg.scripts['build:standalone'] ? undefined : 'package.json has no script build:standalone'
    assert.equal(left.get('awsmfa-linux-x64'), reason)
    assert.equal(left.get('awsmfa-darwin-arm64'), 'is built on another machine; this one is linux-x64')
    assert.match(left.get('awsmfa.json') ?? '', /the Scoop manifest names awsmfa-windows-x64\.exe, which is not there/)
    assert.ok(existsSync(join(out, tarball)))
    assert.ok(check().length >= 5)
  })

  test('with what the other machines built, formula and manifest name addresses and checksums of the files', (t) => {
    const { out, leftOut, check } = fill(t, { standalones: targets, pkg: named })
    const left = [...leftOut().keys()]
    assert.ok(!left.some((what) => /^awsmfa[-.](?!bash|fish|ps1)/.test(what)), left.join())
    assert.ok(check().includes('awsmfa-linux-x64 starts and says its version'))
    execFileSync('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], { cwd: out })
    const formula = readFileSync(join(out, 'awsmfa.rb'), 'utf8')
    assert.ok(formula.includes(`url "https://registry.npmjs.org/awsmfa/-/${tarball}"`))
    assert.ok(formula.includes(`sha256 "${sha256(join(out, tarball))}"`))
    const { architecture, version } = JSON.parse(readFileSync(join(out, 'awsmfa.json'), 'utf8'))
    const base = `https://github.com/example/awsmfa/releases/download/v${pkg.version}`
    assert.equal(version, pkg.version)
    assert.deepEqual(architecture['64bit'], {
      url: `${base}/awsmfa-windows-x64.exe#/awsmfa.exe`,
      hash: sha256(join(out, 'awsmfa-windows-x64.exe')),
    })
    for (const name of ['install.sh', 'install.ps1', 'awsmfa.rb', 'awsmfa.json']) {
      const text = readFileSync(join(out, name), 'utf8')
      assert.match(text, /https:\/\/github\.com\/example\/awsmfa\b/)
      assert.doesNotMatch(text, /@[A-Z][A-Z0-9_]+@/)
    }
    assert.deepEqual(readdirSync(out).filter((name) => name.startsWith('awsmfa-')).length, targets.length + 1)
  })

  test('the check finds a file that was changed, one that is not named, and a program of another version', (t) => {
    const { out, leftOut, check } = fill(t, { standalones: ['linux-x64'] })
    leftOut()
    appendFileSync(join(out, 'install.sh'), '\n')
    assert.throws(check, /SHA256SUMS names every file: not so/)
    leftOut()
    writeFileSync(join(out, 'extra'), '')
    assert.throws(check, /SHA256SUMS names every file: not so/)
    writeFileSync(join(out, 'awsmfa-linux-x64'), '#!/bin/sh\necho awsmfa 0.0.0\n')
    leftOut()
    assert.throws(check, /starts and says its version: not so/)
  })

  test('a release refuses without a repository, with another tag, and when it is not whole', (t) => {
    assert.throws(fill(t, { dryRun: false }).leftOut, /names no repository yet/)
    const real = { dryRun: false, pkg: named }
    assert.throws(fill(t, { ...real, tag: 'v9.9.9' }).leftOut, /the tag is v9\.9\.9, and package\.json says v/)
    assert.throws(fill(t, { ...real, tag: `v${pkg.version}` }).leftOut, /the release is not whole: .*awsmfa-darwin-x64/)
  })

  test('a template that asks for what nobody knows is an error', () => {
    assert.throws(() => fillIn('a @NOT_KNOWN@ b', { KNOWN: 'x' }), /nothing is known of @NOT_KNOWN@/)
  })
})

test('README.md names the repository as package.json does, and the files as the release does', () => {
  const text = readFileSync(join(top, 'README.md'), 'utf8').split('\n## Install\n')[1]?.split('\n## ')[0] ?? ''
  const [, owner = ''] = /github\.com\/([^/]+)\/awsmfa\.git$/.exec(pkg.repository.url) ?? []
  const shown = [...text.matchAll(/(?:github\.com\/|brew install |--repo )([^/]+)\//g)].map(([, name]) => name)
  assert.ok(shown.length >= 5)
  for (const name of shown) assert.equal(name, owner)
  for (const [, target = ''] of text.matchAll(/awsmfa-((?:linux|darwin|windows)[\w-]*)/g))
    assert.ok(targets.includes(target))
})

const workflow = readFileSync(join(top, '.github', 'workflows', 'release.yml'), 'utf8')

/** The jobs by name, each with its lines. */
const jobs = new Map(
  (workflow.split('\njobs:\n')[1] ?? '')
    .split(/^(?= {2}[a-z]+:$)/m)
    .map((text) => [/^ {2}([a-z]+):/m.exec(text)?.[1] ?? '', text] as const)
    .filter(([name]) => name !== ''),
)

const granted = (job: string) =>
  [...(/ {4}permissions:\n((?: {6}.*\n)+)/.exec(job)?.[1] ?? '').matchAll(/^ {6}([\w-]+: \w+)$/gm)].map(
    ([, line]) => line,
  )

/** The commands of all `run: |` blocks, and the single ones. */
const commandsOf = (job: string) => [
  ...[...job.matchAll(/run: \|\n((?: {10}.*\n)+)/g)].map(([, block = '']) => block.replace(/^ {10}/gm, '')),
  ...[...job.matchAll(/run: (?!\|)(.+)\n/g)].map(([, line = '']) => line),
]

describe('the workflow for tags', () => {
  test('has the jobs, each after what it needs', () => {
    const needs = [...jobs].map(([name, text]) => [name, /^ {4}needs: (.*)$/m.exec(text)?.[1] ?? ''])
    assert.deepEqual(needs, [
      ['test', ''],
      ['standalone', ''],
      ['assemble', '[test, standalone]'],
      ['attest', 'assemble'],
      ['npm', 'attest'],
      ['github', 'npm'],
    ])
  })

  test('gives each job the rights it needs and no other', () => {
    assert.match(workflow, /^permissions: \{\}$/m)
    assert.deepEqual(Object.fromEntries([...jobs].map(([name, text]) => [name, granted(text)])), {
      test: ['contents: read'],
      standalone: ['contents: read'],
      assemble: ['contents: read'],
      attest: ['id-token: write', 'attestations: write'],
      npm: ['id-token: write'],
      github: ['contents: write'],
    })
    assert.doesNotMatch(workflow, /secrets\.|NPM_TOKEN|NODE_AUTH_TOKEN/)
  })

  test('names every action by its commit, and the version beside it', () => {
    const uses = [...workflow.matchAll(/uses: (.*)$/gm)].map(([, action = '']) => action)
    assert.ok(uses.length >= 10)
    for (const action of uses) assert.match(action, /^actions\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
  })

  test('runs no code of the checkout or of dependencies where it may publish', () => {
    for (const name of ['attest', 'npm', 'github']) {
      const text = jobs.get(name) ?? ''
      assert.doesNotMatch(text, /actions\/checkout|npm (ci|install|run|test)|npx/)
    }
    assert.match(jobs.get('npm') ?? '', /npm publish --ignore-scripts /)
    assert.match(jobs.get('npm') ?? '', /11\.5\.1/)
  })

  test('puts nothing that a tag could hold into a command', () => {
    for (const job of jobs.values())
      for (const command of commandsOf(job)) assert.doesNotMatch(command, /\$\{\{ (?!matrix\.command)/)
  })

  test('builds every target of the release, under the name that the release has', () => {
    const rows = [...workflow.matchAll(/target: ([\w-]+)(?:, suffix: (\.exe))? \}/g)]
    assert.deepEqual(rows.map(([, target]) => target).sort(), [...targets].sort())
    for (const [, target, suffix = ''] of rows) assert.equal(`awsmfa-${target}${suffix}`, assetOf(target))
  })

  test('has commands that shellcheck finds nothing in', { skip: absent('shellcheck') }, () => {
    const commands = [...jobs.values()].flatMap(commandsOf).filter((command) => !command.startsWith('${{'))
    assert.ok(commands.length >= 8)
    for (const input of commands) {
      const { stdout, status } = spawnSync('shellcheck', ['--shell', 'bash', '-'], { input, encoding: 'utf8' })
      assert.equal(status, 0, `${input}\n${stdout}`)
    }
  })
})

describe('install.ps1, which no test here can run', () => {
  const text = readFileSync(join(top, 'install.ps1'), 'utf8')

  test('does all in one function, and calls it in the last line, so that a cut leaves nothing that can be parsed', () => {
    const code = text.split('\n').filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith(' '))
    assert.deepEqual(code, ['function Install-Awsmfa {', '}', 'if ($true) { Install-Awsmfa @args }'])
  })

  test('is plain ASCII, which Windows PowerShell reads alike everywhere', () => {
    assert.match(text, /^[\x20-\x7e\n]*$/)
  })

  test('checks before it runs anything, and replaces last', () => {
    const order = ['Get-FileHash', '& $new --version', '[IO.File]::Replace']
    const places = order.map((part) => text.indexOf(part))
    assert.ok(places.every((at) => at > 0))
    assert.deepEqual(
      places,
      places.toSorted((one, other) => one - other),
    )
  })

  test('takes the same settings and says the same as install.sh', () => {
    const sh = readFileSync(join(top, 'install.sh'), 'utf8')
    for (const name of ['AWSMFA_VERSION', 'AWSMFA_INSTALL_DIR', 'AWSMFA_INSTALL_BASE', '@REPOSITORY@', 'SHA256SUMS']) {
      assert.ok(sh.includes(name) && text.includes(name), name)
    }
    for (const message of [
      'this is no version; one looks like 1.2.3',
      'names no checksum for',
      'does not start on this machine',
      'to remove it: awsmfa schedule remove; awsmfa unenroll --purge',
    ]) {
      assert.ok(sh.includes(message) && text.includes(message), message)
    }
  })
})
