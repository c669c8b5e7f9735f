import { type FailureKind, IamFailure, type IamReason, StsFailure, type StsReason } from '../errors.js'
import { describeOffset } from './clockOffset.js'
import { iamPolicyHints, keyPolicy } from './iam.js'
import { mayBeOff } from './region.js'
import { roleTable } from './roleRefusals.js'
import { harmless } from './text.js'

/** AWS's error, as it came. */
export interface AwsError {
  /** such as `AccessDenied` */
  readonly code: string
  readonly message: string
  readonly httpStatus: number
}

/**
 * A row of a table: what fits AWS's `code: message`, why it refuses, our words, and hints. `{name}` stands for a fact, and a
 * hint without its fact is left out.
 */
export type Refusal<Reason> = readonly [error: RegExp, reason: Reason, words: string, ...hints: string[]]

/**
 * Puts a refusal into the words of the first row that fits; the last row fits all. What only asks for patience needs none.
 *
 * @returns also AWS's own words, cleaned, as the cause
 */
function putInWords<Reason extends string>(
  { code, message, httpStatus }: AwsError,
  service: string,
  table: readonly Refusal<Reason | 'busy'>[],
  asked: Readonly<Record<string, string | undefined>>,
) {
  const [name, said] = [cleanMessage(code), cleanMessage(message)]
  const facts: typeof asked = { ...asked, said, error: said === '' ? name : `${name}: ${said}` }
  const throttled =
    httpStatus === 429 || /^(Throttl|RequestLimitExceeded|TooManyRequests|RequestThrottl|SlowDown)/.test(code)
  const problem = throttled ? 'AWS asks for fewer requests (throttling)' : `AWS ${service} has a problem: {error}`
  const patience: Refusal<'busy'> = [/^/, 'busy', problem, 'try again in a minute']
  const rows = [...table.slice(0, -1), ...(throttled || mayPass(httpStatus) ? [patience] : []), ...table.slice(-1)]
  const [, reason, words, ...hints] = rows.find(([error]) => error.test(`${code}: ${message}`)) ?? patience
  const named = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].every(([, fact = '']) => facts[fact] !== undefined)
  const fill = (text: string) => text.replace(/\{(\w+)\}/g, (_, fact: string) => facts[fact] ?? '')
  const kind: FailureKind = reason === 'busy' ? 'retry' : 'act'
  const cause = Object.assign(new Error(said), { name })
  return { kind, reason, words: fill(words), hints: hints.filter(named).map(fill), cause }
}

/** Whether an answer with this status says that the same request may work later (RFC 9110 §15): 501 and 505 do not. */
export function mayPass(httpStatus: number | undefined): boolean {
  return [408, 429, 500, 502, 503, 504].includes(httpStatus ?? 0)
}

/** How messages call a key: only its end is shown. */
function keyEnding(accessKeyId: string): string {
  return `the access key ending in ${accessKeyId.slice(-4)}`
}

/**
 * The time of AWS's clock in its message about a signature that is too old or too new, such as
 * `Signature expired: … is now earlier than … (20260131T120000Z - 15 min.)`.
 */
export function serverTime(message: string): Date | undefined {
  const time = /^Signature (?:expired|not yet current).*?\((\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z [-+] \d+ min/s.exec(
    message,
  )
  if (time === null) return undefined
  const [, year, month, day, hours, minutes, seconds] = time
  return new Date(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`)
}

/** The refusal of a signature whose time is too far from AWS's, with {@link serverTime} or without. */
const tooFarOff =
  /^(RequestExpired: |SignatureDoesNotMatch: Signature (expired|not yet current).*\(\d{8}T\d{6}Z [-+] \d+ min)/s

/** A server's words are not trusted: one line, no control characters, nothing that looks like a key, not endless. */
function cleanMessage(text: string): string {
  const cleaned = harmless(text)
    // What is long and without blanks tells people nothing, and may be a secret key or a token.
    .replace(/[A-Za-z0-9/+=]{36,}/g, (long) => `…${long.slice(-4)}`)
  return cleaned.length > 300 ? `${cleaned.slice(0, 300)}…` : cleaned
}

/** What was asked, for the message. */
export interface Asked {
  /** default: `GetSessionToken` */
  readonly action?: 'GetSessionToken' | 'GetCallerIdentity' | 'AssumeRole'
  readonly role?: Readonly<Record<string, string | undefined>>
  readonly serialNumber: string
  readonly accessKeyId: string
  readonly region: string
  /** AWS's clock minus this machine's, when known */
  readonly clockOffsetMs: number | undefined
}

/**
 * Puts a refusal of STS in our words. AWS gives one text for several causes, so these are listed and
 * none is asserted (https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html for the codes).
 */
export function stsRefusal(error: AwsError, { clockOffsetMs, accessKeyId, region, role, ...asked }: Asked): StsFailure {
  const clock = describeOffset(clockOffsetMs)
  const facts = {
    action: 'GetSessionToken',
    ...asked,
    ...role,
    region,
    key: keyEnding(accessKeyId),
    clock,
    anyClock: clock ?? "this machine's clock is more than 15 minutes off",
    // Only to leave out a hint.
    noClock: clock ? undefined : '',
    mayBeOff: mayBeOff(region) ? region : undefined,
  }
  const table = role === undefined ? stsTable : [...roleTable, ...stsTable]
  const { kind, words, hints, reason, cause } = putInWords<StsReason>(error, 'STS', table, facts)
  return new StsFailure(kind, words, hints, { reason, codeMayBeSpent: true, clockOffsetMs }, cause)
}

const stsTable: readonly Refusal<StsReason>[] = [
  [
    /^AccessDenied: .*invalid MFA one time pass code/s,
    'code-refused',
    'AWS refused the code for {serialNumber}',
    '{clock}; AWS accepts codes of about a minute to either side',
    'either the code was used before (AWS takes each one once, also for the console), or it is not of this device',
    '{noClock}or this machine made it with a clock that is off by more than a minute',
  ],
  [
    /^AccessDenied: .*unable to validate MFA code/s,
    'device-refused',
    'AWS could not check a code for {serialNumber}',
    'after nine codes in three minutes, or seconds after a device was enabled, AWS says so for a while: try again in three minutes',
    'otherwise compare the serial number with the devices of the user who owns {key}',
  ],
  [
    /^AccessDenied: .*session credentials/s,
    'refused',
    '{key} belongs to a session, and AWS gives sessions to long-term keys only',
    'the source profile must hold the keys of an IAM user, which begin with AKIA',
  ],
  [
    /^AccessDenied: /,
    'refused',
    'AWS denied {action} to {key}: {said}',
    'no IAM permission is needed for it: ask an administrator about an explicit deny or an organisation policy',
  ],
  [
    /^(InvalidClientTokenId|UnrecognizedClientException): /,
    'refused',
    'AWS does not accept {key} in {region}',
    'it was deleted or made inactive, or belongs to another partition: look at the keys of the user in the IAM console',
    // A session of any regional endpoint is good in all regions.
    'or the region {mayBeOff} is not enabled in the account: try --region us-east-1',
  ],
  [tooFarOff, 'clock-refused', '{anyClock}', 'AWS refuses signatures that are more than 15 minutes off: set the clock'],
  [
    /^SignatureDoesNotMatch: /,
    'refused',
    'the secret access key does not belong to {key}',
    'put both keys of the source profile in place again, as they were shown when they were created',
  ],
  [
    /^RegionDisabledException: /,
    'refused',
    'STS is switched off for the region {region} in this account',
    'name another region with --region, or let an administrator switch it on in the IAM console (account settings)',
  ],
  [/^/, 'refused', 'AWS refused {action}: {error}'],
]

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
  const { kind, words, hints, reason, cause } = putInWords<IamReason>(error, 'IAM', iamTable, facts)
  // AWS names the user or the resource by its ARN.
  const partition = /\barn:(aws[a-z-]*):/.exec(error.message)?.[1] ?? 'aws'
  const mayHaveWorked = error.httpStatus >= 500
  const policy = /AccessKey/.test(action) ? keyPolicy : undefined
  const told = reason === 'denied' ? iamPolicyHints(partition, policy) : hints
  return new IamFailure(kind, words, told, { reason, mayHaveWorked }, cause)
}

const iamTable: readonly Refusal<IamReason>[] = [
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
  [/^NoSuchEntity: .*access key/is, 'absent', 'AWS knows no such access key: {subject}', 'it was deleted already'],
  [
    /^NoSuchEntity: /,
    'absent',
    'AWS knows no such MFA device or user: {subject}',
    "compare it with the user's Security credentials in the IAM console",
  ],
  [/^DeleteConflict: /, 'in-use', 'the MFA device {subject} is in use', 'it must be deactivated first'],
  [
    /^LimitExceeded: .*AccessKeysPerUser/s,
    'refused',
    'AWS makes no third access key for {subject}: inactive ones count too',
    'awsmfa keys rotate --delete-other LAST4 deletes the one that is not in use here',
  ],
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
  [/^EntityTemporarilyUnmodifiable: /, 'busy', 'the user or device is being changed: {said}', 'try again in a minute'],
  [
    /^/,
    'refused',
    'AWS refused iam:{action}: {error}',
    'look at the user in the IAM console, under Security credentials',
  ],
]
