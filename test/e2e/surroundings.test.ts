import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { aliceFiles, assertRefused, enrolledFiles, openSandbox } from '../support/sandbox.js'
import { alice } from '../support/strictSts.js'

const credentials = aliceFiles['.aws/credentials'] ?? ''
const enrolled = { files: enrolledFiles }
const config = enrolledFiles['.aws/config'] ?? ''
const section =
  /\n\[mfa\]\naws_access_key_id = ASIA\w+\naws_secret_access_key = \S+\naws_session_token = \S+\nx_security_token_expires = \S+\n*$/

describe('files as people have them', { concurrency: 4 }, () => {
  const kept: Record<string, string> = {
    'with comments and blank lines': `# keys\n\n${credentials}\n; end\n\n\n`,
    'without a last line end': credentials.trimEnd(),
    'with tabs and no blanks around =': credentials.replaceAll(' = ', '=\t'),
    'of 500 profiles': credentials + Array.from({ length: 500 }, (_, i) => `[p${i}]\nregion = eu-west-1\n`).join(''),
  }
  for (const [what, text] of Object.entries(kept)) {
    it(`keeps every byte of a credentials file ${what}`, async (t) => {
      const sandbox = await openSandbox(t, { files: { ...enrolledFiles, '.aws/credentials': text } })
      const run = await sandbox.run(['refresh'])
      assert.equal(run.code, 0, run.stderr)
      const written = sandbox.home.read('.aws/credentials') ?? ''
      assert.ok(written.startsWith(text), written)
      assert.match(written, section)
      assert.equal(sandbox.home.read('.aws/config'), config)
    })
  }

  it('keeps CRLF', async (t) => {
    const crlf = (text: string) => text.replaceAll('\n', '\r\n')
    const files = { ...enrolledFiles, '.aws/credentials': crlf(credentials), '.aws/config': crlf(config) }
    const sandbox = await openSandbox(t, { files })
    assert.equal((await sandbox.run(['refresh'])).code, 0)
    const written = sandbox.home.read('.aws/credentials') ?? ''
    assert.ok(written.startsWith(crlf(credentials)))
    assert.equal(written, crlf(written.replaceAll('\r\n', '\n')))
    assert.equal(sandbox.home.read('.aws/config'), crlf(config))
  })

  it('writes through symbolic links and keeps them and the modes', async (t) => {
    const sandbox = await openSandbox(t, { ...enrolled, secretsIn: ['dotfiles/credentials'] })
    sandbox.home.write('dotfiles/credentials', credentials, 0o640)
    sandbox.home.remove('.aws/credentials')
    symlinkSync(join('..', 'dotfiles', 'credentials'), join(sandbox.home.path, '.aws', 'credentials'))
    const run = await sandbox.run(['refresh'])
    assert.equal(run.code, 0, run.stderr)
    assert.match(run.stderr, /awsmfa: warning: .*credentials/)
    assert.equal(sandbox.home.snapshot()['.aws/credentials'], 'link to ../dotfiles/credentials')
    assert.match(sandbox.home.read('dotfiles/credentials') ?? '', section)
    assert.equal(sandbox.home.mode('dotfiles/credentials'), '640')
  })

  // A mount of our own in a namespace of our own: modes would not stop root, and a full disk cannot be had otherwise.
  const namespaces = process.platform === 'linux' && spawnSync('unshare', ['-Urm', 'true']).status === 0
  const mounts = {
    'a read-only folder': 'mount --bind "$HOME/.aws" "$HOME/.aws" && mount -o remount,bind,ro "$HOME/.aws"',
    'a full disk':
      'cp -r "$HOME/.aws" "$HOME/kept" && mount -t tmpfs -o size=16k,mode=700 tmpfs "$HOME/.aws" && cp "$HOME/kept/"* "$HOME/.aws" && rm -r "$HOME/kept"',
  }
  for (const [what, mount] of Object.entries(mounts)) {
    it(`notices ${what} before a code is spent`, { skip: !namespaces && 'no user namespaces here' }, async (t) => {
      const sandbox = await openSandbox(t, enrolled)
      const before = sandbox.state()
      const within = ['/usr/bin/unshare', '-Urm', '/bin/sh', '-c', `${mount} && exec "$0" "$@"`]
      assertRefused(await sandbox.run(['refresh'], { within }), 3, /\.aws.*(EROFS|ENOSPC|read-only|full|no space)/i)
      assert.deepEqual(sandbox.state(), before)
    })
  }
})

describe('odd surroundings', { concurrency: 4 }, () => {
  const environments: Record<string, Record<string, string | undefined>> = {
    'profile and session of the shell': {
      AWS_PROFILE: 'mfa',
      AWS_ACCESS_KEY_ID: 'ASIAI44QH8DHBEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'not of this user',
      AWS_SESSION_TOKEN: 'nor is this',
    },
    'endpoint for all services that is not this one': { AWS_ENDPOINT_URL: 'https://evil.example' },
    'debugging switched on': { AWS_SDK_LOG: 'debug', DEBUG: '*' },
    'a time zone and locale far away': { TZ: 'Pacific/Chatham', LC_ALL: 'ar_EG.UTF-8', LANG: 'ar_EG.UTF-8' },
    'no PATH and no shell': { PATH: undefined, SHELL: undefined, LOGNAME: undefined },
  }
  for (const [what, env] of Object.entries(environments)) {
    it(`refreshes with the source profile's keys all the same: ${what}`, async (t) => {
      const sandbox = await openSandbox(t, { ...enrolled, env })
      const run = await sandbox.run(['refresh', '--verbose'])
      assert.equal(run.code, 0, run.stderr)
      const [request] = sandbox.sts.log
      assert.deepEqual([request?.outcome, request?.accessKeyId], ['ok', alice.accessKeyId])
      assert.match(
        sandbox.home.read('.aws/credentials') ?? '',
        /\nx_security_token_expires = \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n$/,
      )
    })
  }

  it('refreshes at the time of AWS when the clock is twenty minutes off, and shows no secret even then', async (t) => {
    const sandbox = await openSandbox(t, { ...enrolled, sts: { clockOffsetMs: 20 * 60_000 } })
    const run = await sandbox.run(['refresh', '--verbose'])
    assert.equal(run.code, 0, run.stderr)
  })

  it('does not mind a reader that has gone', async (t) => {
    const sandbox = await openSandbox(t, enrolled)
    const [node = '', ...rest] = sandbox.command
    const child = spawn(node, [...rest, 'status'], { env: sandbox.env, stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.destroy()
    let stderr = ''
    child.stderr.on('data', (piece) => {
      stderr += piece
    })
    const [code] = await once(child, 'close')
    assert.deepEqual([code, stderr], [3, ''])
  })
})
