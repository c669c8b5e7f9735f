import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { absent } from '../support/parts.js'
import { assertRefused, enrolledFiles, openSandbox, type Sandbox } from '../support/sandbox.js'
import type { Fault } from '../support/strictSts.js'
import { until } from '../support/until.js'

const enrolled = { files: enrolledFiles }

/** No code is ever sent twice, and the ledger holds just what was sent. */
function assertLedgerIsRight({ sts, state }: Sandbox): void {
  const codes = sts.log.map(({ params }) => params.TokenCode)
  assert.equal(new Set(codes).size, codes.length, 'no code was sent twice')
  assert.equal(state().spentSteps.length, codes.length)
  assert.equal(new Set(state().spentSteps).size, codes.length)
}

/** Neither a lock nor a temporary file: only what has a name that somebody chose. */
function assertNothingLeftBehind({ home }: Sandbox): void {
  const named =
    /^\.(aws(\/(credentials|config))?|throw-away-keychain\.json|local(\/state(\/awsmfa(\/[a-z]+\.json|\/stamp)?)?)?)$/
  assert.deepEqual(Object.keys(home.snapshot(named)), [])
}

describe('when something goes wrong on the way', { concurrency: 4 }, () => {
  // With a person at the terminal one attempt is made; without one it goes on for a minute.
  describe('when AWS does not answer as it should', { concurrency: 4, skip: absent('python3') }, () => {
    const faults: readonly (readonly [Fault, RegExp])[] = [
      ['hang', /127\.0\.0\.1:\d+ did not answer in time/],
      ['drop', /the connection to 127\.0\.0\.1:\d+ broke off/],
      ['internal-failure', /AWS STS has a problem: InternalFailure/],
      ['gateway-page', /no answer of STS \(HTTP 502\)[\s\S]*captive portal/],
      ['captive-portal', /the answer from 127\.0\.0\.1:\d+ cannot be used[\s\S]*captive portal/],
      ['throttle', /AWS asks for fewer requests/],
      ['after-drop', /broke off/],
      ['after-truncate', /broke off|cannot be used/],
      ['after-newline-in-token', /cannot be used/],
      ['after-expired', /cannot be used/],
    ]
    for (const [fault, says] of faults) {
      it(`exits with 4 and leaves the files alone: ${fault}`, async (t) => {
        const sandbox = await openSandbox(t, enrolled)
        const { files, seed } = sandbox.state()
        sandbox.sts.fault(fault)
        const failed = await (await sandbox.terminal(['refresh'])).end()
        assert.match(failed.output.replaceAll('\r\n', '\n'), says)
        assert.match(failed.output, /^awsmfa: hint: /m)
        assert.equal(failed.code, 4)
        assert.equal(sandbox.sts.log.length, 1)
        assert.deepEqual([sandbox.state().files, sandbox.state().seed], [files, seed])
        assertLedgerIsRight(sandbox)
        assertNothingLeftBehind(sandbox)

        const next = await sandbox.run(['refresh'])
        assert.equal(next.code, 0, next.stderr)
        assertLedgerIsRight(sandbox)
      })
    }

    it('exits with 4 and spends no code when nobody listens', async (t) => {
      const sandbox = await openSandbox(t, enrolled)
      const before = sandbox.state()
      await sandbox.sts.close()
      const failed = await (await sandbox.terminal(['refresh'])).end()
      assert.match(failed.output, /127\.0\.0\.1:\d+ refused the connection/)
      assert.equal(failed.code, 4)
      assert.deepEqual(sandbox.state(), before)
    })
  })

  describe('when nobody is there', { concurrency: 4 }, () => {
    it('tries again by itself, with another code', async (t) => {
      const sandbox = await openSandbox(t, enrolled)
      sandbox.sts.fault('after-drop')
      const run = await sandbox.run(['refresh'])
      assert.equal(run.code, 0, run.stderr)
      assert.equal(sandbox.sts.log.length, 2)
      assertLedgerIsRight(sandbox)
    })

    it('asks STS once when ten refreshes start together, and all of them succeed', async (t) => {
      const sandbox = await openSandbox(t, enrolled)
      const runs = await Promise.all(Array.from({ length: 10 }, () => sandbox.run(['refresh'])))
      assert.deepEqual(
        runs.map(({ code }) => code),
        Array(10).fill(0),
        runs.map(({ stderr }) => stderr).join(''),
      )
      assert.equal(sandbox.sts.log.length, 1)
      assert.equal(runs.filter(({ stderr }) => stderr.includes('is good until')).length, 1)
      assert.equal(runs.filter(({ stderr }) => stderr.includes('is still good for')).length, 9)
      assertLedgerIsRight(sandbox)
      assertNothingLeftBehind(sandbox)
    })

    for (const [signal, code] of [
      ['SIGTERM', 143],
      ['SIGINT', 130],
    ] as const) {
      it(`ends on ${signal} with ${code}, leaves nothing behind, and the next run succeeds`, async (t) => {
        const sandbox = await openSandbox(t, enrolled)
        const { files } = sandbox.state()
        sandbox.sts.fault('hang')
        const started = sandbox.start(['refresh'])
        await until('the request', () => sandbox.sts.log.length === 1)
        started.kill(signal)
        const ended = await started.ended
        assert.deepEqual([ended.code, ended.signal, ended.stdout, ended.stderr], [code, null, '', ''])
        assert.deepEqual(sandbox.state().files, files)
        assertNothingLeftBehind(sandbox)

        const next = await sandbox.run(['refresh'])
        assert.equal(next.code, 0, next.stderr)
        assert.equal(sandbox.sts.log.length, 2)
        assertLedgerIsRight(sandbox)
      })
    }

    it('holds no code up while a run waits for an answer that does not come (S6)', async (t) => {
      const sandbox = await openSandbox(t, enrolled)
      sandbox.sts.fault('hang')
      let over = false
      const started = sandbox.start(['refresh'])
      void started.ended.then(() => {
        over = true
      })
      await until('the request', () => sandbox.sts.log.length === 1)
      const code = await sandbox.run(['code'])
      assert.equal(over, false, 'the refresh was to be still waiting')
      assert.deepEqual([code.code, code.stderr], [0, ''])
      assert.notEqual(code.stdout.trim(), sandbox.sts.log[0]?.params.TokenCode)
      started.kill('SIGTERM')
      await started.ended
    })

    it('does not bring an enrolment back that was ended while it waited (S5)', async (t) => {
      const sandbox = await openSandbox(t, enrolled)
      sandbox.sts.fault('hang')
      const first = sandbox.start(['refresh'])
      await until('the request', () => sandbox.sts.log.length === 1)
      // Both wait for the first one's lock; which of them gets it before the other must not matter.
      const others = [sandbox.start(['unenroll', '--purge']), sandbox.start(['refresh', '--force'])]
      await until('the end of the seed', () => sandbox.seed() === undefined)
      first.kill('SIGTERM')
      for (const { ended } of [first, ...others]) await ended
      const last = await sandbox.run(['status'])
      assert.match(last.stdout, /^no MFA profile is enrolled/)
      assert.doesNotMatch(sandbox.home.read('.aws/config') ?? '', /awsmfa/)
      assert.doesNotMatch(sandbox.home.read('.aws/credentials') ?? '', /ASIA/)
      assert.deepEqual((await sandbox.run(['schedule', 'status', '--json'])).stdout.includes('"failures": []'), true)
    })

    it('leaves old files and frees the lock by itself after a kill -9', async (t) => {
      const sandbox = await openSandbox(t, enrolled)
      const { files } = sandbox.state()
      sandbox.sts.fault('hang')
      const started = sandbox.start(['refresh'])
      await until('the request', () => sandbox.sts.log.length === 1)
      started.kill('SIGKILL')
      await started.ended
      assert.deepEqual(sandbox.state().files, files)
      const next = await sandbox.run(['refresh'])
      assert.equal(next.code, 0, next.stderr)
      assertLedgerIsRight(sandbox)
      assertNothingLeftBehind(sandbox)
    })

    it('gives a typed code up after one try', async (t) => {
      const sandbox = await openSandbox(t, enrolled)
      sandbox.sts.fault('internal-failure')
      assertRefused(await sandbox.run([sandbox.sts.code()]), 4, /AWS STS has a problem/)
      assert.equal(sandbox.sts.log.length, 1)
    })
  })
})
