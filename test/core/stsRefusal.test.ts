import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type AwsError, serverTime, stsRefusal } from '../../src/core/refusals.js'
import type { StsFailure } from '../../src/errors.js'

const serialNumber = 'arn:aws:iam::123456789012:mfa/alice'
const invalidCode = 'MultiFactorAuthentication failed with invalid MFA one time pass code. '
const invalidDevice =
  'MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.'
const expired = 'Signature expired: 20260131T100000Z is now earlier than 20260131T114500Z (20260131T120000Z - 15 min.)'

function refusal(code: string, message: string, httpStatus = 403, clockOffsetMs?: number): StsFailure {
  const error: AwsError = { code, message, httpStatus }
  return stsRefusal(error, { serialNumber, accessKeyId: 'AKIAIOSFODNN7EXAMPLE', region: 'eu-west-1', clockOffsetMs })
}

describe('stsRefusal', () => {
  const table: [string, string, number, StsFailure['kind'], StsFailure['reason'], RegExp][] = [
    [
      'AccessDenied',
      invalidCode,
      403,
      'act',
      'code-refused',
      /^AWS refused the code for arn:aws:iam::123456789012:mfa\/alice$/,
    ],
    ['AccessDenied', invalidDevice, 403, 'act', 'device-refused', /^AWS could not check a code for arn:.*mfa\/alice$/],
    [
      'AccessDenied',
      'Cannot call GetSessionToken with session credentials',
      403,
      'act',
      'refused',
      /ending in MPLE belongs to a session/,
    ],
    [
      'AccessDenied',
      'with an explicit deny in a service control policy',
      403,
      'act',
      'refused',
      /denied .* MPLE: with an explicit deny/,
    ],
    [
      'InvalidClientTokenId',
      'The security token included in the request is invalid.',
      403,
      'act',
      'refused',
      /^AWS does not accept the access key ending in MPLE in eu-west-1$/,
    ],
    [
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided.',
      403,
      'act',
      'refused',
      /^the secret access key does not belong to the access key ending in MPLE$/,
    ],
    [
      'SignatureDoesNotMatch',
      expired,
      403,
      'act',
      'clock-refused',
      /^this machine's clock is more than 15 minutes off$/,
    ],
    ['RequestExpired', 'Request has expired', 400, 'act', 'clock-refused', /clock/],
    ['RegionDisabledException', 'STS is not activated in this region', 403, 'act', 'refused', /region eu-west-1/],
    ['Throttling', 'Rate exceeded', 400, 'retry', 'busy', /throttling/],
    ['ThrottlingException', 'Rate exceeded', 400, 'retry', 'busy', /throttling/],
    ['RequestLimitExceeded', 'Rate exceeded', 503, 'retry', 'busy', /throttling/],
    ['Anything', '', 429, 'retry', 'busy', /throttling/],
    ['InternalFailure', '', 500, 'retry', 'busy', /^AWS STS has a problem: InternalFailure$/],
    ['ServiceUnavailable', 'later', 503, 'retry', 'busy', /ServiceUnavailable: later$/],
    [
      'ValidationError',
      '1 validation error detected',
      400,
      'act',
      'refused',
      /ValidationError: 1 validation error detected$/,
    ],
    [
      'OptInRequired',
      'subscribe first',
      403,
      'act',
      'refused',
      /^AWS refused GetSessionToken: OptInRequired: subscribe first$/,
    ],
  ]
  for (const [code, message, httpStatus, kind, reason, words] of table) {
    test(`takes ${code} ${httpStatus} "${message.slice(0, 50)}" for ${kind}, ${reason}`, () => {
      const failure = refusal(code, message, httpStatus)
      assert.equal(failure.kind, kind)
      assert.equal(failure.reason, reason)
      assert.match(failure.message, words)
      assert.equal(failure.codeMayBeSpent, true)
      for (const text of [failure.message, ...failure.hints]) assert.doesNotMatch(text, /\.$|AKIA[A-Z0-9]{8}/)
    })
  }

  test('gives every cause of a refused code, and asserts none', () => {
    const { hints } = refusal('AccessDenied', invalidCode, 403, 400)
    assert.match(hints.join('\n'), /^either the code was used before .*not of this device\nor .*clock/)
  })

  test('names the offset of the clock first when it is known and wide, in words', () => {
    const ahead = refusal('AccessDenied', invalidCode, 403, -120_000)
    assert.match(ahead.hints[0] ?? '', /^this machine's clock is 2 min ahead of AWS's;/)
    assert.equal(ahead.clockOffsetMs, -120_000)
    const behind = refusal('SignatureDoesNotMatch', expired, 403, 7_200_000)
    assert.equal(behind.message, "this machine's clock is 2 h behind AWS's")
  })

  test('names a region that the account has not enabled among the causes of an unknown key', () => {
    const asked = { serialNumber, accessKeyId: 'AKIAIOSFODNN7EXAMPLE', clockOffsetMs: undefined }
    const error = { code: 'InvalidClientTokenId', message: 'The security token included in the request is invalid.' }
    const hintsIn = (region: string) => stsRefusal({ ...error, httpStatus: 403 }, { ...asked, region }).hints
    const cause = 'or the region eu-south-1 is not enabled in the account: try --region us-east-1'
    assert.equal(hintsIn('eu-south-1')[1], cause)
    for (const region of ['us-east-1', 'cn-north-1']) assert.equal(hintsIn(region).length, 1, region)
  })

  test("does not take AWS's words for places to fill in", () => {
    assert.equal(
      refusal('Odd', 'no {region} and no {nothing}').message.slice(-27),
      'no {region} and no {nothing}'.slice(-27),
    )
  })

  for (const httpStatus of [501, 505]) {
    test(`needs a person for HTTP ${httpStatus}, which another try will not change`, () => {
      assert.equal(refusal('InternalFailure', 'not yet implemented', httpStatus).kind, 'act')
    })
  }

  test('gives the wait as the first cure when a device is refused', () => {
    assert.match(
      refusal('AccessDenied', invalidDevice).hints[0] ?? '',
      /nine codes in three minutes.*try again in three minutes/,
    )
  })

  test("shows AWS's words as one short harmless line, without key ids and secrets", () => {
    const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
    const nasty = `key AKIAIOSFODNN7EXAMPLE\r\n\u001b[2J${secret} ${'long '.repeat(200)}`
    for (const failure of [
      refusal('Odd\u0007Code', nasty, 400),
      refusal('AccessDenied', nasty),
      refusal('Odd', nasty, 500),
    ]) {
      const cause = failure.cause as Error
      for (const text of [failure.message, cause.message, cause.name]) {
        assert.doesNotMatch(text, /AKIAIOSF|wJalrXUt|\p{Cc}/u)
        assert.ok(text.length < 450, String(text.length))
      }
    }
  })
})

describe('serverTime', () => {
  test("reads AWS's clock from a message about a signature that is too old or too new", () => {
    assert.equal(serverTime(expired)?.toISOString(), '2026-01-31T12:00:00.000Z')
    const early =
      'Signature not yet current: 20260131T140000Z is still later than 20260131T121500Z (20260131T120000Z + 15 min.)'
    assert.equal(serverTime(early)?.toISOString(), '2026-01-31T12:00:00.000Z')
  })

  test('reads nothing from other messages', () => {
    assert.equal(serverTime(invalidCode), undefined)
    assert.equal(
      serverTime('The request signature we calculated does not match (20260131T120000Z - 15 min.)'),
      undefined,
    )
  })
})
