import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { LongTermKeys } from '../../src/core/session.js'
import { StsFailure } from '../../src/errors.js'
import { makeSts } from '../../src/world/sts.js'
import type { SessionRequest, Sts } from '../../src/world.js'
import { alice, type Fault, type StrictSts, startStrictSts } from '../support/strictSts.js'

const limits = { connectMs: 2_000, answerMs: 2_000, totalMs: 4_000 }
/** For the faults that end in one of our time limits. */
const shortLimits = { connectMs: 300, answerMs: 300, totalMs: 500 }

describe('the STS client against a strict STS', () => {
  let strict: StrictSts
  before(async () => {
    strict = await startStrictSts()
  })
  after(() => strict.close())
  // A new device for each test: codes and the budget of nine are used up by the others otherwise.
  let serialNumber: string
  let count = 0
  beforeEach(() => {
    strict.clearFaults()
    strict.clockOffsetMs = 0
    count += 1
    serialNumber = `arn:aws:iam::123456789012:mfa/alice-${count}`
    strict.addUser({ arn: alice.arn, keys: [alice], devices: [{ serialNumber, seed: alice.seed }] })
  })

  const client = (env: Record<string, string> = {}): Sts =>
    makeSts({ env: { AWS_ENDPOINT_URL: strict.url, ...env }, limits })
  const request = (changes: Partial<SessionRequest> = {}): SessionRequest => ({
    keys: new LongTermKeys(alice.accessKeyId, alice.secretAccessKey),
    region: 'eu-west-1',
    serialNumber,
    code: strict.code(serialNumber),
    durationSeconds: 3600,
    ...changes,
  })
  const lastEntry = () => strict.log.at(-1)

  test('brings back the session byte for byte, with the expiry that AWS names', async () => {
    const { session } = await client().getSessionToken(request())
    const { accessKeyId, secretAccessKey, sessionToken } = session.reveal()
    assert.match(accessKeyId, /^ASIA/)
    assert.match(secretAccessKey, /^[A-Za-z0-9/+]{40}$/)
    assert.match(sessionToken, /^IQoJb3JpZ2luX2Vj\/\+.*==$/)
    assert.equal(session.expiration.getTime(), Math.floor((lastEntry()?.at ?? 0) / 1000) * 1000 + 3_600_000)
  })

  test('sends what was asked, signed for the region, once', async () => {
    const before = strict.log.length
    await client().getSessionToken(request({ region: 'cn-north-1', durationSeconds: 129_600 }))
    assert.equal(strict.log.length, before + 1)
    assert.equal(lastEntry()?.region, 'cn-north-1')
    assert.equal(lastEntry()?.params.DurationSeconds, '129600')
    assert.equal(lastEntry()?.params.SerialNumber, serialNumber)
  })

  test('keeps a leading zero of the code', async () => {
    await assert.rejects(client().getSessionToken(request({ code: '000000' })))
    assert.equal(lastEntry()?.params.TokenCode, '000000')
  })

  const rejected = async (promise: Promise<unknown>): Promise<StsFailure> => {
    const error: unknown = await promise.then(
      () => assert.fail('it must not succeed'),
      (error: unknown) => error,
    )
    assert.ok(error instanceof StsFailure, String(error))
    return error
  }

  const refusals: [
    string,
    (r: SessionRequest) => Promise<SessionRequest> | SessionRequest,
    StsFailure['reason'],
    RegExp,
  ][] = [
    [
      'a wrong code',
      (r) => ({ ...r, code: r.code === '123456' ? '123457' : '123456' }),
      'code-refused',
      /refused the code for arn:aws:iam::123456789012:mfa\/alice/,
    ],
    [
      'an unknown device',
      (r) => ({ ...r, serialNumber: 'arn:aws:iam::123456789012:mfa/nobody' }),
      'device-refused',
      /mfa\/nobody/,
    ],
    [
      'a wrong secret',
      (r) => ({ ...r, keys: new LongTermKeys(alice.accessKeyId, 'wrong') }),
      'refused',
      /secret access key does not belong to the access key ending in MPLE/,
    ],
    [
      'an unknown key',
      (r) => ({ ...r, keys: new LongTermKeys('AKIAI44QH8DHBEXAMPLE', 'x') }),
      'refused',
      /does not accept the access key ending in MPLE in eu-west-1/,
    ],
    [
      'a duration that AWS does not allow',
      (r) => ({ ...r, durationSeconds: 5 }),
      'refused',
      /ValidationError: 1 validation error/,
    ],
  ]
  for (const [title, change, reason, message] of refusals) {
    test(`says in our words that AWS refused ${title}`, async () => {
      const failure = await rejected(client().getSessionToken(await change(request())))
      assert.equal(failure.reason, reason)
      assert.equal(failure.kind, 'act')
      assert.match(failure.message, message)
      assert.equal(failure.codeMayBeSpent, true)
      assert.ok(Math.abs(failure.clockOffsetMs ?? Number.NaN) < 2_000)
    })
  }

  const faults: [Fault, StsFailure['kind'], StsFailure['reason'], RegExp, limits?: typeof shortLimits][] = [
    ['drop', 'retry', 'unreachable', /connection to 127\.0\.0\.1:\d+ broke off \(ECONNRESET\)/],
    ['hang', 'retry', 'unreachable', /127\.0\.0\.1:\d+ did not answer in time/, shortLimits],
    ['internal-failure', 'retry', 'busy', /InternalFailure/],
    ['service-unavailable', 'retry', 'busy', /ServiceUnavailable/],
    ['throttle', 'retry', 'busy', /fewer requests/],
    ['gateway-page', 'retry', 'unreachable', /HTTP 502/],
    ['forbidden-page', 'retry', 'unreachable', /HTTP 403/],
    ['captive-portal', 'retry', 'unreachable', /it holds no credentials/],
    ['redirect', 'retry', 'unreachable', /HTTP 302/],
    ['after-drop', 'retry', 'unreachable', /broke off/],
    ['after-hang', 'retry', 'unreachable', /did not answer in time/, shortLimits],
    ['after-drip', 'retry', 'unreachable', /did not answer in time/, shortLimits],
    ['after-truncate', 'retry', 'unreachable', /broke off/],
    ['after-newline-in-token', 'retry', 'unreachable', /SessionToken/],
    ['after-no-token', 'retry', 'unreachable', /SessionToken/],
    ['after-no-secret', 'retry', 'unreachable', /SecretAccessKey/],
    ['after-odd-key-id', 'retry', 'unreachable', /AccessKeyId/],
    ['after-no-credentials', 'retry', 'unreachable', /no credentials/],
    ['after-expired', 'retry', 'unreachable', /Expiration/],
    ['after-no-expiration', 'retry', 'unreachable', /Expiration/],
  ]
  for (const [fault, kind, reason, message, itsLimits] of faults) {
    test(`makes one attempt and an honest failure of the fault ${fault}`, async () => {
      strict.fault(fault)
      const before = strict.log.length
      const sts = makeSts({ env: { AWS_ENDPOINT_URL: strict.url }, limits: itsLimits ?? limits })
      const failure = await rejected(sts.getSessionToken(request()))
      assert.equal(failure.kind, kind)
      assert.equal(failure.reason, reason)
      assert.match(failure.message, message)
      assert.equal(failure.codeMayBeSpent, true)
      assert.equal(strict.log.length, before + 1)
    })
  }
})
