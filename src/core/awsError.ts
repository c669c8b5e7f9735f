import type { FailureKind } from '../errors.js'
import { printable, redact } from './text.js'

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
export function putInWords<Reason extends string>(
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
export function keyEnding(accessKeyId: string): string {
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
export const tooFarOff =
  /^(RequestExpired: |SignatureDoesNotMatch: Signature (expired|not yet current).*\(\d{8}T\d{6}Z [-+] \d+ min)/s

/** A server's words are not trusted: one line, no control characters, nothing that looks like a key, not endless. */
function cleanMessage(text: string): string {
  const cleaned = redact(printable(text))
    // What is long and without blanks tells people nothing, and may be a secret key or a token.
    .replace(/[A-Za-z0-9/+=]{36,}/g, (long) => `…${long.slice(-4)}`)
  return cleaned.length > 300 ? `${cleaned.slice(0, 300)}…` : cleaned
}
