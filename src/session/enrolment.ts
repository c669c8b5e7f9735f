import type { Changes, Profile } from '../core/awsFile.js'
import { parseSerialNumber } from '../core/iam.js'
import {
  longestChainedSeconds,
  parseExternalId,
  parseRoleArn,
  parseRoleSeconds,
  parseSessionName,
  type Role,
} from '../core/role.js'
import { defaultDurationSeconds, parseDurationSeconds } from '../core/time.js'
import { Failure } from '../errors.js'
import type { CodeSource } from './codes/codeSource.js'
import { asksItself } from './codes/program.js'
import { codeSourceKeys, readCodeSource, writeCodeSource } from './codes/table.js'

/** What `[profile M]` in the config file says about one MFA profile. There is no other registry. */
export interface Enrolment {
  /** the profile that awsmfa writes */
  readonly mfaProfile: string
  /** the profile that holds the long-term keys */
  readonly sourceProfile: string
  readonly serialNumber: string
  readonly durationSeconds: number
  readonly codes: CodeSource
  /** absent: the session is the user's own */
  readonly role?: Role
  /** what a section that awsmfa makes gets as its region, instead of the source profile's; said once, kept nowhere else */
  readonly region?: string
}

/** The keys of a config section that awsmfa owns, once a profile is enrolled. */
export const enrolmentKeys: readonly string[] = [
  'mfa_serial',
  'awsmfa_source_profile',
  'awsmfa_duration_seconds',
  'awsmfa_role_arn',
  'awsmfa_role_session_name',
  'awsmfa_external_id',
  ...codeSourceKeys,
  'mfa_process',
  'awsmfa_created_device',
  'awsmfa_notify',
  'awsmfa_found',
]

/** The keys of a credentials section that awsmfa owns; the last is stale wherever it stands. */
export const sessionKeys: readonly string[] = [
  'aws_access_key_id',
  'aws_secret_access_key',
  'aws_session_token',
  'x_security_token_expires',
  'aws_security_token',
]

/** The key that makes a config section an enrolment. */
export const enrolmentMark = 'awsmfa_source_profile'

/** Whether a config section is an enrolment. */
export function isEnrolment(keys: Profile | undefined): boolean {
  return keys?.[enrolmentMark] !== undefined
}

/** Whether a profile's failures may raise desktop notifications: unless the person wrote `awsmfa_notify = off`. */
export function wantsNotifications(keys: Profile | undefined): boolean {
  return keys?.awsmfa_notify?.toLowerCase() !== 'off'
}

/**
 * Reads one enrolment.
 *
 * @param mfaProfile - the section's profile name
 * @param keys - the section's keys
 * @param configPath - for the messages
 * @param sourceMfaProcess - `mfa_process` of the source profile, which counts when the MFA profile has none
 * @throws Failure `act` when a key is missing or its value is not possible
 */
export function readEnrolment(
  mfaProfile: string,
  keys: Profile,
  configPath: string,
  sourceMfaProcess?: string,
): Enrolment {
  const origin = (key: string) => `${key} of profile ${mfaProfile} in ${configPath}`
  const { awsmfa_source_profile: sourceProfile, mfa_serial: serialNumber, awsmfa_duration_seconds: duration } = keys
  if (!sourceProfile) {
    throw new Failure(
      'act',
      `${origin('awsmfa_source_profile')} is empty`,
      'name the profile with the long-term keys there',
    )
  }
  if (!serialNumber) {
    throw new Failure(
      'act',
      `${origin('mfa_serial')} is missing`,
      `run: awsmfa enroll --mfa-profile-name ${mfaProfile}`,
    )
  }
  const role = readRole(keys, origin)
  const durationOrigin = origin('awsmfa_duration_seconds')
  const durationSeconds =
    duration === undefined ? defaultSeconds(role) : parseDurationSeconds(duration, durationOrigin, 'act')
  if (role !== undefined) parseRoleSeconds(durationSeconds, durationOrigin, 'act')
  return {
    mfaProfile,
    sourceProfile,
    serialNumber: parseSerialNumber(serialNumber, origin('mfa_serial'), 'act'),
    durationSeconds,
    ...(role === undefined ? {} : { role }),
    codes: readCodeSource({ keys, origin, mfaProcess: chooseMfaProcess(keys.mfa_process, sourceMfaProcess) }),
  }
}

function readRole(keys: Profile, origin: (key: string) => string): Role | undefined {
  const { awsmfa_role_arn: arn, awsmfa_role_session_name: sessionName, awsmfa_external_id: externalId } = keys
  if (arn === undefined) return undefined
  return {
    arn: parseRoleArn(arn, origin('awsmfa_role_arn'), 'act'),
    ...(sessionName && { sessionName: parseSessionName(sessionName, origin('awsmfa_role_session_name'), 'act') }),
    ...(externalId && { externalId: parseExternalId(externalId, origin('awsmfa_external_id'), 'act') }),
  }
}

/** How long sessions last when nobody says it: as long as AWS lets every role, and every user. */
export function defaultSeconds(role: Role | undefined): number {
  return role === undefined ? defaultDurationSeconds : longestChainedSeconds
}

/**
 * The command that prints codes: the MFA profile's own, else its source profile's. `awsmfa code` is what people write there
 * for aws-vault; for us it would be to wait for ourselves.
 */
export function chooseMfaProcess(own: string | undefined, source: string | undefined): string | undefined {
  return [own, source].find((command) => command !== undefined && !asksItself(command))
}

/**
 * The config keys that say `enrolment`; defaults are absent keys, so that the section stays short.
 *
 * @param before - the keys of the section so far; `undefined` when awsmfa is to make it
 * @param mfaProcess - as the MFA profile or its source profile says now
 */
export function enrolmentChanges(enrolment: Enrolment, before: Profile | undefined, mfaProcess?: string): Changes {
  const { serialNumber, sourceProfile, durationSeconds, codes, role } = enrolment
  return {
    mfa_serial: serialNumber,
    awsmfa_source_profile: sourceProfile,
    awsmfa_duration_seconds: durationSeconds === defaultSeconds(role) ? undefined : String(durationSeconds),
    awsmfa_role_arn: role?.arn,
    awsmfa_role_session_name: role?.sessionName,
    awsmfa_external_id: role?.externalId,
    ...writeCodeSource(codes, mfaProcess),
    ...(before === undefined || isEnrolment(before) ? {} : foundIn(before)),
  }
}

/** Remembers what stood in a section before awsmfa came and has the name of a key of its own: it stays when awsmfa goes. */
function foundIn(before: Profile): Changes {
  const found = ['mfa_serial', 'mfa_process'].filter((key) => before[key] !== undefined)
  return found.length === 0 ? {} : { awsmfa_found: found.join(' ') }
}

/**
 * The config keys that go when an enrolment ends.
 *
 * @param keys - the section's
 * @param copied - keys that awsmfa may have copied from the source profile when it made the section
 */
export function keysToForget(keys: Profile | undefined, copied: readonly string[]): readonly string[] {
  const found = keys?.awsmfa_found?.split(' ') ?? []
  return [...enrolmentKeys, ...copied].filter((key) => !found.includes(key))
}
