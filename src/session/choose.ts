import { parseSerialNumber } from '../core/iam.js'
import { similarProfile } from '../core/profile.js'
import { parseRoleSeconds } from '../core/role.js'
import { attempt, Failure } from '../errors.js'
import { defaultSeconds, type Enrolment } from './enrolment.js'
import type { AwsProfiles } from './profiles.js'

/** The profile that is written when nothing else is said. */
export const defaultMfaProfile = 'mfa'
/** The profile that holds the long-term keys when nothing else is said. */
export const defaultSourceProfile = 'default'

/** Settings as flags; each absent one falls back to what the files remember. */
export interface Settings {
  readonly sourceProfile?: string | undefined
  readonly serialNumber?: string | undefined
  readonly durationSeconds?: number | undefined
}

/**
 * The enrolment that a command is about: the one that is named, or the only one.
 *
 * @throws Failure `act` when it is not enrolled, `usage` when there are several and none is named
 */
export function chooseEnrolment(profiles: AwsProfiles, mfaProfile: string | undefined): Enrolment {
  const name = chooseEnrolled(profiles, mfaProfile)
  const enrolment = profiles.enrolment(name)
  if (enrolment !== undefined) return enrolment
  throw notEnrolled(profiles, name, 'awsmfa status shows what is')
}

/** @param otherwise - the hint when no enrolled profile has a name like it */
export function notEnrolled(profiles: AwsProfiles, name: string, otherwise: string): Failure {
  const [similar = otherwise] = similarTo(profiles, name)
  return new Failure('act', `MFA profile ${name} is not enrolled`, similar)
}

/** A hint for whoever named a profile almost as one that is enrolled. */
function similarTo(profiles: AwsProfiles, name: string): string[] {
  const found = similarProfile(name, { credentials: [], config: profiles.enrolled().map((each) => `profile ${each}`) })
  return found === undefined ? [] : [found]
}

/** The name of {@link chooseEnrolment}'s enrolment, whether its settings can be used or not. */
export function chooseEnrolled(profiles: AwsProfiles, mfaProfile: string | undefined): string {
  const enrolled = profiles.enrolled()
  const [only, another] = enrolled
  const name = mfaProfile ?? (another === undefined ? only : undefined)
  if (name !== undefined) return name
  throw enrolled.length === 0
    ? new Failure('act', 'no MFA profile is enrolled', firstStep)
    : new Failure(
        'usage',
        `several MFA profiles are enrolled: ${enrolled.join(', ')}`,
        'name one with --mfa-profile-name',
      )
}

/** What to do where nothing is enrolled, in the one form that every command has. */
export const firstStep =
  'awsmfa enroll --create makes a device for this machine, awsmfa enroll takes the seed of one that you have'

/** What a profile is enrolled with now. A broken enrolment counts for none: enrolling anew is how it is mended. */
export async function usableEnrolment(profiles: AwsProfiles, mfaProfile: string): Promise<Enrolment | undefined> {
  const found = await attempt(async () => profiles.enrolment(mfaProfile))
  return found instanceof Failure ? undefined : found
}

/**
 * The serial number to use for an MFA profile: the flag, else `mfa_serial` of the MFA profile, else that of the source
 * profile, its `aws_mfa_device` (aws-mfa's word), or the one that every role on top of it names.
 *
 * @returns `undefined` when nobody has said it yet
 * @throws Failure when what was said cannot be a serial number
 */
export function serialNumberOf(
  profiles: AwsProfiles,
  mfaProfile: string,
  sourceProfile: string,
  flag: string | undefined,
): string | undefined {
  if (flag !== undefined) return parseSerialNumber(flag, '--serial-number')
  for (const profile of [mfaProfile, sourceProfile]) {
    for (const key of profile === mfaProfile ? ['mfa_serial'] : ['mfa_serial', 'aws_mfa_device']) {
      const found = profiles.settings(profile)[key]
      if (found !== undefined) return parseSerialNumber(found, `${key} of profile ${profile}`, 'act')
    }
  }
  const above = profiles.namesWith('mfa_serial', 'include_profile').flatMap((name) => {
    const { mfa_serial } = profiles.settings(name)
    return mfa_serial !== undefined && profiles.chain(name).at(-1) === sourceProfile ? [mfa_serial] : []
  })
  const [only, another] = [...new Set(above)]
  if (only === undefined || another !== undefined) return undefined
  return parseSerialNumber(only, `mfa_serial of the roles on profile ${sourceProfile}`, 'act')
}

/**
 * What an MFA profile is enrolled with once the flags are laid over it; for a profile never enrolled, the flags over the
 * defaults, with codes that are typed, or from its `mfa_process`.
 *
 * @throws Failure `usage` when no serial number is known
 */
export function enrolmentWith(profiles: AwsProfiles, mfaProfile: string, flags: Settings): Enrolment {
  const before = profiles.enrolment(mfaProfile)
  const sourceProfile = flags.sourceProfile ?? before?.sourceProfile ?? defaultSourceProfile
  const serialNumber = serialNumberOf(profiles, mfaProfile, sourceProfile, flags.serialNumber)
  if (serialNumber === undefined) {
    const [first, ...others] = profiles.enrolled()
    throw new Failure('usage', `--serial-number is required: no MFA device is known for profile ${mfaProfile}`, [
      ...similarTo(profiles, mfaProfile),
      ...(first === undefined
        ? []
        : [`enrolled are ${[first, ...others].join(', ')}: for one of them add --mfa-profile-name ${first}`]),
      'give the ARN of the device, arn:aws:iam::123456789012:mfa/NAME, once; awsmfa remembers it',
    ])
  }
  const role = before?.role
  const durationSeconds = flags.durationSeconds ?? before?.durationSeconds ?? defaultSeconds(role)
  if (role !== undefined) parseRoleSeconds(durationSeconds, '--duration-seconds')
  const facts = { mfaProfile, sourceProfile, serialNumber, durationSeconds, ...(role === undefined ? {} : { role }) }
  const command = profiles.mfaProcess(mfaProfile, sourceProfile)
  if (before === undefined && command) return { ...facts, codes: { kind: 'process', command } }
  // A seed, or a command, belongs to its device: for another serial number there is none.
  return { ...facts, codes: before?.serialNumber === serialNumber ? before.codes : { kind: 'none' } }
}
