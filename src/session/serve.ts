import type { Session } from '../core/session.js'
import { attempt, Failure } from '../errors.js'
import { recordFailure, updateStamp } from '../runs/outcome.js'
import { chooseEnrolment, defaultMfaProfile, notEnrolled } from './choose.js'
import type { OpenSource } from './codes/codeSource.js'
import type { Enrolment } from './enrolment.js'
import { expectPossible } from './freshness.js'
import type { AwsProfiles } from './profiles.js'
import type { Run } from './run.js'

/*
 * The session for other programs. How it is renewed is none of their business: sessionFor.ts.
 */

/** How much must be left of a session that is handed out. */
export interface Least {
  /** by the person's flag */
  readonly asked?: number | undefined
  /** when nothing was asked for */
  readonly usual: number
}

/**
 * The enrolment that is served: the one that is named, else `mfa`, so that a second enrolment changes nothing for the lines
 * that people have written down, else the only one.
 *
 * @throws Failure `act` when it is not enrolled, or a program gives the profile's credentials as well; `usage` when there
 * are several and none is named
 */
export function chooseServed(profiles: AwsProfiles, mfaProfile: string | undefined): Enrolment {
  const usual = profiles.enrolled().includes(defaultMfaProfile) ? defaultMfaProfile : undefined
  const enrolment = chooseEnrolment(profiles, mfaProfile ?? usual)
  if (profiles.merged(enrolment.mfaProfile).credential_process === undefined) return enrolment
  const name = enrolment.mfaProfile
  throw new Failure('act', `profile ${name} holds the session and a credential_process line as well`, [
    `most programs take the keys and never start the process, others the opposite: move the line into a profile of its own, say ${name}-process`,
  ])
}

/**
 * How many seconds must be left. A session that lasts no longer than that would never do: what is left of half of it does
 * then.
 *
 * @throws Failure `usage` when so much was asked for that every run would spend a code
 */
export function leastSeconds(enrolment: Enrolment, { asked, usual }: Least): number {
  const { durationSeconds } = enrolment
  expectPossible(enrolment, asked)
  return asked ?? (usual < durationSeconds ? usual : durationSeconds / 2)
}

/**
 * The session of an enrolment with at least so much left: the one in the file, or a new one.
 *
 * @param patienceMs - see {@link sessionFor}
 * @throws Failure that is kept for `status`, when nobody watches
 */
export async function serve(
  run: Run,
  enrolment: Enrolment,
  minRemainingSeconds: number,
  patienceMs?: number,
): Promise<Session> {
  const { mfaProfile, durationSeconds } = enrolment
  const fresh = () =>
    run.isFresh(mfaProfile, durationSeconds, minRemainingSeconds)
      ? run.standing(mfaProfile, durationSeconds).session
      : undefined
  const session = fresh()
  if (session !== undefined) return session
  try {
    // What renews is loaded when something is due only.
    const { sessionFor } = await import('./sessionFor.js')
    const source = await typedCode(run, enrolment)
    const served = await sessionFor(run, {
      enrolments: (profiles) => [profiles.enrolment(mfaProfile)].flatMap((each) => each ?? []),
      minRemainingSeconds,
      patienceMs,
      ...(source === undefined ? {} : { source }),
    })
    if (served.session !== undefined) return served.session
    throw notEnrolled(run.profiles ?? (await run.read()), mfaProfile, 'it was until a moment ago: awsmfa status')
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    // Of many runs at once one renews, and the last of them may have waited for too long.
    const renewed = (await attempt(() => run.read())) instanceof Failure ? undefined : fresh()
    if (renewed !== undefined) return renewed
    await recordFailure(run, [mfaProfile], error, true)
    throw error
  } finally {
    await updateStamp(run)
  }
}

/** The code of a hardware token, asked for when all else is known to work. */
async function typedCode(run: Run, enrolment: Enrolment): Promise<OpenSource | undefined> {
  const { mfaProfile, serialNumber, codes } = enrolment
  if (codes.kind !== 'none' || !run.world.terminal.interactive) return undefined
  const [{ askCode }, { passGate }, { rehearse }] = await Promise.all([
    import('./askCode.js'),
    import('./gate.js'),
    import('./write.js'),
  ])
  const profiles = await run.read()
  passGate(profiles, enrolment)
  await rehearse(run, profiles, [enrolment])
  return { typed: await askCode(run.world, `code of ${serialNumber} for profile ${mfaProfile}:`) }
}
