import { type Failure, type FailureKind, IamFailure, StsFailure } from '../errors.js'
import { printable } from './text.js'
import { formatInstant } from './time.js'

/** What last happened to each MFA profile; shown by `status`. No secrets. */
export type Outcomes = Readonly<Record<string, Outcome>>

export interface Outcome {
  /** RFC 3339 */
  readonly refreshedAt?: string
  /** the session that was written then */
  readonly session?: WrittenSession
  /** absent when the last attempt was good, or somebody was there to see it fail */
  readonly failure?: KeptFailure
}

/** What awsmfa knows of a session that it has written. */
export interface WrittenSession {
  /** RFC 3339, as in the file */
  readonly expiration: string
  /** the life that AWS gave, in seconds: it may be less than what was asked for */
  readonly seconds: number
  /** by which damage is seen */
  readonly print: string
}

export interface KeptFailure {
  /** RFC 3339 */
  readonly at: string
  readonly kind: FailureKind
  /** {@link reasonOf} the failure */
  readonly reason: string
  readonly message: string
  readonly hints: readonly string[]
}

/** @returns only what can be understood: outcomes are news, not settings. What is shown later is made harmless now. */
export function parseOutcomes(text: string | undefined): Outcomes {
  try {
    const value: unknown = JSON.parse(text || '{}')
    if (!isRecord(value)) return {}
    return Object.fromEntries(
      Object.entries(value).flatMap(([profile, entry]) => (isRecord(entry) ? [[profile, parseOutcome(entry)]] : [])),
    )
  } catch {
    return {}
  }
}

function parseOutcome({ refreshedAt, session, failure }: Record<string, unknown>): Outcome {
  return {
    ...(isInstant(refreshedAt) ? { refreshedAt } : {}),
    ...(isWrittenSession(session) ? { session } : {}),
    ...(isKeptFailure(failure) ? { failure: cleaned(failure) } : {}),
  }
}

export function formatOutcomes(outcomes: Outcomes): string {
  return `${JSON.stringify(outcomes, undefined, 2)}\n`
}

/** The outcomes after a good refresh of these profiles. */
export function withRefreshed(
  outcomes: Outcomes,
  mfaProfiles: readonly string[],
  session: WrittenSession,
  at: Date,
): Outcomes {
  const news = mfaProfiles.map((profile) => [profile, { refreshedAt: formatInstant(at), session }])
  return { ...outcomes, ...Object.fromEntries(news) }
}

/** The outcomes after a failed refresh of these profiles; what is known of their last session is kept. */
export function withFailure(outcomes: Outcomes, mfaProfiles: readonly string[], failure: Failure, at: Date): Outcomes {
  const news = mfaProfiles.map((profile) => [profile, { ...outcomes[profile], failure: keptFailure(failure, at) }])
  return { ...outcomes, ...Object.fromEntries(news) }
}

/** The outcomes without a profile that is no longer enrolled. */
export function withoutProfile(outcomes: Outcomes, mfaProfile: string): Outcomes {
  return Object.fromEntries(Object.entries(outcomes).filter(([profile]) => profile !== mfaProfile))
}

export function keptFailure(failure: Failure, at: Date): KeptFailure {
  const { kind, message, hints } = failure
  return cleaned({ at: formatInstant(at), kind, reason: reasonOf(failure), message, hints })
}

/**
 * By what two failures are the same: foreign words (behind a colon) and numbers change from run to run, such as the time
 * that a program prints on stderr.
 */
export function reasonOf(failure: Failure): string {
  if (failure instanceof StsFailure || failure instanceof IamFailure) return `${failure.kind} ${failure.reason}`
  return `${failure.kind} ${failure.message.split(': ')[0]?.replace(/\d+/g, '0')}`
}

function cleaned(failure: KeptFailure): KeptFailure {
  return { ...failure, message: printable(failure.message), hints: failure.hints.map(printable) }
}

function isKeptFailure(value: unknown): value is KeptFailure {
  if (!isRecord(value) || !isInstant(value.at) || typeof value.message !== 'string') return false
  const { hints, kind } = value
  return (
    Array.isArray(hints) &&
    hints.every((hint) => typeof hint === 'string') &&
    ['usage', 'act', 'retry'].includes(String(kind))
  )
}

function isWrittenSession(value: unknown): value is WrittenSession {
  return (
    isRecord(value) &&
    isInstant(value.expiration) &&
    typeof value.seconds === 'number' &&
    value.seconds > 0 &&
    typeof value.print === 'string'
  )
}

function isInstant(value: unknown): value is string {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
