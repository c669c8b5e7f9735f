import { type Failure, type FailureKind, IamFailure, StsFailure } from '../errors.js'
import { isRecord, parseRecord } from './json.js'
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
  /** when the first of a row of failures was, RFC 3339; absent when this is the first */
  readonly since?: string
  readonly kind: FailureKind
  /** {@link reasonOf} the failure */
  readonly reason: string
  readonly message: string
  readonly hints: readonly string[]
}

/** @returns only what can be understood: outcomes are news, not settings. What is shown later is made harmless now. */
export function parseOutcomes(text: string | undefined): Outcomes {
  const entries = Object.entries(parseRecord(text))
  return Object.fromEntries(
    entries.flatMap(([profile, entry]) => (isRecord(entry) ? [[profile, parseOutcome(entry)]] : [])),
  )
}

function parseOutcome({ refreshedAt, session, failure }: Record<string, unknown>): Outcome {
  return {
    ...(isInstant(refreshedAt) ? { refreshedAt } : {}),
    ...(isWrittenSession(session) ? { session } : {}),
    ...(isKeptFailure(failure) ? { failure: cleaned(failure) } : {}),
  }
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
  const news = mfaProfiles.map((profile) => {
    const before = outcomes[profile]?.failure
    const since = before === undefined ? {} : { since: before.since ?? before.at }
    return [profile, { ...outcomes[profile], failure: { ...keptFailure(failure, at), ...since } }]
  })
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
  const { hints, kind, since } = value
  return (
    (since === undefined || isInstant(since)) &&
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

/** How the last run ended that each scheduler, or the login hook, has started. */
export type Runs = Readonly<Record<string, Run>>

export interface Run {
  /** RFC 3339 */
  readonly at: string
  readonly exitCode: number
  /** the failures that this and earlier runs have told of and that still stand: when, by {@link tellsAgain}'s reason */
  readonly told?: Readonly<Record<string, string>>
}

/** The names under which runs are kept: what `AWSMFA_RUN_BY` may say. */
const startedBy = /^[a-z]{1,20}$/
/** A failure that stands is told again once a day, so that whoever missed the first mail gets another. */
const tellAgainMs = 24 * 60 * 60_000
/** More than a person ever has profiles; what is beyond is told again, which costs a mail. */
const mostTold = 100
const longestReason = 300

/** @returns only what can be understood: it is news, not settings */
export function parseRuns(text: string | undefined): Runs {
  return Object.fromEntries(
    Object.entries(parseRecord(text)).flatMap(([name, run]) => {
      const understood = startedBy.test(name) ? parseRun(run) : undefined
      return understood === undefined ? [] : [[name, understood]]
    }),
  )
}

/**
 * Whether a run by a scheduler, which cron makes a mail of, tells of a failure, or stays silent because an earlier run by
 * the same scheduler did within a day.
 *
 * @param before - the last run by the same scheduler
 * @param reason - what stays the same while the failure does: the profiles, the kind and a code, not the words
 */
export function tellsAgain(before: Run | undefined, reason: string, now: Date): boolean {
  const at = before?.told?.[keyOf(reason)]
  const agoMs = at === undefined ? Number.NaN : now.getTime() - Date.parse(at)
  // A clock that was set back must not make it silent for longer.
  return !(agoMs >= 0 && agoMs < tellAgainMs)
}

/**
 * What a run has to remember as told. A failure that did not come up in it is forgotten, and is news when it comes back.
 *
 * @param before - the last run by the same scheduler
 * @param reasons - of this run's failures, told or kept silent
 * @param at - RFC 3339, now
 */
export function toldAfter(before: Run | undefined, reasons: readonly string[], at: string): Pick<Run, 'told'> {
  const entries = reasons.slice(0, mostTold).map((reason) => {
    const earlier = before?.told?.[keyOf(reason)]
    return [keyOf(reason), earlier === undefined || tellsAgain(before, reason, new Date(at)) ? at : earlier]
  })
  return entries.length === 0 ? {} : { told: Object.fromEntries(entries) }
}

/** What an exit code of refresh means for the person. */
export function exitCodeInWords(exitCode: number): string {
  const words: Readonly<Record<number, string>> = {
    0: 'all good',
    2: 'wrong usage (exit code 2): install the schedule again',
    3: 'you are needed (exit code 3): awsmfa status tells why',
    4: 'could not reach AWS (exit code 4); the next run tries again',
  }
  if (exitCode > signalled) return `killed (signal ${exitCode - signalled}): run awsmfa refresh --verbose`
  return words[exitCode] ?? `broke off (exit code ${exitCode}): run awsmfa refresh --verbose`
}

/** As shells count a death by signal: 128 and the number of the signal. */
export const signalled = 128

/** @returns the instant that an RFC 3339 text names, `undefined` for anything else, of which `Date.parse` takes a lot */
export function parseInstant(value: unknown): Date | undefined {
  if (typeof value !== 'string') return undefined
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(value)) return undefined
  const instant = new Date(value)
  return Number.isNaN(instant.getTime()) ? undefined : instant
}

function parseRun(value: unknown): Run | undefined {
  if (!isRecord(value)) return undefined
  const { at, exitCode, told } = value
  if (parseInstant(at) === undefined || !Number.isInteger(exitCode)) return undefined
  if ((exitCode as number) < 0 || (exitCode as number) > 255) return undefined
  const run: Run = { at: at as string, exitCode: exitCode as number }
  const entries = isRecord(told) ? Object.entries(told).filter(([, when]) => parseInstant(when) !== undefined) : []
  return entries.length === 0
    ? run
    : { ...run, told: Object.fromEntries(entries.slice(0, mostTold)) as Run['told'] & {} }
}

function keyOf(reason: string): string {
  return reason.slice(0, longestReason)
}
