import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chownSync, lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { isRoot } from '../support/ordinaryUser.js'
import { program } from '../support/program.js'
import { assertRefused, enrolledFiles, openSandbox } from '../support/sandbox.js'

const enrolled = { files: enrolledFiles }

describe('where the files are', { skip: process.platform === 'win32' }, () => {
  it('may be said in variables that no shell has expanded', async (t) => {
    const env = { AWS_CONFIG_FILE: '$HOME/.aws/config', AWS_SHARED_CREDENTIALS_FILE: '~/.aws/credentials' }
    const sandbox = await openSandbox(t, { ...enrolled, env: { ...env, XDG_STATE_HOME: '$HOME/mine' } })
    const run = await sandbox.run(['refresh'])
    assert.equal(run.code, 0, run.stderr)
    assert.ok(sandbox.home.read('mine/awsmfa/ledger.json'))
    assert.deepEqual(
      readdirSync(sandbox.home.path).filter((name) => /[$~]/.test(name)),
      [],
    )
  })

  it('must be said so that it means something', async (t) => {
    const sandbox = await openSandbox(t, enrolled)
    const before = sandbox.state()
    for (const [variable, value] of [
      ['AWS_CONFIG_FILE', '$NOPE/.aws/config'],
      ['AWS_SHARED_CREDENTIALS_FILE', '"~/.aws/credentials"'],
      ['AWS_SHARED_CREDENTIALS_FILE', '/dev/null'],
      ['XDG_STATE_HOME', '/state/$NOPE'],
      ['HOME', 'rel'],
    ] as const) {
      const args = ['--serial-number', 'arn:aws:iam::123456789012:mfa/alice', '123456']
      assertRefused(await sandbox.run(args, { env: { [variable]: value } }), 3, new RegExp(`: ${variable}`))
      assert.deepEqual(sandbox.state(), before, `${variable}=${value}`)
    }
  })

  const nobody = ['setpriv', '--reuid=54321', '--regid=54321', '--clear-groups']
  const closed = !isRoot || spawnSync(nobody[0] ?? '', [...nobody.slice(1), 'test', '-r', program]).status !== 0
  it('need not be known for help; else HOME is asked for', { skip: closed && 'needs root' }, async (t) => {
    const sandbox = await openSandbox(t, { keychain: 'none', env: { HOME: undefined, TMPDIR: undefined } })
    for (const args of [['--help'], ['--version'], ['refresh', '--help']]) {
      const run = await sandbox.run(args, { within: nobody })
      assert.deepEqual([run.code, run.stderr], [0, ''], args.join())
    }
    for (const args of [['status'], ['refresh'], ['doctor'], ['schedule', 'status'], ['hook', 'bash']]) {
      assertRefused(await sandbox.run(args, { within: nobody }), 3, /no home folder: HOME is not set and uid 54321/)
    }
  })

  it('is nothing to write for root in another person’s home', { skip: !isRoot && 'needs root' }, async (t) => {
    const sandbox = await openSandbox(t, enrolled)
    const { path } = sandbox.home
    for (const name of ['', ...readdirSync(path, { recursive: true }).map(String)])
      chownSync(join(path, name), 54321, 54321)
    const before = sandbox.home.snapshot()
    for (const args of [
      ['refresh'],
      ['refresh', '--force', '--quiet'],
      ['code'],
      ['unenroll'],
      ['enroll', '--seed-stdin'],
    ]) {
      const run = await sandbox.run(args, { input: 'x\n' })
      assertRefused(run, 3, /: you are root, and HOME \(.*\) belongs to uid 54321$/)
      assert.deepEqual(sandbox.home.snapshot(), before, args.join())
    }
    const owners = readdirSync(path, { recursive: true }).map((name) => lstatSync(join(path, String(name))).uid)
    assert.deepEqual([...new Set(owners)], [54321])
    assert.equal(sandbox.sts.log.length, 0)
  })
})
