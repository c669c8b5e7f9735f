import { isChained } from '../core/role.js'
import type { Session } from '../core/session.js'
import { attempt, Failure } from '../errors.js'
import { firstStep, usableEnrolment } from './choose.js'
import type { Enrolment } from './enrolment.js'
import type { AwsProfiles } from './profiles.js'
import type { Run } from './run.js'

/** What must be left of an MFA session that a role is taken with: AWS looks at it once. */
export const enoughForCalls = 300

/**
 * The enrolment of the user's own session, with which a role of up to an hour is taken.
 *
 * @throws Failure `act` when the source profile has none
 */
export async function baseOf(profiles: AwsProfiles, role: Enrolment): Promise<Enrolment> {
  const all = (await enrolmentsOf(profiles, role.sourceProfile)).filter((each) => each.role === undefined)
  const found = all.find(({ serialNumber }) => serialNumber === role.serialNumber) ?? all[0]
  if (found !== undefined) return found
  const { mfaProfile, sourceProfile } = role
  throw new Failure(
    'act',
    `profile ${mfaProfile} takes its role with the MFA session of source profile ${sourceProfile}`,
    [
      `no profile is enrolled for that: awsmfa enroll --profile ${sourceProfile} --mfa-profile-name mfa`,
      'or take the role with a code of its own, for longer than an hour: --duration-seconds 7200',
    ],
  )
}

/** The session that is good for taking a role; `undefined` when it has to be renewed first. */
export function baseSession(run: Run, { mfaProfile, durationSeconds }: Enrolment): Session | undefined {
  if (!run.isFresh(mfaProfile, durationSeconds, enoughForCalls)) return undefined
  return run.standing(mfaProfile, durationSeconds).session
}

/**
 * The enrolment whose device a role profile shares.
 *
 * @param serialNumber - when a device is named
 * @throws Failure `act` when none is enrolled for these keys
 */
export async function deviceOf(
  profiles: AwsProfiles,
  sourceProfile: string,
  serialNumber: string | undefined,
): Promise<Enrolment> {
  const all = await enrolmentsOf(profiles, sourceProfile)
  const found = all.filter((each) => serialNumber === undefined || each.serialNumber === serialNumber)
  const first = found.find(({ role }) => role === undefined) ?? found[0]
  if (first !== undefined) return first
  const device = serialNumber === undefined ? 'no MFA device is' : `${serialNumber} is not`
  throw new Failure('act', `${device} enrolled for source profile ${sourceProfile}, and a role is taken with one`, [
    `${firstStep}; add --profile ${sourceProfile}`,
  ])
}

async function enrolmentsOf(profiles: AwsProfiles, sourceProfile: string): Promise<readonly Enrolment[]> {
  const found: Enrolment[] = []
  for (const name of profiles.enrolled()) {
    const enrolment = await usableEnrolment(profiles, name)
    if (enrolment?.sourceProfile === sourceProfile) found.push(enrolment)
  }
  return found
}

/** Whether the next renewal of a profile needs a code of its device: a role of up to an hour does not, while its MFA session lasts. */
export async function needsCode(run: Run, profiles: AwsProfiles, enrolment: Enrolment): Promise<boolean> {
  if (!isChained(enrolment)) return true
  const base = await attempt(() => baseOf(profiles, enrolment))
  return !(base instanceof Failure) && baseSession(run, base) === undefined
}
