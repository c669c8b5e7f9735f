import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { enrolledFiles, openSandbox, type Sandbox } from '../support/sandbox.js'
import { alice } from '../support/strictSts.js'

const offsets = [20, -20, 90, -90, 600, -600, 7200, -7200]
const name = (seconds: number) => `${Math.abs(seconds)} s ${seconds > 0 ? 'behind' : 'ahead of'} AWS's`

/** No code went out twice, no more than three in a run, and AWS was never asked for more than one session. */
function assertThrifty({ sts }: Sandbox, sessions: number): void {
  const codes = sts.log.map(({ params }) => params.TokenCode)
  assert.equal(new Set(codes).size, codes.length, 'a code was sent twice')
  assert.ok(codes.length <= sessions + 2, `${codes.length} codes for ${sessions} sessions`)
  assert.equal(sts.log.filter(({ outcome }) => outcome === 'ok').length, sessions)
}

describe('a clock that is wrong', { concurrency: 3 }, () => {
  for (const seconds of offsets) {
    it(`is corrected by what AWS says, and remembered: ${name(seconds)}`, async (t) => {
      const sandbox = await openSandbox(t, { files: enrolledFiles, sts: { clockOffsetMs: seconds * 1000 } })
      const first = await sandbox.run(['refresh'])
      assert.equal(first.code, 0, first.stderr)
      assertThrifty(sandbox, 1)
      if (Math.abs(seconds) > 20) assert.match(first.stderr, /warning: this machine's clock is .* AWS's; .*timedatectl/)

      const before = sandbox.sts.log.length
      const second = await sandbox.run(['refresh', '--force'])
      assert.equal(second.code, 0, second.stderr)
      assert.equal(sandbox.sts.log.length, before + 1, 'the offset was forgotten')
      assert.equal((await sandbox.run(['refresh'])).code, 0)
      assert.equal(sandbox.sts.log.length, before + 1, 'expiry was not judged at the corrected time')
    })
  }

  for (const seconds of [600, -7200]) {
    it(`does not stop an enrolment: ${name(seconds)}`, async (t) => {
      const sandbox = await openSandbox(t, { sts: { clockOffsetMs: seconds * 1000 } })
      const run = await sandbox.run(['enroll', '--serial-number', alice.serialNumber], { input: alice.seed })
      assert.equal(run.code, 0, run.stderr)
      assertThrifty(sandbox, 1)
    })
  }

  it('does not make a wrong seed go on for ever', async (t) => {
    const sandbox = await openSandbox(t, { sts: { clockOffsetMs: 600_000 } })
    const { files } = sandbox.state()
    const other = 'NB2W45DFOIZANB2W45DFOIZANB2W45DF'
    const run = await sandbox.run(['enroll', '--serial-number', alice.serialNumber], { input: other })
    assert.equal(run.code, 3)
    assert.match(run.stderr, /^awsmfa: AWS refused the code for arn:.*mfa\/alice$/m)
    assert.match(run.stderr, /^awsmfa: hint: this machine's clock is 10 min behind AWS's/m)
    assert.equal(sandbox.sts.log.length, 3)
    assert.deepEqual(sandbox.state().files, files)
  })
})

describe('a code that was used elsewhere', () => {
  it('is replaced by another one, without waiting for the next step', async (t) => {
    const sandbox = await openSandbox(t, { files: enrolledFiles })
    // Of this step and of the next: one may end before the refresh.
    for (const code of [sandbox.sts.code(alice.serialNumber), sandbox.sts.code(alice.serialNumber, 1)]) {
      const typed = await sandbox.run(['--mfa-profile-name', 'other', '--serial-number', alice.serialNumber, code])
      assert.equal(typed.code, 0, typed.stderr)
    }
    // Another program or machine spent them: this one's ledger knows nothing of it.
    sandbox.home.write('.local/state/awsmfa/ledger.json', '{"devices":{}}')
    const run = await sandbox.run(['refresh', '--mfa-profile-name', 'mfa', '--verbose'])
    assert.equal(run.code, 0, run.stderr)
    assert.match(run.stderr, /the code was refused, trying another/)
    assert.doesNotMatch(run.stderr, /waiting/)
  })
})
