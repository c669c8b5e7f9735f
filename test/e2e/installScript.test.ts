import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { absent, which } from '../support/parts.js'
import { top } from '../support/program.js'
import { tempFolder } from '../support/tempFolder.js'

const script = readFileSync(join(top, 'install.sh'), 'utf8')
const shells = { dash: ['dash'], bash: ['bash', '--posix'], busybox: ['busybox', 'sh'] } as const

/** A release of a program that says its version; `cut` announces more bytes than it sends. */
type Release = Record<string, { readonly body: string; readonly cut?: true }>

const programOf = (version: string) => `#!/bin/sh\necho "awsmfa ${version} (standalone)"\n`
const sumsOf = (name: string, body: string) => `${createHash('sha256').update(body).digest('hex')}  ${name}\n`

function releaseOf(version: string, { name = 'awsmfa-linux-x64', folder = `download/v${version}` } = {}): Release {
  const body = programOf(version)
  return {
    [`/releases/${folder}/SHA256SUMS`]: { body: `${sumsOf('other', 'x')}${sumsOf(name, body)}` },
    [`/releases/${folder}/${name}`]: { body },
  }
}

async function serve(t: TestContext, release: Release): Promise<string> {
  const server = createServer((request, response) => {
    const file = release[request.url ?? '']
    if (!file) return void response.writeHead(404).end('<html>Not Found</html>')
    if (!file.cut) return void response.end(file.body)
    response.writeHead(200, { 'content-length': file.body.length + 1000 })
    response.write(file.body, () => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const tools = 'mktemp mkdir mv rm chmod ls cat sh sha256sum curl'.split(' ')

interface Machine {
  readonly system?: string
  readonly processor?: string
  readonly ldd?: string
  readonly bits?: string
  readonly without?: readonly string[]
  readonly with?: readonly string[]
}

/** A folder for PATH that holds only what this machine is to have. */
function pathOf(t: TestContext, machine: Machine): string {
  const folder = tempFolder(t)
  const kept = [...tools, ...(machine.with ?? [])].filter((tool) => !machine.without?.includes(tool))
  for (const tool of kept) symlinkSync(which(tool) ?? assert.fail(`${tool} is not here`), join(folder, tool))
  const say = (name: string, text: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`)
    chmodSync(join(folder, name), 0o755)
  }
  say('uname', `case $1 in -s) echo ${machine.system ?? 'Linux'} ;; *) echo ${machine.processor ?? 'x86_64'} ;; esac`)
  say('ldd', `echo '${machine.ldd ?? 'ldd (GNU libc) 2.36'}' >&2; exit 1`)
  say('getconf', `echo ${machine.bits ?? '64'}`)
  return folder
}

interface Given extends Machine {
  readonly release?: Release
  readonly args?: readonly string[]
  readonly env?: Record<string, string>
  readonly text?: string
  readonly installed?: string
}

/** Runs install.sh as a person would, in a home of its own. */
async function install(t: TestContext, shell: readonly string[], given: Given) {
  const home = tempFolder(t)
  const bin = join(home, '.local', 'bin')
  if (given.installed) {
    mkdirSync(bin, { recursive: true })
    writeFileSync(join(bin, 'awsmfa'), given.installed)
  }
  const [command = '', ...before] = shell
  const file = join(home, 'install.sh')
  writeFileSync(file, given.text ?? script)
  const base = await serve(t, given.release ?? releaseOf('1.2.3'))
  const env = { HOME: home, PATH: pathOf(t, given), AWSMFA_INSTALL_BASE: base, ...given.env }
  const args = [...before, file, ...(given.args ?? ['1.2.3'])]
  const ended = await promisify(execFile)(which(command) ?? command, args, { env, cwd: home }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code: Number(code), stdout: String(stdout), stderr: String(stderr) }),
  )
  return { ...ended, home, bin, target: join(bin, 'awsmfa') }
}

function assertInstalled(run: Awaited<ReturnType<typeof install>>, version = '1.2.3') {
  assert.equal(run.code, 0, run.stderr)
  assert.equal(readFileSync(run.target, 'utf8'), programOf(version))
  assert.equal(statSync(run.target).mode & 0o777, 0o755)
  assert.deepEqual(readdirSync(run.bin), ['awsmfa'])
}

/** It said so, and what was there is there still, with nothing beside it. */
function assertRefused(run: Awaited<ReturnType<typeof install>>, message: RegExp) {
  assert.equal(run.code, 1, run.stdout)
  assert.match(run.stderr, message)
  assert.equal(readFileSync(run.target, 'utf8'), 'old')
  assert.deepEqual(readdirSync(run.bin), ['awsmfa'])
}

const file = '/releases/download/v1.2.3/awsmfa-linux-x64'
const sums = '/releases/download/v1.2.3/SHA256SUMS'
const good = releaseOf('1.2.3')
const html = '<!DOCTYPE html><html>Please sign in</html>'

/** What must end in a refusal that leaves the installed program alone. */
const refusals: Record<string, readonly [Given, RegExp]> = {
  'a wrong checksum': [
    { release: { ...good, [file]: { body: programOf('1.2.3 ') } } },
    /the checksum of awsmfa-linux-x64 is wrong/,
  ],
  'a file that was cut off on its way': [
    { release: { ...good, [file]: { body: '#!/bin/sh\n', cut: true } } },
    /could not download|checksum .* is wrong/,
  ],
  'a page of the network in place of the file': [
    { release: { ...good, [file]: { body: html } } },
    /checksum .* is wrong/,
  ],
  'a page of the network in place of the checksums': [
    { release: { ...good, [sums]: { body: html } } },
    /SHA256SUMS names no checksum for awsmfa-linux-x64/,
  ],
  'checksums without a line for the file': [
    { release: { ...good, [sums]: { body: sumsOf('awsmfa-linux-x64-musl', 'x') } } },
    /names no checksum/,
  ],
  'a checksum that is too short': [
    { release: { ...good, [sums]: { body: 'abc  awsmfa-linux-x64\n' } } },
    /names no checksum/,
  ],
  'a version that was not released': [{ args: ['9.9.9'] }, /could not download http:.*v9\.9\.9\/SHA256SUMS/],
  'another version than was asked for': [
    { release: { ...releaseOf('1.2.30', { folder: 'download/v1.2.3' }) } },
    /another version than 1\.2\.3: awsmfa 1\.2\.30 /,
  ],
  'a program that does not start': [
    { release: { [file]: { body: 'exit 3\n' }, [sums]: { body: sumsOf('awsmfa-linux-x64', 'exit 3\n') } } },
    /does not start on this machine/,
  ],
  'a machine with neither curl nor wget': [{ without: ['curl'] }, /neither curl nor wget/],
  'a machine with nothing to check with': [{ without: ['sha256sum'] }, /none of sha256sum, shasum and openssl/],
  'an unknown system': [{ system: 'FreeBSD' }, /there is no awsmfa for FreeBSD\n +with Node: npm install/],
  Windows: [{ system: 'MINGW64_NT-10.0' }, /use install\.ps1/],
  'an unknown processor': [{ processor: 'riscv64' }, /processor named riscv64/],
  'a 32-bit system on a 64-bit kernel': [{ bits: '32' }, /of 32 bits/],
  'an address over plain HTTP': [{ env: { AWSMFA_INSTALL_BASE: 'http://example.com' } }, /is not https/],
  'a loopback name before another host': [
    { env: { AWSMFA_INSTALL_BASE: 'http://127.0.0.1:80@example.com' } },
    /characters that no address needs/,
  ],
  'a host that begins like loopback': [
    { env: { AWSMFA_INSTALL_BASE: 'http://127.0.0.1.example.com' } },
    /is not https/,
  ],
  'the copy of a checkout, which knows no address': [
    { env: { AWSMFA_INSTALL_BASE: '' } },
    /is of a checkout, and knows no address/,
  ],
}
for (const version of [
  '1.2.3/../../evil',
  '1.2.3 --output /etc/passwd',
  '$(touch x)',
  '1..2.3',
  '../1.2.3',
  '-1.2.3',
  'main',
  '1.2.3\n1',
]) {
  refusals[`the version ${JSON.stringify(version)}`] = [
    { args: [version] },
    /this is no version; one looks like 1\.2\.3/,
  ]
}

const platforms: Record<string, Machine> = {
  'awsmfa-linux-arm64': { processor: 'aarch64' },
  'awsmfa-linux-x64-musl': { ldd: 'musl libc (x86_64)' },
  'awsmfa-linux-arm64-musl': { processor: 'aarch64', ldd: 'musl libc (aarch64)' },
  'awsmfa-darwin-x64': { system: 'Darwin' },
  'awsmfa-darwin-arm64': { system: 'Darwin', processor: 'arm64' },
}

/** busybox prefers its own uname, wget and the like to those of PATH: there, and in bash, what is left is tried. */
const withoutMachine = Object.entries(refusals).slice(0, 9)

for (const [name, shell] of Object.entries(shells)) {
  const dash = name === 'dash'
  describe(`install.sh in ${name}`, { concurrency: 4, skip: absent(shell[0]) || absent('curl') }, () => {
    test('installs a named version for one person, and says how to remove it', async (t) => {
      const run = await install(t, shell, { installed: 'old' })
      assertInstalled(run)
      assert.match(run.stdout, /installed .*\/\.local\/bin\/awsmfa: awsmfa 1\.2\.3 \(standalone\)/)
      assert.match(run.stdout, /is not in your PATH: add {2}export PATH=/)
      assert.match(run.stdout, /to remove it: awsmfa schedule remove; awsmfa unenroll --purge; rm '.*\/awsmfa'/)
      assert.equal(run.stderr, '')
    })

    test('installs the latest without a version, and one that the environment names', async (t) => {
      assertInstalled(
        await install(t, shell, { args: [], release: releaseOf('2.0.0', { folder: 'latest/download' }) }),
        '2.0.0',
      )
      assertInstalled(await install(t, shell, { args: [], env: { AWSMFA_VERSION: 'v1.2.3' } }))
    })

    for (const [asset, machine] of Object.entries<Machine>(dash ? platforms : {})) {
      test(`takes ${asset} where it belongs`, async (t) => {
        assertInstalled(await install(t, shell, { ...machine, release: releaseOf('1.2.3', { name: asset }) }))
      })
    }

    test('downloads with wget where curl is not', { skip: absent('wget') }, async (t) => {
      const machine = { without: ['curl'], with: ['wget'] }
      assertInstalled(await install(t, shell, machine))
      assertRefused(
        await install(t, shell, { ...machine, installed: 'old', release: { ...good, [file]: { body: html } } }),
        /checksum .* is wrong/,
      )
      assertRefused(await install(t, shell, { ...machine, installed: 'old', args: ['9.9.9'] }), /could not download/)
    })

    for (const tool of dash ? ['shasum', 'openssl'] : []) {
      test(`checks with ${tool} where sha256sum is not`, { skip: absent(tool) }, async (t) => {
        const machine = { without: ['sha256sum'], with: [tool, 'perl'] }
        assertInstalled(await install(t, shell, machine))
        assertRefused(
          await install(t, shell, { ...machine, installed: 'old', release: { ...good, [file]: { body: html } } }),
          /checksum .* is wrong/,
        )
      })
    }

    for (const [what, [given, message]] of dash ? Object.entries(refusals) : withoutMachine) {
      test(`refuses ${what}, and leaves the installed program alone`, async (t) => {
        assertRefused(await install(t, shell, { installed: 'old', ...given }), message)
      })
    }

    test('runs nothing of a download whose checksum is wrong', async (t) => {
      const body = '#!/bin/sh\n: > "$HOME/ran"\necho "awsmfa 1.2.3"\n'
      const run = await install(t, shell, { installed: 'old', release: { ...good, [file]: { body } } })
      assertRefused(run, /checksum/)
      assert.ok(!readdirSync(run.home).includes('ran'))
    })

    test('says so when a folder stands where the program is to be', async (t) => {
      const dir = tempFolder(t)
      mkdirSync(join(dir, 'awsmfa'))
      const run = await install(t, shell, { env: { AWSMFA_INSTALL_DIR: dir } })
      assert.match(run.stderr, /is a folder\n/)
      assert.deepEqual(readdirSync(join(dir, 'awsmfa')), [])
    })

    test('installs into the folder that is named, blanks and all, and is quiet about PATH when that is in it', async (t) => {
      const dir = join(tempFolder(t), 'my bin')
      const run = await install(t, shell, { env: { AWSMFA_INSTALL_DIR: dir } })
      assert.equal(readFileSync(join(dir, 'awsmfa'), 'utf8'), programOf('1.2.3'))
      assert.match(run.stdout, /my bin is not in your PATH/)
    })

    // Root may write everywhere but there.
    for (const dir of ['/proc', '/proc/awsmfa']) {
      test(`says that it cannot write in ${dir}`, async (t) => {
        const run = await install(t, shell, { env: { AWSMFA_INSTALL_DIR: dir } })
        assert.equal(run.code, 1)
        assert.match(run.stderr, /cannot (write in|make the folder) \/proc.*\n +set AWSMFA_INSTALL_DIR/)
      })
    }
  })
}

describe('install.sh', { skip: absent('dash') || absent('curl') }, () => {
  test('does nothing at all, wherever it was cut off on its way', async (t) => {
    const call = script.trimEnd().lastIndexOf('\n')
    const tried = Array.from(script, (_, at) => at).filter((at) => at % 400 === 7 || at > call)
    await Promise.all(
      tried.map(async (at) => {
        const run = await install(t, shells.dash, { text: script.slice(0, at), args: ['1.2.3'] })
        const done = at >= script.trimEnd().length
        assert.equal(readdirSync(run.home).includes('.local'), done, `cut at ${at}: …${script.slice(at - 30, at)}`)
      }),
    )
  })

  test('takes nothing but TLS 1.2 or later from an address that is not this machine', async (t) => {
    const text = `curl() { printf '%s\\n' "$@" >"$HOME/args"; return 1; }\n${script}`
    const run = await install(t, shells.dash, { text, env: { AWSMFA_INSTALL_BASE: 'https://example.com/awsmfa' } })
    assert.match(
      run.stderr,
      /could not download https:\/\/example\.com\/awsmfa\/releases\/download\/v1\.2\.3\/SHA256SUMS/,
    )
    const args = readFileSync(join(run.home, 'args'), 'utf8').split('\n')
    assert.equal(args[args.indexOf('--proto') + 1], '=https')
    assert.ok(args.includes('--tlsv1.2'))
  })

  test('works through a pipe, with a version behind it', async (t) => {
    const text = `cat '${join(top, 'install.sh')}' | dash -s -- "$@"\n`
    assertInstalled(await install(t, shells.dash, { text, with: ['dash'] }))
  })

  test('is clean in the eyes of shellcheck', { skip: absent('shellcheck') }, async () => {
    await promisify(execFile)('shellcheck', [join(top, 'install.sh')])
  })
})
