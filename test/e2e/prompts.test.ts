import assert from 'node:assert/strict'
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
