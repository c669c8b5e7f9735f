/** AssumeRole, GetRole and the sign-in to the console over the wire, against the strict stand-in. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { LongTermKeys, Session } from '../../src/core/session.js'
import type { Failure } from '../../src/errors.js'
import type { RoleRequest } from '../../src/outside/aws.js'
import { makeFederation } from '../../src/world/federation.js'
import { makeIam } from '../../src/world/iam.js'
import { makeSts } from '../../src/world/sts.js'
import { failsWith } from '../support/failsWith.js'
import { admin, alice, type Fault, type StrictSts, startStrictSts } from '../support/strictSts.js'

const keys = new LongTermKeys(alice.accessKeyId, alice.secretAccessKey)
const start = Math.ceil(Date.now() / 180_000) * 180_000 + 10_000
const hour = { arn: 'arn:aws:iam::123456789012:role/hour', externalId: 'x/1' }

let aws: StrictSts
let nowMs = start
before(async () => {
  aws = await startStrictSts({ now: () => nowMs, roles: [admin, hour] })
})
after(() => aws.close())
beforeEach(() => {
  nowMs += 180_000
  aws.clearFaults()
})

const common = { region: 'eu-west-1', clockOffsetMs: 0 }
const options = () => ({ env: { AWS_ENDPOINT_URL: aws.url }, now: () => nowMs })
const mfa = () => ({ serialNumber: alice.serialNumber, code: aws.code() })

async function mfaSession(): Promise<Session> {
  const { serialNumber, code } = mfa()
  const request = { keys, serialNumber, code, durationSeconds: 43_200, ...common }
  return (await makeSts(options()).getSessionToken(request)).session
}

async function take(request: Partial<RoleRequest>): Promise<Session> {
  const role = { arn: admin.arn, sessionName: 'alice' }
  const whole = { credentials: keys, durationSeconds: 3600, role, ...common, ...request }
  return (await makeSts(options()).assumeRole(whole)).session
}

describe('AssumeRole', () => {
  test('with long-term keys and a code lasts up to twelve hours', async () => {
    const session = await take({ mfa: mfa(), durationSeconds: 43_200 })
    assert.equal(session.expiration.getTime(), Math.floor(nowMs / 1000) * 1000 + 43_200_000)
    const { params, verified } = aws.log.at(-1) ?? assert.fail()
    assert.deepEqual([params.RoleSessionName, params.DurationSeconds, verified], ['alice', '43200', true])
    const { arn } = await makeSts(options()).getCallerIdentity({ credentials: session, ...common })
    assert.equal(arn, 'arn:aws:sts::210987654321:assumed-role/admin/alice')
  })

  test('with an MFA session sends no code, and no duration where that is an hour', async () => {
    const credentials = await mfaSession()
    await take({ credentials })
    const { params, outcome } = aws.log.at(-1) ?? assert.fail()
    assert.deepEqual(
      [params.TokenCode, params.SerialNumber, params.DurationSeconds, outcome],
      [undefined, undefined, undefined, 'ok'],
    )
    await take({ credentials, durationSeconds: 900 })
    assert.equal(aws.log.at(-1)?.params.DurationSeconds, '900')
  })

  test('sends the external id', async () => {
    await take({ mfa: mfa(), role: { arn: hour.arn, sessionName: 'alice', externalId: 'x/1' } })
  })

  test('shares the single use of codes with GetSessionToken', async () => {
    await mfaSession()
    const refused = await take({ mfa: mfa() }).catch((error: Failure) => error)
    assert.equal((refused as { reason?: string }).reason, 'code-refused')
  })

  const refusals: [
    what: string,
    request: () => Partial<RoleRequest> | Promise<Partial<RoleRequest>>,
    message: RegExp,
    hint: RegExp,
  ][] = [
    [
      'a trust that wants MFA',
      () => ({}),
      /does not let the access key ending in MPLE take the role .*admin/,
      /must let the user in/,
    ],
    [
      'no external id',
      () => ({ mfa: mfa(), role: { arn: hour.arn, sessionName: 'x1' } }),
      /does not let/,
      /--external-id/,
    ],
    [
      'a wrong external id',
      () => ({ mfa: mfa(), role: { arn: hour.arn, sessionName: 'x1', externalId: 'y2' } }),
      /does not let/,
      /compare the external id, y2,/,
    ],
    [
      'a role that is not there',
      () => ({ mfa: mfa(), role: { arn: `${hour.arn}x`, sessionName: 'x1' } }),
      /does not let/,
      /does not exist/,
    ],
    [
      'more than its maximum',
      () => ({ mfa: mfa(), durationSeconds: 7200, role: { ...hour, sessionName: 'x1' } }),
      /hour gives shorter sessions than 7200 seconds/,
      /3600 works for each role/,
    ],
    [
      'more than an hour with a session',
      async () => ({ credentials: await mfaSession(), durationSeconds: 7200 }),
      /one hour at most/,
      /--duration-seconds 3600/,
    ],
    [
      'a session that AWS does not know',
      () => ({ credentials: new Session('ASIAIOSFODNN7EXAMPLE', 'x', 'y', new Date(start)) }),
      /does not accept the access key ending in MPLE, with which the role/,
      /^that is the MFA session: awsmfa refresh --force/,
    ],
  ]
  for (const [what, request, message, hint] of refusals) {
    test(`puts ${what} in words, with a way out`, async () => {
      const failure = await take(await request()).catch((error: Failure) => error as Failure)
      assert.ok(failure instanceof Error && 'hints' in failure)
      assert.match(failure.message, message)
      assert.ok(
        failure.hints.some((each) => hint.test(each)),
        failure.hints.join('\n'),
      )
      assert.equal(failure.kind, 'act')
    })
  }
})

describe('GetRole', () => {
  test("tells the role's maximum and whether its trust wants MFA, where the role may ask", async () => {
    const iam = makeIam(options())
    const session = await take({ mfa: mfa() })
    assert.deepEqual(await iam.getRole({ credentials: session, ...common }, 'admin'), {
      maxSeconds: 43_200,
      wantsMfa: true,
    })
    const other = await take({
      mfa: { ...mfa(), code: aws.code(alice.serialNumber, 1) },
      role: { ...hour, sessionName: 'x1' },
    })
    await failsWith('act', /AWS denied iam:GetRole/, () => iam.getRole({ credentials: other, ...common }, 'hour'))
  })
})

describe('the sign-in to the console', () => {
  const endpoint = () => `${aws.url}/federation`
  const signIn = (session: Session) => makeFederation({ env: {}, limitMs: 500 }).signInToken(endpoint(), session)

  test('sends the credentials in the body of a POST', async () => {
    const session = await take({ mfa: mfa() })
    assert.match(await signIn(session), /^[\w-]{100,}$/)
    const { action, outcome } = aws.log.at(-1) ?? assert.fail()
    assert.deepEqual([action, outcome], ['getSigninToken', 'ok'])
  })

  test('is refused for a session of the user, and says so without a word of it', async () => {
    const session = await mfaSession()
    await failsWith(
      'act',
      /^AWS does not sign this session in to the console \(HTTP 400 from 127\.0\.0\.1:\d+\)$/,
      () => signIn(session),
    )
  })

  const faults: [Fault, 'act' | 'retry', RegExp][] = [
    ['captive-portal', 'retry', /holds no sign-in token \(HTTP 200\)/],
    ['redirect', 'retry', /holds no sign-in token \(HTTP 302\)/],
    ['forbidden-page', 'retry', /holds no sign-in token \(HTTP 403\)/],
    ['service-unavailable', 'retry', /has a problem \(HTTP 503\)/],
    ['drop', 'retry', /broke off/],
    ['hang', 'retry', /did not answer in time/],
  ]
  for (const [fault, kind, message] of faults) {
    test(`tells of ${fault}`, async () => {
      const session = await take({ mfa: mfa() })
      aws.fault(fault)
      await failsWith(kind, message, () => signIn(session))
    })
  }
})
