import type { Outcome } from './news.js'
import { harmless } from './text.js'

/** The file in the state folder that the shells' hooks read. */
export const stampName = 'stamp'
/** The file that a hook makes, exclusively, before it starts a refresh; the refresh that writes the stamp removes it. */
export const claimName = 'hook.claim'

/** What a new shell must know: whether to start a refresh, and what to tell the person. */
export interface Stamp {
  /** when the next refresh is due, by this machine's clock */
  readonly due: Date
  /** one line for the person, when one is needed */
  readonly attention: string | undefined
}

/** What of one enrolled profile counts for the stamp. */
export interface Watched {
  readonly mfaProfile: string
  /** when its session ends, by AWS's clock */
  readonly expiration: Date | undefined
  /** when it is to be renewed, by AWS's clock */
  readonly renewal: Date
  /** whether its codes are typed, so that no hook can renew it */
  readonly typed: boolean
  /** how the last attempt failed, if it did */
  readonly failure: Outcome['failure']
}

/** What may pass by itself is tried again soon; the run itself has tried for a minute. */
const retryPauseMs = 5 * 60_000
/** What a person must mend is not tried by every new shell. */
const actPauseMs = 30 * 60_000

/**
 * The stamp for what is enrolled now.
 *
 * @param now - by this machine's clock
 * @param clockOffsetMs - AWS's clock minus this machine's
 */
export function stampFor(profiles: readonly Watched[], now: Date, clockOffsetMs: number): Stamp {
  const dues = profiles.flatMap((profile) => {
    const due = dueMs(profile, now.getTime(), clockOffsetMs)
    return due === undefined ? [] : [due]
  })
  const [first, ...others] = profiles.flatMap((profile) => complaint(profile, now, clockOffsetMs) ?? [])
  return {
    // When no profile can be renewed unattended, look again at times: the files may have been edited by hand.
    due: new Date(dues.length === 0 ? now.getTime() + actPauseMs : Math.min(...dues)),
    attention:
      first === undefined ? undefined : attentionLine(others.length === 0 ? first : `${first} (${others.length} more)`),
  }
}

/** The stamp for when nothing can be found out, because of a failure that is not one profile's. */
export function stampForFailure(failure: Told, now: Date): Stamp {
  return {
    due: new Date(now.getTime() + actPauseMs),
    attention: attentionLine(`refresh needs you: ${withHint(failure)}`),
  }
}

/** Line 1: the epoch second when the next refresh is due. Line 2: what to tell the person, or nothing. */
export function formatStamp({ due, attention = '' }: Stamp): string {
  return `${Math.ceil(due.getTime() / 1000)}\n${attention}\n`
}

function dueMs(profile: Watched, nowMs: number, clockOffsetMs: number): number | undefined {
  const { expiration, renewal, typed, failure } = profile
  const endMs = expiration === undefined ? 0 : expiration.getTime() - clockOffsetMs
  // Its end is worth a run nevertheless: that one writes the line that tells the person.
  if (typed) return endMs > nowMs ? endMs : undefined
  const renewalMs = Math.max(0, renewal.getTime() - clockOffsetMs)
  if (failure === undefined) return renewalMs
  const pauseMs = failure.kind === 'retry' ? retryPauseMs : actPauseMs
  // A clock that was set back must not make the pause longer.
  return Math.max(renewalMs, Math.min(Date.parse(failure.at), nowMs) + pauseMs)
}

function complaint(profile: Watched, now: Date, clockOffsetMs: number): string | undefined {
  const { mfaProfile, expiration, typed, failure } = profile
  if (failure !== undefined && failure.kind !== 'retry') {
    return `profile ${mfaProfile} needs you: ${withHint(failure)}`
  }
  if (!typed || expiration === undefined || expiration.getTime() > now.getTime() + clockOffsetMs) return undefined
  return `profile ${mfaProfile} has expired, type a code: awsmfa --mfa-profile-name ${mfaProfile} CODE`
}

/** What of a failure is told. */
interface Told {
  readonly message: string
  readonly hints: readonly string[]
}

/** In one line: what happened, and the first thing to do about it. */
function withHint({ message, hints: [hint] }: Told): string {
  return hint === undefined ? message : `${message}; hint: ${hint}`
}

/** It goes straight to a terminal, so it passes what everything passes that is said. */
function attentionLine(text: string): string {
  return `awsmfa: ${harmless(text)} (more: awsmfa status)`
}
