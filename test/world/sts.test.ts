import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { LongTermKeys } from '../../src/core/session.js'
import { StsFailure } from '../../src/errors.js'
import type { SessionRequest, Sts } from '../../src/outside/aws.js'
import { makeSts } from '../../src/world/sts.js'
import { limitMs } from '../support/limit.js'
import { alice, type Fault, type StrictSts, startStrictSts } from '../support/strictSts.js'

const limits = { connectMs: 10_000, totalMs: 20_000 }
/** For the faults that end in one of our time limits. */
const shortLimits = { connectMs: 300, totalMs: 500 }

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
    clockOffsetMs: 0,
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
    test(`makes one attempt and an honest failure of the fault ${fault}`, { timeout: limitMs }, async () => {
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

  for (const hours of [2, -2]) {
    test(`tells AWS's clock when a signature is refused, and signs at it when told, ${hours} hours off`, async () => {
      strict.clockOffsetMs = hours * 3_600_000
      const sts = client()
      const failure = await rejected(sts.getSessionToken(request()))
      assert.equal(failure.reason, 'clock-refused')
      assert.match(failure.message, /^this machine's clock is (2 h|1 h 59 min) (behind|ahead of) AWS's$/)
      const offset = failure.clockOffsetMs ?? Number.NaN
      assert.ok(Math.abs(offset - strict.clockOffsetMs) < 2_000, String(offset))
      assert.equal(lastEntry()?.verified, undefined)

      const { session, clockOffsetMs } = await sts.getSessionToken(request({ clockOffsetMs: offset }))
      assert.ok(Math.abs((clockOffsetMs ?? Number.NaN) - strict.clockOffsetMs) < 2_000, String(clockOffsetMs))
      assert.ok(session.expiration.getTime() > strict.now())
    })
  }

  test("takes AWS's clock from the message when the answer has no Date", async () => {
    strict.clockOffsetMs = 3_600_000
    strict.fault('after-no-date')
    const failure = await rejected(client().getSessionToken(request()))
    assert.ok(Math.abs((failure.clockOffsetMs ?? Number.NaN) - strict.clockOffsetMs) < 2_000)
  })

  test('tells no clock from an answer out of a cache, or without a Date', async () => {
    for (const [index, fault] of (['after-age', 'after-no-date'] as const).entries()) {
      strict.fault(fault)
      const { clockOffsetMs } = await client().getSessionToken(request({ code: strict.code(serialNumber, index) }))
      assert.equal(clockOffsetMs, undefined)
    }
  })

  test("says how far the clock is off beside AWS's refusal of a code", async () => {
    strict.clockOffsetMs = 600_000
    const failure = await rejected(client().getSessionToken(request({ code: '000000' })))
    assert.equal(failure.reason, 'code-refused')
    assert.match(failure.hints.join('\n'), /this machine's clock is (10|9) min behind AWS's/)
  })

  test('works at the clock that it is given', async () => {
    let now = Date.parse('2031-03-01T00:00:00Z')
    const other = await startStrictSts({ now: () => now })
    try {
      const sts = makeSts({ env: { AWS_ENDPOINT_URL: other.url }, limits, now: () => now })
      const ask = { ...request({ serialNumber: alice.serialNumber, code: other.code() }) }
      const { session, clockOffsetMs } = await sts.getSessionToken(ask)
      assert.equal(session.expiration.toISOString(), '2031-03-01T01:00:00.000Z')
      assert.equal(clockOffsetMs, 500)
      now += 86_400_000
      await sts.getSessionToken({ ...ask, code: other.code() })
    } finally {
      await other.close()
    }
  })

  test('leaves no connection and no listener that would keep the process alive', async () => {
    const { spawn } = await import('node:child_process')
    const script = `
      const { makeSts } = await import(process.argv[1])
      const { LongTermKeys } = await import(process.argv[2])
      const [url, id, secret, serialNumber, code] = process.argv.slice(3)
      const keys = new LongTermKeys(id, secret)
      await makeSts({ env: { AWS_ENDPOINT_URL: url } })
        .getSessionToken({ keys, region: 'eu-west-1', serialNumber, code, durationSeconds: 900, clockOffsetMs: 0 })
      process.stdout.write('done')`
    const path = (name: string) => new URL(`../../src/${name}`, import.meta.url).href
    const args = [strict.url, alice.accessKeyId, alice.secretAccessKey, serialNumber, strict.code(serialNumber)]
    const files = [path('world/sts.js'), path('core/session.js')]
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script, ...files, ...args])
    let out = ''
    let err = ''
    child.stdout.on('data', (chunk) => (out += chunk))
    child.stderr.on('data', (chunk) => (err += chunk))
    const [status] = await new Promise<[number | null]>((resolve) => child.once('close', (code) => resolve([code])))
    // Nothing on stderr: neither the SDK's warning about Node 20 nor anything else.
    assert.deepEqual([status, out, err], [0, 'done', ''])
  })
})
