import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { describe, it } from 'node:test'
import { absent } from '../support/parts.js'
import { enrolledFiles, openSandbox } from '../support/sandbox.js'
import { alice } from '../support/strictSts.js'

describe('with a person at the terminal', { concurrency: 4, skip: absent('python3') }, () => {
  it('finds the device, asks for its seed, and never shows the seed', async (t) => {
    const sandbox = await openSandbox(t)
    const terminal = await sandbox.terminal(['enroll'])
    await terminal.waitFor(`the MFA device is ${alice.serialNumber}`)
    await terminal.waitFor(/seed of .* \(not shown\):/)
    terminal.type(`${alice.seed.toLowerCase()}\r`)
    const end = await terminal.end()
    assert.equal(end.code, 0, end.output)
    assert.ok(end.echo && end.canonical)
    assert.match(end.output, /profile mfa is enrolled and good until/)
    assert.equal(sandbox.seed(), alice.seed)
  })

  for (const [how, keys, code] of [
    ['Ctrl-C', '\x03', 130],
    ['Ctrl-D', '\x04', 2],
    ['an empty line', '\r', 2],
  ] as const) {
    it(`stores nothing when the hidden prompt is left with ${how}`, async (t) => {
      const sandbox = await openSandbox(t)
      const before = sandbox.state()
      const terminal = await sandbox.terminal(['enroll', '--serial-number', alice.serialNumber])
      await terminal.waitFor('(not shown):')
      terminal.type(keys)
      const end = await terminal.end()
      assert.equal(end.code, code, end.output)
      assert.ok(end.echo && end.canonical)
      assert.deepEqual(sandbox.state(), before)
    })
  }

  it('stores nothing and spends nothing when a second line comes', async (t) => {
    const sandbox = await openSandbox(t)
    const before = sandbox.state()
    const terminal = await sandbox.terminal(['enroll', '--serial-number', alice.serialNumber])
    await terminal.waitFor('(not shown):')
    terminal.type(`${alice.seed}\r${alice.seed}\r`)
    const end = await terminal.end()
    assert.deepEqual([end.code, end.echo, end.canonical], [2, true, true], end.output)
    assert.match(end.output, /more than one line was typed/)
    assert.deepEqual(sandbox.state(), before)
  })

  it('asks again for a seed with a typing error, and remarks on a short one', async (t) => {
    const sandbox = await openSandbox(t)
    const terminal = await sandbox.terminal(['enroll', '--serial-number', alice.serialNumber])
    await terminal.waitFor('(not shown):')
    terminal.type(`${alice.seed.replace('2', '0').slice(0, -1)}1\r`)
    await terminal.waitFor("is not base32: its character 32 is '1' (U+0031)")
    await terminal.waitFor('(not shown):')
    terminal.type(`\x1b[200~${alice.seed}\r\n\x1b[201~`)
    await terminal.waitFor('warning: the seed has 32 characters, and AWS makes them of 64')
    assert.equal((await terminal.end()).code, 0)
    assert.equal(sandbox.seed(), alice.seed)
  })

  it('asks again for a code with a typing error, and takes it as apps show it', async (t) => {
    const files = { ...enrolledFiles, '.aws/config': `${enrolledFiles['.aws/config']}awsmfa_seed_store = none\n` }
    const sandbox = await openSandbox(t, { files })
    const code = sandbox.sts.code().replace(/^.../, '$& ')
    const terminal = await sandbox.terminal(['refresh'], { echoes: [code] })
    await terminal.waitFor('for profile mfa:')
    terminal.type(`${code.slice(0, -1)}\r`)
    await terminal.waitFor('the code is not six digits')
    await terminal.waitFor('for profile mfa:')
    terminal.type(`${code}\r`)
    const end = await terminal.end()
    assert.equal(end.code, 0, end.output)
    assert.equal(sandbox.sts.log.length, 1)
  })

  it('gives the terminal back when SIGTERM comes at the hidden prompt', async (t) => {
    const sandbox = await openSandbox(t)
    const before = sandbox.state()
    const terminal = await sandbox.terminal(['enroll', '--serial-number', alice.serialNumber])
    await terminal.waitFor('(not shown):')
    terminal.signal('SIGTERM')
    const end = await terminal.end()
    assert.deepEqual([end.code, end.echo, end.canonical], [143, true, true])
    assert.deepEqual(sandbox.state(), before)
  })

  it('asks before it replaces a seed, and anything but yes is no', async (t) => {
    const sandbox = await openSandbox(t, { files: enrolledFiles })
    const before = sandbox.state()
    const no = await sandbox.terminal(['enroll'])
    await no.waitFor('is enrolled already. replace its seed once the new one has passed?')
    no.type('\r')
    const end = await no.end()
    assert.equal(end.code, 2, end.output)
    assert.match(end.output, /stays as it is/)
    assert.deepEqual(sandbox.state(), before)

    const yes = await sandbox.terminal(['enroll'])
    await yes.waitFor('replace its seed')
    yes.type('y\r')
    await yes.waitFor('(not shown):')
    yes.type(`${alice.seed}\r`)
    assert.equal((await yes.end()).code, 0)
    assert.equal(sandbox.sts.log.length, 1)
  })

  it('asks for the code of a profile whose codes are typed', async (t) => {
    const files = { ...enrolledFiles, '.aws/config': `${enrolledFiles['.aws/config']}awsmfa_seed_store = none\n` }
    const sandbox = await openSandbox(t, { files })
    const code = sandbox.sts.code()
    const terminal = await sandbox.terminal(['refresh'], { echoes: [code] })
    await terminal.waitFor('code of arn:aws:iam::123456789012:mfa/alice for profile mfa:')
    terminal.type(`${code}\r`)
    const end = await terminal.end()
    assert.equal(end.code, 0, end.output)
    assert.match(end.output, /profile mfa is good until/)
  })

  it('warns of keys in the environment, which most tools take before any profile', async (t) => {
    const env = { AWS_ACCESS_KEY_ID: 'AKIAI44QH8DHBEXAMPLE' }
    const sandbox = await openSandbox(t, { files: enrolledFiles, env })
    const end = await (await sandbox.terminal(['refresh'])).end()
    assert.equal(end.code, 0, end.output)
    assert.match(end.output, /awsmfa: warning: AWS_ACCESS_KEY_ID is set in this shell/)
    assert.equal(sandbox.sts.log[0]?.accessKeyId, alice.accessKeyId)
  })
})

describe('without a terminal, and with standard input open', { skip: process.platform === 'win32' }, () => {
  for (const [what, args] of [
    ['a seed', []],
    ['a picture', ['--qr', '-']],
  ] as const) {
    it(`says that it waits for ${what}, and that typing would show it`, async (t) => {
      const sandbox = await openSandbox(t)
      const [node = '', ...rest] = sandbox.command
      const enroll = [...rest, 'enroll', '--serial-number', alice.serialNumber, ...args]
      // Detached is a new session (setsid), which has no controlling terminal.
      const child = spawn(node, enroll, { env: sandbox.env, cwd: sandbox.home.path, detached: true })
      t.after(() => child.kill())
      const ended = once(child, 'close')
      let talk = ''
      for await (const piece of child.stderr.setEncoding('utf8')) {
        talk += piece
        // Not until it has said so: without it this would wait for ever.
        if (/reading the seed from standard input.*\n.*hint: .*no terminal here.*ssh -t.*\n/.test(talk))
          child.stdin.end()
      }
      assert.deepEqual(await ended, [2, null], talk)
    })
  }
})
