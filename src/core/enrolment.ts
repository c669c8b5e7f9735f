import { Failure } from '../errors.js'
import { defaultDurationSeconds, parseDurationSeconds } from './duration.js'
import { parseSerialNumber } from './serialNumber.js'

/** Where a device's codes come from: computed from a seed in the OS keychain, or typed by a person. */
export type SeedStore = 'keychain' | 'none'

/** What `[profile M]` in the config file says about one MFA profile. There is no other registry. */
export interface Enrolment {
  /** the profile that awsmfa writes */
  readonly mfaProfile: string
  /** the profile that holds the long-term keys */
  readonly sourceProfile: string
  readonly serialNumber: string
  readonly durationSeconds: number
  readonly seedStore: SeedStore
}

/** The keys of a config section that awsmfa owns. */
export const enrolmentKeys = [
  'mfa_serial',
  'awsmfa_source_profile',
  'awsmfa_duration_seconds',
  'awsmfa_seed_store',
  'awsmfa_notify',
] as const

/** The keys of a credentials section that awsmfa owns; the last is stale wherever it stands, and is removed. */
export const sessionKeys = [
  'aws_access_key_id',
  'aws_secret_access_key',
  'aws_session_token',
  'x_security_token_expires',
  'aws_security_token',
] as const

type Keys = Readonly<Record<string, string>>

/** Whether a config section is an enrolment. */
export function isEnrolment(keys: Keys | undefined): boolean {
  return keys?.awsmfa_source_profile !== undefined
}

/** Whether a profile's failures may raise desktop notifications: unless the person wrote `awsmfa_notify = off`. */
export function wantsNotifications(keys: Keys | undefined): boolean {
  return keys?.awsmfa_notify?.toLowerCase() !== 'off'
}

/**
 * Reads one enrolment.
 *
 * @param mfaProfile - the section's profile name
 * @param keys - the section's keys
 * @param configPath - for the messages
 * @throws Failure `act` when a key is missing or its value is not possible
 */
export function readEnrolment(mfaProfile: string, keys: Keys, configPath: string): Enrolment {
  const origin = (key: string) => `${key} of profile ${mfaProfile} in ${configPath}`
  const sourceProfile = keys.awsmfa_source_profile ?? ''
  if (sourceProfile === '') {
    throw new Failure(
      'act',
      `${origin('awsmfa_source_profile')} is empty`,
      'name the profile with the long-term keys there',
    )
  }
  if (keys.mfa_serial === undefined || keys.mfa_serial === '') {
    throw new Failure(
      'act',
      `${origin('mfa_serial')} is missing`,
      `run: awsmfa enroll --mfa-profile-name ${mfaProfile}`,
    )
  }
  const seedStore = keys.awsmfa_seed_store ?? 'keychain'
  if (seedStore !== 'keychain' && seedStore !== 'none') {
    throw new Failure(
      'act',
      `${origin('awsmfa_seed_store')} is '${seedStore}'`,
      'it may be keychain (the default) or none',
    )
  }
  return {
    mfaProfile,
    sourceProfile,
    serialNumber: parseSerialNumber(keys.mfa_serial, origin('mfa_serial'), 'act'),
    durationSeconds:
      keys.awsmfa_duration_seconds === undefined
        ? defaultDurationSeconds
        : parseDurationSeconds(keys.awsmfa_duration_seconds, origin('awsmfa_duration_seconds'), 'act'),
    seedStore,
  }
}

/** The keys of {@link enrolmentKeys} that awsmfa writes itself; the others are the person's word and stay. */
type WrittenKey = Exclude<(typeof enrolmentKeys)[number], 'awsmfa_notify'>

/** The config keys that say `enrolment`; defaults are absent keys, so that the section stays short. */
export function enrolmentChanges(enrolment: Enrolment): Record<WrittenKey, string | undefined> {
  const { durationSeconds, seedStore } = enrolment
  return {
    mfa_serial: enrolment.serialNumber,
    awsmfa_source_profile: enrolment.sourceProfile,
    awsmfa_duration_seconds: durationSeconds === defaultDurationSeconds ? undefined : String(durationSeconds),
    awsmfa_seed_store: seedStore === 'keychain' ? undefined : seedStore,
  }
}
