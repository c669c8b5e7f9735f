import type { Profile } from '../core/awsFile.js'
import { parseExternalId, parseRoleArn, parseRoleSeconds, parseSessionName, type Role } from '../core/role.js'
import { parseDurationSeconds } from '../core/time.js'
import { Failure } from '../errors.js'
import { isEnrolment } from './enrolment.js'
import type { AwsProfiles } from './profiles.js'
import { hasKeys } from './sourceKeys.js'

/** What an existing role profile says of the sessions that tools get with it. */
export interface RoleProfile {
  readonly role: Role
  /** the profile of the long-term keys, at the end of its chain */
  readonly sourceProfile: string
  readonly serialNumber: string | undefined
  readonly durationSeconds: number | undefined
  readonly region: string | undefined
}

/**
 * Reads a profile with `role_arn` as botocore does (botocore/credentials.py, AssumeRoleProvider), and what aws-vault
 * includes in it.
 *
 * @throws Failure `act` when it is none, or takes its role in a way that needs no keys of a user
 */
export function readRoleProfile(profiles: AwsProfiles, name: string): RoleProfile {
  const keys = profiles.settings(name)
  const origin = (key: string) => `${key} of profile ${name}`
  if (keys.role_arn === undefined) {
    const what = profiles.keys('config', name) === undefined ? 'there is no' : 'no role_arn is in'
    throw new Failure('act', `${what} profile ${name} in ${profiles.path('config')}`, [
      'name a profile with role_arn and source_profile, or give the role itself with --role-arn',
    ])
  }
  const { role_session_name: sessionName, external_id: externalId, duration_seconds: duration, region } = keys
  return {
    role: {
      arn: parseRoleArn(keys.role_arn, origin('role_arn'), 'act'),
      ...(sessionName && { sessionName: parseSessionName(sessionName, origin('role_session_name'), 'act') }),
      ...(externalId && { externalId: parseExternalId(externalId, origin('external_id'), 'act') }),
    },
    sourceProfile: sourceOf(profiles, name, keys),
    serialNumber: keys.mfa_serial,
    durationSeconds: duration === undefined ? undefined : parseSeconds(duration, origin('duration_seconds')),
    region: region !== undefined && /^[a-z0-9-]+$/i.test(region) ? region : undefined,
  }
}

function parseSeconds(text: string, origin: string): number {
  return parseRoleSeconds(parseDurationSeconds(text, origin, 'act'), origin, 'act')
}

/** The profile whose keys take the role: `source_profile`, or where the MFA profile has its session from. */
function sourceOf(profiles: AwsProfiles, name: string, keys: Profile): string {
  const { source_profile: source } = keys
  if (source === undefined) {
    const [other] = ['credential_source', 'web_identity_token_file', 'credential_process'].filter((key) => keys[key])
    throw new Failure('act', `profile ${name} takes its role without a user's keys (${other ?? 'no source_profile'})`, [
      'awsmfa takes roles with the keys of a user and their MFA device: name the profile of the keys in source_profile',
    ])
  }
  const next = profiles.settings(source)
  const enrolled = profiles.keys('config', source)
  if (isEnrolment(enrolled) && enrolled?.awsmfa_role_arn === undefined) return enrolled?.awsmfa_source_profile ?? ''
  const isRole = enrolled?.awsmfa_role_arn !== undefined || (next.role_arn !== undefined && !hasKeys(next))
  if (!isRole || source === name) return source
  throw new Failure(
    'act',
    `profile ${name} takes its role with that of profile ${source}, and not with a user's keys`,
    [
      `keep that one fresh: awsmfa enroll --role-profile ${source} --mfa-profile-name ${source}-session`,
      `and write source_profile = ${source}-session in [profile ${name}]: tools then take the second role by themselves`,
    ],
  )
}
