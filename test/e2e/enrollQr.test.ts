import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { code, desktop, paste, toPng } from '../support/canvas.js'
import { aliceSecret, migrationLink } from '../support/migrationLink.js'
import { absent } from '../support/parts.js'
import { assertRefused, openSandbox } from '../support/sandbox.js'
import { alice } from '../support/strictSts.js'

const link = `otpauth://totp/Amazon%20Web%20Services:alice@123456789012?secret=${alice.seed}&issuer=Amazon%20Web%20Services`
const other = { secret: Buffer.alloc(20, 7), name: 'alice', issuer: 'GitHub' }
const exported = migrationLink([other, { secret: aliceSecret, name: 'alice@123456789012', issuer: 'AWS' }])
const enroll = ['enroll', '--serial-number', alice.serialNumber]

describe('enroll --qr', { concurrency: 4 }, () => {
  it('enrols from a screenshot, and tells the person to delete it', async (t) => {
    const screenshot = toPng(paste(desktop(1280, 800), code(link, 3), 700, 300))
    const sandbox = await openSandbox(t)
    sandbox.home.write('shot.png', screenshot.toString('latin1'))
    const path = `${sandbox.home.path}/shot.png`
    const run = await sandbox.run([...enroll, '--qr', path])
    assert.equal(run.code, 0, run.stderr)
    assert.match(run.stderr, /^awsmfa: \S+\/shot\.png shows the seed: delete it .*\nawsmfa: profile mfa is enrolled/)
    assert.equal(sandbox.seed(), alice.seed)
    assert.deepEqual(
      sandbox.sts.log.map(({ outcome }) => outcome),
      ['ok'],
    )
  })

  it('enrols from a picture on standard input', async (t) => {
    const sandbox = await openSandbox(t)
    const run = await sandbox.run([...enroll, '--qr', '-'], { input: toPng(code(link, 4)) })
    assert.equal(run.code, 0, run.stderr)
    assert.equal(sandbox.seed(), alice.seed)
  })

  it("enrols from the QR code of Google Authenticator's export, with --account", async (t) => {
    const sandbox = await openSandbox(t)
    const input = toPng(code(exported, 3))
    const before = sandbox.state()
    assertRefused(
      await sandbox.run([...enroll, '--qr', '-'], { input }),
      2,
      /holds 2 accounts: 1 GitHub:alice, 2 AWS:alice@/,
    )
    assert.deepEqual(sandbox.state(), before)
    const run = await sandbox.run([...enroll, '--qr', '-', '--account', 'alice@123456789012'], { input })
    assert.equal(run.code, 0, run.stderr)
    assert.equal(sandbox.seed(), alice.seed)
  })

  it('changes nothing when the picture is of no use', async (t) => {
    const sandbox = await openSandbox(t)
    const before = sandbox.state()
    const useless: [Buffer, RegExp][] = [
      [toPng(desktop(400, 300)), /no QR code can be read in standard input/],
      [toPng(code('https://example.com', 4)), /shows a web address/],
      [toPng(code(link, 2)).subarray(0, 200), /damaged/],
      [Buffer.from('ffd8ffe000104a464946', 'hex'), /standard input is a JPEG, and only PNG can be read/],
    ]
    for (const [input, message] of useless) {
      assertRefused(await sandbox.run([...enroll, '--qr', '-'], { input }), 2, message)
    }
    assertRefused(await sandbox.run([...enroll, '--qr', '/nonexistent/x.png']), 2, /there is no file \/nonexistent/)
    assertRefused(await sandbox.run([...enroll, '--qr', 'x.png', '--seed-stdin']), 2, /cannot be used with/)
    assertRefused(await sandbox.run([...enroll, '--qr-clipboard']), 3, /not a graphical session/)
    assert.deepEqual(sandbox.state(), before)
  })

  it('takes a link and an export as piped text', async (t) => {
    for (const [input, ...flags] of [[link], [exported, '--account', '2']]) {
      const sandbox = await openSandbox(t)
      const run = await sandbox.run([...enroll, ...flags], { input: `${input}\n` })
      assert.equal(run.code, 0, run.stderr)
      assert.equal(sandbox.seed(), alice.seed)
    }
  })
})

describe('on a terminal', { skip: absent('python3') }, () => {
  it('an export is pasted unseen, and its account chosen by number', async (t) => {
    const sandbox = await openSandbox(t)
    const terminal = await sandbox.terminal(enroll)
    await terminal.waitFor('(not shown):')
    terminal.type(`${exported}\r`)
    await terminal.waitFor('  2  AWS:alice@123456789012')
    await terminal.waitFor('(1 to 2):')
    terminal.type('2\r')
    const end = await terminal.end()
    assert.equal(end.code, 0, end.output)
    assert.ok(!end.output.includes('otpauth-migration'), end.output)
    assert.equal(sandbox.seed(), alice.seed)
  })
})

describe("qrencode's picture", { skip: absent('qrencode') }, () => {
  it('is enrolled from standard input', async (t) => {
    const sandbox = await openSandbox(t)
    const input = execFileSync('qrencode', ['-o', '-'], { input: link })
    const run = await sandbox.run([...enroll, '--qr', '-'], { input })
    assert.equal(run.code, 0, run.stderr)
    assert.equal(sandbox.seed(), alice.seed)
  })
})
