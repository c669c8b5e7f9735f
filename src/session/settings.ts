import { defaultDurationSeconds } from '../core/duration.js'
import { codeOriginOf, type Enrolment } from '../core/enrolment.js'
import { parseSerialNumber } from '../core/serialNumber.js'
import { Failure } from '../errors.js'
import type { AwsProfiles } from './awsProfiles.js'

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
 * The serial number to use for an MFA profile: the flag, else `mfa_serial` of the MFA profile, else that of the source
 * profile.
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
    const found = profiles.setting(profile, 'mfa_serial')
    if (found !== undefined) return parseSerialNumber(found, `mfa_serial of profile ${profile}`, 'act')
  }
  return undefined
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
    throw new Failure('usage', `--serial-number is required: no MFA device is known for profile ${mfaProfile}`, [
      'give the ARN of the device, arn:aws:iam::123456789012:mfa/NAME, once; awsmfa remembers it',
    ])
  }
  const facts = {
    mfaProfile,
    sourceProfile,
    serialNumber,
    durationSeconds: flags.durationSeconds ?? before?.durationSeconds ?? defaultDurationSeconds,
  }
  const mfaProcess = profiles.mfaProcess(mfaProfile, sourceProfile)
  if (before === undefined && mfaProcess) return { ...facts, seedStore: 'process', mfaProcess }
  // A seed, or a command, belongs to its device: for another serial number there is none.
  if (before?.serialNumber !== serialNumber) return { ...facts, seedStore: 'none' }
  return { ...facts, ...codeOriginOf(before) }
}
