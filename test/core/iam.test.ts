import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { iamPolicy, iamUser, keyPolicy } from '../../src/core/iam.js'
import { iamRefusal } from '../../src/core/refusals.js'
import type { FailureKind, IamReason } from '../../src/errors.js'
import { failsWith } from '../support/failsWith.js'

describe('iamUser', () => {
  for (const [arn, userName] of [
    ['arn:aws:iam::123456789012:user/alice', 'alice'],
    ['arn:aws:iam::123456789012:user/eng/team/alice', 'alice'],
    ['arn:aws-cn:iam::123456789012:user/alice@example.com', 'alice@example.com'],
  ] as const) {
    test(`reads the name without the path: ${arn}`, () => {
      const user = iamUser(arn, 'default')
      assert.equal(user.userName, userName)
      assert.equal(user.account, '123456789012')
      assert.equal(user.partition, arn.split(':')[1])
    })
  }

  for (const [arn, words] of [
    ['arn:aws:iam::123456789012:root', /the root user/],
    ['arn:aws:sts::123456789012:assumed-role/Admin/session', /the role Admin/],
    ['arn:aws:sts::123456789012:federated-user/bob', /federated-user\/bob/],
  ] as const) {
    test(`refuses with words: ${arn}`, async () => {
      await failsWith('act', words, () => iamUser(arn, 'work'))
    })
  }
})

describe('iamPolicy', () => {
  test('fits in a user policy, and allows what is of the user alone, in the partition of the user', () => {
    const text = JSON.stringify(iamPolicy('aws-cn'))
    assert.ok(text.length < 2048)
    for (const { Resource } of iamPolicy('aws-cn').Statement) {
      assert.match(Resource, /^arn:aws-cn:iam::\*:(user\/\$\{aws:username\}$|mfa\/awsmfa-\$\{aws:username\}-\*$)/)
    }
  })

  test('lets nobody take a device away without MFA', () => {
    const { Statement } = iamPolicy('aws')
    for (const statement of Statement) {
      if (!JSON.stringify(statement.Action).includes('iam:DeactivateMFADevice')) continue
      assert.equal('Condition' in statement && statement.Condition.Bool['aws:MultiFactorAuthPresent'], 'true')
    }
  })
})

describe('keyPolicy', () => {
  test('allows the keys of the user alone to be changed, and nothing without MFA', () => {
    for (const { Action, Resource, Condition } of keyPolicy('aws-cn').Statement) {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: IAM's own variable
      const own = 'arn:aws-cn:iam::*:user/${aws:username}'
      assert.equal(Resource, Action === 'iam:GetAccessKeyLastUsed' ? '*' : own)
      assert.equal(Condition.Bool['aws:MultiFactorAuthPresent'], 'true')
    }
    assert.match(JSON.stringify(iamRefusalOf('CreateAccessKey').hints), /AwsmfaOwnKeysWithMfa/)
    assert.match(JSON.stringify(iamRefusalOf('EnableMFADevice').hints), /AwsmfaDevice/)
  })

  const iamRefusalOf = (action: string) =>
    iamRefusal(
      { code: 'AccessDenied', message: 'no', httpStatus: 403 },
      { action, subject: 'x', accessKeyId: 'AKIAIOSFODNN7EXAMPLE', clockOffsetMs: undefined },
    )
})

describe('iamRefusal', () => {
  const asked = { action: 'EnableMFADevice', subject: 'arn:aws:iam::123456789012:mfa/new', clockOffsetMs: undefined }
  const refusal = (code: string, message: string, httpStatus = 403) =>
    iamRefusal({ code, message, httpStatus }, { ...asked, accessKeyId: 'AKIAIOSFODNN7EXAMPLE' })

  const needsMfa =
    'To complete this action, please ensure that you are authenticated with an MFA device that is enabled for this user.'
  const notAuthorized =
    'User: arn:aws-us-gov:iam::123456789012:user/alice is not authorized to perform: iam:EnableMFADevice on resource: user alice because no identity-based policy allows the iam:EnableMFADevice action'
  const expired = 'Signature expired: 20260131T110000Z is now earlier than 20260131T115500Z (20260131T120000Z - 5 min.)'
  const table: [string, string, number, IamReason, FailureKind][] = [
    ['AccessDenied', needsMfa, 403, 'needs-mfa', 'act'],
    ['AccessDenied', notAuthorized, 403, 'denied', 'act'],
    ['InvalidAuthenticationCode', 'Authentication code for device is not valid.', 403, 'code-refused', 'act'],
    ['EntityAlreadyExists', 'MFA device already exists.', 409, 'taken', 'act'],
    ['EntityAlreadyExists', 'MFA Device is already in use.', 409, 'taken', 'act'],
    ['NoSuchEntity', 'MFA Device invalid for user.', 404, 'absent', 'act'],
    ['DeleteConflict', 'MFA VirtualDevice in use. Must deactivate first.', 409, 'in-use', 'act'],
    ['LimitExceeded', 'Cannot exceed quota for MfaDevicesPerUser: 8', 409, 'refused', 'act'],
    ['InvalidClientTokenId', 'The security token included in the request is invalid', 403, 'refused', 'act'],
    ['ExpiredToken', 'The security token included in the request is expired', 403, 'refused', 'act'],
    ['SignatureDoesNotMatch', expired, 403, 'refused', 'act'],
    ['SomethingNew', 'of next year', 400, 'refused', 'act'],
    ['EntityTemporarilyUnmodifiable', 'being modified', 409, 'busy', 'retry'],
    ['Throttling', 'Rate exceeded', 400, 'busy', 'retry'],
    ['ServiceFailure', 'internal', 500, 'busy', 'retry'],
  ]
  for (const [code, message, status, reason, kind] of table) {
    test(`${code} "${message.slice(0, 40)}" means ${reason}`, () => {
      const failure = refusal(code, message, status)
      assert.deepEqual([failure.reason, failure.kind, failure.mayHaveWorked], [reason, kind, status >= 500])
      assert.ok(failure.hints.length > 0)
      assert.doesNotMatch(failure.message + failure.hints.join(), /AKIAIOSFODNN7EXAMPLE/)
    })
  }

  test('tells the policy for the partition that AWS names', () => {
    assert.match(refusal('AccessDenied', notAuthorized).hints.join(), /"arn:aws-us-gov:iam::/)
  })
})
