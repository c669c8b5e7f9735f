import type { Profile } from '../core/awsFile.js'
import type { WrittenSession } from '../core/news.js'
import { lateMinutes } from '../core/schedule/job.js'
import { Session } from '../core/session.js'
import { formatInstant, parseInstant } from '../core/time.js'
import { Failure } from '../errors.js'

/*
 * What decides "fresh": refresh, the shells' stamp, status and the schedule's cautions all ask here. Pure.
 */

/** The session of a profile as it stands in the credentials file. */
export interface Standing {
  /** `undefined` when there is no session, or none that can be believed */
  readonly session: Session | undefined
  /** how long it was good for when it was new, as far as that is known */
  readonly lifeSeconds: number
  /** it seems to last longer than AWS made it for: this machine's clock was set back since */
  readonly doubtful?: true
}

/** GetSessionToken gives 36 hours at most (AWS STS API reference), and two clocks differ a little. */
const longestSeconds = 129_600 + 300
/** How far a clock may be off before a remainder shows it: the answer of a renewal corrects it. */
const clockSlackSeconds = 300

/**
 * Reads a profile's session. awsmfa writes `x_security_token_expires`; the other names are those of tools that people come
 * from (saml2aws, aws-mfa and others), read so that a good session is kept.
 *
 * Nothing is believed that cannot be: values that no answer of STS has (a tool that rewrote the file put quotes round
 * them), a longer remainder than any session's, and what is not what awsmfa wrote although it claims to end at the same
 * second.
 *
 * @param keys - the profile's keys in the credentials file
 * @param durationSeconds - what is asked for
 * @param now - at AWS's clock
 * @param written - what awsmfa wrote there last
 */
export function standing(
  keys: Profile | undefined,
  durationSeconds: number,
  now: Date,
  written?: WrittenSession,
): Standing {
  const session = readSession(keys)
  if (session === undefined || session.expiration.getTime() - now.getTime() > longestSeconds * 1000) {
    return { session: undefined, lifeSeconds: durationSeconds }
  }
  if (written?.expiration !== formatInstant(session.expiration)) return { session, lifeSeconds: durationSeconds }
  const lifeSeconds = written.seconds
  if (written.print !== fingerprint(session)) return { session: undefined, lifeSeconds }
  const doubtful = secondsLeft(session, now) > lifeSeconds + clockSlackSeconds
  return { session, lifeSeconds, ...(doubtful ? { doubtful } : {}) }
}

function readSession(keys: Profile | undefined): Session | undefined {
  const { aws_access_key_id: id = '', aws_secret_access_key: secret = '', aws_session_token: token = '' } = keys ?? {}
  const text = keys?.x_security_token_expires ?? keys?.aws_session_expiration ?? keys?.expiration
  const expiration = text === undefined ? undefined : parseInstant(text)
  const possible = [id, secret, token].every((value) => /^[ -~]+$/.test(value) && !/["'#;]/.test(value))
  return possible && expiration !== undefined ? new Session(id, secret, token, expiration) : undefined
}

/** Seconds until a session ends; 0 when it has ended or there is none. */
export function secondsLeft(session: Pick<Session, 'expiration'> | undefined, now: Date): number {
  return session === undefined ? 0 : Math.max(0, Math.floor((session.expiration.getTime() - now.getTime()) / 1000))
}

/**
 * How much must be left of a session that need not be renewed. Half of its life: programs do not read the file again while
 * they run, so those that start should find a long remainder. Where a schedule renews it, it must outlast the next run, too;
 * a life that is too short for that cannot be helped.
 *
 * @param everyMinutes - the schedule's period
 */
export function enoughSeconds(lifeSeconds: number, everyMinutes: number | undefined): number {
  if (everyMinutes === undefined || !canOutlast(lifeSeconds, everyMinutes)) return lifeSeconds / 2
  return Math.max(lifeSeconds / 2, untilNextRun(everyMinutes))
}

/** Whether a new session lasts until a schedule's next run, so that it need never run out between two. */
export function canOutlast(lifeSeconds: number, everyMinutes: number): boolean {
  return lifeSeconds > untilNextRun(everyMinutes)
}

function untilNextRun(everyMinutes: number): number {
  return (everyMinutes + lateMinutes) * 60
}

/**
 * Refuses to be asked for more than any session of an enrolment can have left.
 *
 * @param askedSeconds - by the person's flag
 * @throws Failure `usage`
 */
export function expectPossible(
  { mfaProfile, durationSeconds }: { readonly mfaProfile: string; readonly durationSeconds: number },
  askedSeconds: number | undefined,
): void {
  if ((askedSeconds ?? 0) < durationSeconds) return
  throw new Failure(
    'usage',
    `--min-remaining is not less than the ${durationSeconds} seconds that profile ${mfaProfile} lasts`,
    ['no session could ever be fresh, and every run would spend a code: give a shorter time'],
  )
}

/** When a session is to be renewed, by the clock that its end is told by; the epoch when there is none. */
export function dueAt({ session, lifeSeconds, doubtful }: Standing, everyMinutes: number | undefined): Date {
  const endMs = doubtful ? undefined : session?.expiration.getTime()
  return new Date(endMs === undefined ? 0 : Math.max(0, endMs - enoughSeconds(lifeSeconds, everyMinutes) * 1000))
}

/** @param minRemainingSeconds - instead of the rule */
export function isFresh(
  standing: Standing,
  now: Date,
  everyMinutes: number | undefined,
  minRemainingSeconds?: number,
): boolean {
  const { session, lifeSeconds, doubtful = false } = standing
  if (doubtful) return false
  // More than AWS ever gives is not worth a code at every run.
  const asked = minRemainingSeconds ?? Number.POSITIVE_INFINITY
  const enough = asked >= lifeSeconds + 600 ? enoughSeconds(lifeSeconds, everyMinutes) : asked
  return secondsLeft(session, now) > enough
}

/**
 * A short print of a session, by which damage is seen (FNV-1a with 52 bits of two halves, http://isthe.com/chongo/tech/comp/fnv/).
 * No secret can be had from it, and it is not meant to withstand anybody: whoever could forge it could write the file.
 */
export function fingerprint(session: Session): string {
  const { accessKeyId, secretAccessKey, sessionToken } = session.reveal()
  let [one, other] = [0x811c9dc5, 0x01000193]
  for (const character of `${accessKeyId}\n${secretAccessKey}\n${sessionToken}`) {
    one = Math.imul(one ^ character.charCodeAt(0), 0x01000193)
    other = Math.imul(other ^ character.charCodeAt(0), 0x5bd1e995)
  }
  return (one >>> 6).toString(16).padStart(7, '0') + (other >>> 6).toString(16).padStart(7, '0')
}
