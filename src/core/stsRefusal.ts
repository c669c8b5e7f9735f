import { type FailureKind, StsFailure, type StsReason } from '../errors.js'
import { describeOffset } from './clockOffset.js'
import { printable } from './printable.js'
import { redact } from './redact.js'

/** AWS's error, as it came. */
export interface AwsError {
  /** such as `AccessDenied` */
  readonly code: string
  readonly message: string
  readonly httpStatus: number
}

/** What was asked, for the message. */
export interface Asked {
  /** default: `GetSessionToken` */
  readonly action?: 'GetSessionToken' | 'GetCallerIdentity'
  readonly serialNumber: string
  readonly accessKeyId: string
  readonly region: string
  /** AWS's clock minus this machine's, when known */
  readonly clockOffsetMs: number | undefined
}

const mostMessageCharacters = 300

/**
 * Puts a refusal of STS in our words. AWS gives one text for several causes, so these are listed and
 * none is asserted (https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html for the codes).
 */
export function stsRefusal(error: AwsError, asked: Asked): StsFailure {
  const key = `the access key ending in ${asked.accessKeyId.slice(-4)}`
  const clock = describeOffset(asked.clockOffsetMs)
  const { code, message, httpStatus } = error
  const { action = 'GetSessionToken' } = asked
  const cleaned = cleanMessage(message)
  const fail = (
    kind: FailureKind,
    reason: StsReason,
    text: string,
    hints: string | readonly (string | undefined)[],
  ) => {
    const facts = { reason, codeMayBeSpent: true, clockOffsetMs: asked.clockOffsetMs }
    const given = typeof hints === 'string' ? [hints] : hints.filter((hint) => hint !== undefined)
    return new StsFailure(kind, text, given, facts, Object.assign(new Error(cleaned), { name: cleanMessage(code) }))
  }

  if (code === 'AccessDenied' && message.includes('invalid MFA one time pass code')) {
    return fail('act', 'code-refused', `AWS refused the code for ${asked.serialNumber}`, [
      clock && `${clock}; AWS accepts codes of about a minute to either side`,
      'either the code was used before (AWS takes each one once, also for the console), or it is not of this device',
      clock ? undefined : 'or this machine made it with a clock that is off by more than a minute',
    ])
  }
  if (code === 'AccessDenied' && message.includes('unable to validate MFA code')) {
    return fail('act', 'device-refused', `AWS could not check a code for ${asked.serialNumber}`, [
      'after nine codes in three minutes, or seconds after a device was enabled, AWS says so for a while: try again in three minutes',
      `otherwise compare the serial number with the devices of the user who owns ${key}`,
    ])
  }
  if (code === 'AccessDenied' && message.includes('session credentials')) {
    return fail('act', 'refused', `${key} belongs to a session, and AWS gives sessions to long-term keys only`, [
      'the source profile must hold the keys of an IAM user, which begin with AKIA',
    ])
  }
  if (code === 'AccessDenied') {
    return fail('act', 'refused', `AWS denied ${action} to ${key}: ${cleaned}`, [
      'no IAM permission is needed for it: ask an administrator about an explicit deny or an organisation policy',
    ])
  }
  if (code === 'InvalidClientTokenId' || code === 'UnrecognizedClientException') {
    return fail('act', 'refused', `AWS does not accept ${key} in ${asked.region}`, [
      'it was deleted or made inactive, or belongs to another partition: look at the keys of the user in the IAM console',
    ])
  }
  if (code === 'RequestExpired' || (code === 'SignatureDoesNotMatch' && serverTime(message) !== undefined)) {
    return fail('act', 'clock-refused', clock ?? "this machine's clock is more than 15 minutes off", [
      'AWS refuses signatures that are more than 15 minutes off: set the clock',
    ])
  }
  if (code === 'SignatureDoesNotMatch') {
    return fail('act', 'refused', `the secret access key does not belong to ${key}`, [
      'put both keys of the source profile in place again, as they were shown when they were created',
    ])
  }
  if (code === 'RegionDisabledException') {
    return fail('act', 'refused', `STS is switched off for the region ${asked.region} in this account`, [
      'name another region with --region, or let an administrator switch it on in the IAM console (account settings)',
    ])
  }
  if (isThrottling(error)) {
    return fail('retry', 'busy', 'AWS asks for fewer requests (throttling)', 'try again in a minute')
  }
  if (httpStatus >= 500) {
    return fail('retry', 'busy', `AWS STS has a problem: ${describeError(code, cleaned)}`, 'try again in a minute')
  }
  return fail('act', 'refused', `AWS refused ${action}: ${describeError(code, cleaned)}`, [])
}

/**
 * The time of AWS's clock in its message about a signature that is too old or too new, such as
 * `Signature expired: … is now earlier than … (20260131T120000Z - 15 min.)`.
 */
export function serverTime(message: string): Date | undefined {
  const match = /\((\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z [-+] \d+ min/.exec(message)
  if (match === null || !/^Signature (expired|not yet current)/.test(message)) return undefined
  const [, year, month, day, hours, minutes, seconds] = match
  return new Date(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`)
}

/** Whether AWS asks for fewer requests; such a one has done nothing. */
export function isThrottling({ code, httpStatus }: AwsError): boolean {
  return httpStatus === 429 || /^(Throttl|RequestLimitExceeded|TooManyRequests|RequestThrottl|SlowDown)/.test(code)
}

/** AWS's code and message as the end of a sentence. */
export function describeError(code: string, message: string): string {
  return message === '' ? cleanMessage(code) : `${cleanMessage(code)}: ${message}`
}

/** A server's words are not trusted: one line, no control characters, nothing that looks like a key, not endless. */
export function cleanMessage(text: string): string {
  const cleaned = redact(printable(text))
    // What is long and without blanks tells people nothing, and may be a secret key or a token.
    .replace(/[A-Za-z0-9/+=]{36,}/g, (long) => `…${long.slice(-4)}`)
  return cleaned.length > mostMessageCharacters ? `${cleaned.slice(0, mostMessageCharacters)}…` : cleaned
}
