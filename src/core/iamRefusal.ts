import { IamFailure, type IamReason } from '../errors.js'
import { type AwsError, keyEnding, putInWords, type Refusal, tooFarOff } from './awsError.js'
import { describeOffset } from './clockOffset.js'
import { iamPolicyHints } from './iamPolicy.js'

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
export function iamRefusal(error: AwsError, { clockOffsetMs, accessKeyId, action, subject }: IamAsked): IamFailure {
  const clock = describeOffset(clockOffsetMs) ?? "this machine's clock is more than 5 minutes off"
  const facts = { action, subject, clock, key: keyEnding(accessKeyId) }
  const { kind, words, hints, reason, cause } = putInWords<IamReason>(error, 'IAM', table, facts)
  // AWS names the user or the resource by its ARN.
  const partition = /\barn:(aws[a-z-]*):/.exec(error.message)?.[1] ?? 'aws'
  const mayHaveWorked = error.httpStatus >= 500
  return new IamFailure(
    kind,
    words,
    reason === 'denied' ? iamPolicyHints(partition) : hints,
    { reason, mayHaveWorked },
    cause,
  )
}

const table: readonly Refusal<IamReason>[] = [
  [
    // "To complete this action, please ensure that you are authenticated with an MFA device that is enabled for this user."
    /^AccessDenied: .*authenticated with an MFA device/is,
    'needs-mfa',
    'AWS allows iam:{action} only with a code, because the user has an MFA device',
    'give the six digits that this device shows now, with --code or on a terminal, and its serial number with --serial-number',
  ],
  [/^AccessDenied: /, 'denied', 'AWS denied iam:{action} to {key}: {said}'],
  [
    /^InvalidAuthenticationCode: /,
    'code-refused',
    'AWS refused the two codes for {subject}',
    'they must be of this device and follow each other, and both be newer than those that AWS has seen',
  ],
  [/^EntityAlreadyExists: /, 'taken', 'the MFA device {subject} exists already', 'name another with --device-name'],
  [
    /^NoSuchEntity: /,
    'absent',
    'AWS knows no such MFA device or user: {subject}',
    "compare it with the user's Security credentials in the IAM console",
  ],
  [/^DeleteConflict: /, 'in-use', 'the MFA device {subject} is in use', 'it must be deactivated first'],
  [
    /^LimitExceeded: /,
    'refused',
    'AWS refused iam:{action}, because a limit is reached: {said}',
    'a user has eight MFA devices at most: remove one in the IAM console, under Security credentials',
  ],
  [
    /^(InvalidClientTokenId|UnrecognizedClientException): /,
    'refused',
    'IAM does not accept {key}',
    'it was deleted or made inactive, belongs to another partition, or to a session without MFA',
  ],
  [/^ExpiredToken: /, 'refused', 'the session of {key} has ended', 'run awsmfa refresh, then the same command again'],
  [tooFarOff, 'refused', '{clock}', 'AWS refuses signatures that are so far off: set the clock'],
  [
    /^EntityTemporarilyUnmodifiable: /,
    'busy',
    'the user or device is being changed right now: {said}',
    'try again in a minute',
  ],
  [
    /^/,
    'refused',
    'AWS refused iam:{action}: {error}',
    'look at the user in the IAM console, under Security credentials',
  ],
]
