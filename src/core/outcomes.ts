import type { Failure, FailureKind } from '../errors.js'
import { formatInstant } from './freshness.js'

/** What last happened to each MFA profile; shown by `status`. No secrets. */
export type Outcomes = Readonly<Record<string, Outcome>>

export interface Outcome {
  /** RFC 3339 */
  readonly refreshedAt?: string
  /** absent when the last attempt was good */
  readonly failure?: {
    readonly at: string
    readonly kind: FailureKind
    readonly message: string
    readonly hints: readonly string[]
  }
}

/** @returns only what can be understood: outcomes are news, not settings */
export function parseOutcomes(text: string | undefined): Outcomes {
  try {
    const value: unknown = JSON.parse(text || '{}')
    if (!isRecord(value)) return {}
    return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, Outcome] => isOutcome(entry[1])))
  } catch {
    return {}
  }
}

export function formatOutcomes(outcomes: Outcomes): string {
  return `${JSON.stringify(outcomes, undefined, 2)}\n`
}

/** The outcomes after a good refresh of these profiles. */
export function withRefreshed(outcomes: Outcomes, mfaProfiles: readonly string[], at: Date): Outcomes {
  const news = mfaProfiles.map((profile) => [profile, { refreshedAt: formatInstant(at) }])
  return { ...outcomes, ...Object.fromEntries(news) }
}

/** The outcomes after a failed refresh of these profiles; when they were last refreshed is kept. */
export function withFailure(outcomes: Outcomes, mfaProfiles: readonly string[], failure: Failure, at: Date): Outcomes {
  const { kind, message, hints } = failure
  const news = mfaProfiles.map((profile) => {
    const refreshedAt = outcomes[profile]?.refreshedAt
    const outcome: Outcome = { failure: { at: formatInstant(at), kind, message, hints } }
    return [profile, refreshedAt === undefined ? outcome : { refreshedAt, ...outcome }]
  })
  return { ...outcomes, ...Object.fromEntries(news) }
}

/** The outcomes without a profile that is no longer enrolled. */
export function withoutProfile(outcomes: Outcomes, mfaProfile: string): Outcomes {
  return Object.fromEntries(Object.entries(outcomes).filter(([profile]) => profile !== mfaProfile))
}

function isOutcome(value: unknown): value is Outcome {
  if (!isRecord(value)) return false
  const { refreshedAt, failure } = value
  if (refreshedAt !== undefined && !isInstant(refreshedAt)) return false
  if (failure === undefined) return true
  return (
    isRecord(failure) && isInstant(failure.at) && typeof failure.message === 'string' && Array.isArray(failure.hints)
  )
}

function isInstant(value: unknown): boolean {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
