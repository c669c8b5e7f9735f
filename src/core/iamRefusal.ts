import { type FailureKind, IamFailure, type IamReason } from '../errors.js'
import { describeOffset } from './clockOffset.js'
import { iamPolicyHints } from './iamPolicy.js'
import { type AwsError, cleanMessage, describeError, isThrottling, serverTime } from './stsRefusal.js'

/** What was asked of IAM, for the message. */
export interface IamAsked {
  /** such as `EnableMFADevice` */
  readonly action: string
  /** the serial number, the new device's name or the user that it was about */
  readonly subject: string
  readonly accessKeyId: string
  /** AWS's clock minus this machine's, when known */
  readonly clockOffsetMs: number | undefined
}

/**
 * Puts IAM's refusal in our words
 * (https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableMFADevice.html and its neighbours for the codes).
 */
export function iamRefusal(error: AwsError, asked: IamAsked): IamFailure {
  const { code, message, httpStatus } = error
  const { action, subject } = asked
  const key = `the access key ending in ${asked.accessKeyId.slice(-4)}`
  const cleaned = cleanMessage(message)
  const fail = (kind: FailureKind, reason: IamReason, text: string, hints: string | readonly string[]) => {
    const facts = { reason, mayHaveWorked: httpStatus >= 500 }
    return new IamFailure(kind, text, hints, facts, Object.assign(new Error(cleaned), { name: cleanMessage(code) }))
  }

  // "To complete this action, please ensure that you are authenticated with an MFA device that is enabled for this user."
  if (code === 'AccessDenied' && /authenticated with an MFA device/i.test(message)) {
    return fail('act', 'needs-mfa', `AWS allows iam:${action} only with a code, because the user has an MFA device`, [
      'give the six digits that this device shows now, with --code or on a terminal, and its serial number with --serial-number',
    ])
  }
  if (code === 'AccessDenied') {
    // AWS names the user or the resource by its ARN.
    const partition = /\barn:(aws[a-z-]*):/.exec(message)?.[1] ?? 'aws'
    return fail('act', 'denied', `AWS denied iam:${action} to ${key}: ${cleaned}`, iamPolicyHints(partition))
  }
  if (code === 'InvalidAuthenticationCode') {
    return fail('act', 'code-refused', `AWS refused the two codes for ${subject}`, [
      'they must be of this device and follow each other, and both be newer than those that AWS has seen',
    ])
  }
  if (code === 'EntityAlreadyExists') {
    return fail('act', 'taken', `the MFA device ${subject} exists already`, 'name another with --device-name')
  }
  if (code === 'NoSuchEntity') {
    return fail('act', 'absent', `AWS knows no such MFA device or user: ${subject}`, [
      "compare it with the user's Security credentials in the IAM console",
    ])
  }
  if (code === 'DeleteConflict') {
    return fail('act', 'in-use', `the MFA device ${subject} is in use`, 'it must be deactivated first')
  }
  if (code === 'LimitExceeded') {
    return fail('act', 'refused', `AWS refused iam:${action}, because a limit is reached: ${cleaned}`, [
      'a user has eight MFA devices at most: remove one in the IAM console, under Security credentials',
    ])
  }
  if (code === 'InvalidClientTokenId' || code === 'UnrecognizedClientException') {
    return fail('act', 'refused', `IAM does not accept ${key}`, [
      'it was deleted or made inactive, belongs to another partition, or to a session without MFA',
    ])
  }
  if (code === 'ExpiredToken') {
    return fail('act', 'refused', `the session of ${key} has ended`, 'run awsmfa refresh, then the same command again')
  }
  if (code === 'RequestExpired' || (code === 'SignatureDoesNotMatch' && serverTime(message) !== undefined)) {
    const clock = describeOffset(asked.clockOffsetMs) ?? "this machine's clock is more than 5 minutes off"
    return fail('act', 'refused', clock, 'AWS refuses signatures that are so far off: set the clock')
  }
  if (code === 'EntityTemporarilyUnmodifiable') {
    return fail('retry', 'busy', `the user or device is being changed right now: ${cleaned}`, 'try again in a minute')
  }
  if (isThrottling(error)) {
    return fail('retry', 'busy', 'AWS asks for fewer requests (throttling)', 'try again in a minute')
  }
  if (httpStatus >= 500) {
    return fail('retry', 'busy', `AWS IAM has a problem: ${describeError(code, cleaned)}`, 'try again in a minute')
  }
  return fail('act', 'refused', `AWS refused iam:${action}: ${describeError(code, cleaned)}`, [
    'look at the user in the IAM console, under Security credentials',
  ])
}
