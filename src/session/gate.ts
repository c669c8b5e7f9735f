import type { Profile } from '../core/awsFile.js'
import type { AwsFileKind } from '../core/awsFileScan.js'
import { expectKeyShape, similarProfile } from '../core/profile.js'
import type { Role } from '../core/role.js'
import { LongTermKeys } from '../core/session.js'
import { Failure } from '../errors.js'
import { type Enrolment, isEnrolment } from './enrolment.js'
import type { AwsProfiles } from './profiles.js'
import { type KeySource, keyPlace } from './sourceKeys.js'

/*
 * The one gate that everything passes before a profile is written or a code is spent: enroll, refresh, manual mode, import.
 */

/**
 * @returns where the long-term keys are that sign for an enrolment
 * @throws Failure `act` when its MFA profile may not be written, or its source profile holds no usable keys
 */
export function passGate(
  profiles: AwsProfiles,
  { mfaProfile, sourceProfile, role }: Pick<Enrolment, 'mfaProfile' | 'sourceProfile' | 'role'>,
): KeySource {
  if (mfaProfile === sourceProfile) {
    throw new Failure('act', `profile ${mfaProfile} cannot be the source profile and the MFA profile at once`, [
      'a session written there would replace the long-term keys: name another with --mfa-profile-name',
    ])
  }
  const { credentials, config } = bothFiles(profiles, mfaProfile)
  for (const [keys, file] of [
    [credentials, 'credentials'],
    [config, 'config'],
  ] as const) {
    if (keys?.aws_access_key_id === undefined || isTemporary(keys)) continue
    throw new Failure(
      'act',
      `MFA profile ${mfaProfile} holds long-term keys in ${profiles.path(file)}, and awsmfa will not overwrite them`,
      ['name another profile with --mfa-profile-name, or move those keys to a profile of their own'],
    )
  }
  expectNoOtherWay(profiles, mfaProfile, sourceProfile, role)
  expectSameIdentity(config, mfaProfile, role)
  return sourceKeys(profiles, sourceProfile)
}

/**
 * What makes AWS's readers take something else than the session that stands in the profile. botocore asks assume-role,
 * web identity and SSO before the credentials file; other SDKs have other orders, and the Go SDK refuses `source_profile`
 * without `role_arn` (botocore/credentials.py, `create_credential_resolver`).
 */
const otherWays: readonly [key: RegExp, what: string][] = [
  [/^role_arn$/, 'a role profile'],
  [/^web_identity_token_file$/, 'a profile with a web identity'],
  [/^sso_/, 'an SSO profile'],
  [/^login_session$/, 'a profile of aws login'],
  [/^credential_process$/, 'a profile whose credentials come from a program'],
  [/^(source_profile|credential_source)$/, 'a profile that takes its credentials elsewhere'],
]

function expectNoOtherWay(profiles: AwsProfiles, mfaProfile: string, sourceProfile: string, role?: Role): void {
  const keys = profiles.merged(mfaProfile)
  for (const [pattern, what] of otherWays) {
    const key = Object.keys(keys).find((each) => pattern.test(each))
    if (key === undefined) continue
    throw new Failure('act', `profile ${mfaProfile} is ${what} (${key}): AWS's tools would not use a session there`, [
      role !== undefined
        ? `name one of its own with --mfa-profile-name, say ${mfaProfile}-session`
        : key === 'role_arn'
          ? `name another with --mfa-profile-name, say mfa, and write source_profile = mfa in [profile ${mfaProfile}], without mfa_serial`
          : `name another profile: awsmfa enroll --profile ${sourceProfile} --mfa-profile-name NAME`,
    ])
  }
}

/** Programs that use a profile must not become somebody else over night. */
function expectSameIdentity(keys: Profile | undefined, mfaProfile: string, role: Role | undefined): void {
  const { awsmfa_role_arn: enrolledRole } = keys ?? {}
  if (!isEnrolment(keys) || (enrolledRole === undefined) === (role === undefined)) return
  const what = enrolledRole === undefined ? "the user's own session" : `the role ${enrolledRole}`
  throw new Failure('usage', `profile ${mfaProfile} is enrolled for ${what}, and stays so`, [
    `name another with --mfa-profile-name, or end this one first: awsmfa unenroll --mfa-profile-name ${mfaProfile}`,
  ])
}

function bothFiles(profiles: AwsProfiles, profile: string): Record<'credentials' | 'config', Profile | undefined> {
  return { credentials: profiles.keys('credentials', profile), config: profiles.keys('config', profile) }
}

/**
 * The long-term keys of the source profile, and of no other: neither the environment nor a default chain counts. The AWS
 * CLI looks into the config file too, when the credentials file has none.
 *
 * @throws Failure `act` when there are none that can be used
 */
export function sourceKeys(profiles: AwsProfiles, profile: string): KeySource {
  const { credentials, config } = bothFiles(profiles, profile)
  const file = credentials?.aws_access_key_id === undefined && config?.aws_access_key_id ? 'config' : 'credentials'
  const path = profiles.path(file)
  const keys = file === 'config' ? config : credentials
  if (credentials === undefined && config === undefined) {
    const headers = { credentials: headersOf(profiles, 'credentials'), config: headersOf(profiles, 'config') }
    const similar = similarProfile(profile, headers)
    throw new Failure('act', `there is no source profile ${profile} in ${path}`, [
      ...(similar === undefined ? [] : [similar]),
      ...others(profiles),
      `put the user's long-term keys there: aws configure --profile ${profile}`,
    ])
  }
  const { aws_access_key_id: id = '', aws_secret_access_key: secret = '' } = keys ?? {}
  const place = id === '' && secret === '' ? keyPlace(profiles, profile) : undefined
  if (place !== undefined) return { sourceProfile: profile, place }
  if (id === '' || secret === '') {
    throw new Failure('act', `source profile ${profile} holds no long-term keys in ${path}`, [
      ...others(profiles),
      ...(isOfUser(profiles.settings(profile))
        ? keptElsewhere(profile)
        : [
            'it needs aws_access_key_id and aws_secret_access_key of an IAM user; roles and SSO have no use for awsmfa',
          ]),
    ])
  }
  if (isTemporary(keys)) {
    throw new Failure(
      'act',
      `source profile ${profile} holds temporary keys, and AWS gives sessions to long-term keys only`,
      [...others(profiles), 'the long-term ones are those whose aws_access_key_id starts with AKIA'],
    )
  }
  expectKeyShape(profile, id, secret, path)
  return { file, keys: new LongTermKeys(id, secret) }
}

/** Whether nothing says that a profile is a role's, or has SSO's word. */
function isOfUser(keys: Profile): boolean {
  return !Object.keys(keys).some((key) => /^(role_arn|sso_\w+|web_identity_token_file|login_session)$/.test(key))
}

/**
 * What to do about the keys of a user that no file holds.
 *
 * @see https://github.com/99designs/aws-vault (cli/export.go)
 */
export function keptElsewhere(profile: string): readonly string[] {
  return [
    `put aws_access_key_id and aws_secret_access_key of the IAM user there: aws configure --profile ${profile}`,
    `where aws-vault keeps them, out of the reach of other programs, it shows them to you: aws-vault export --no-session ${profile}`,
  ]
}

function headersOf(profiles: AwsProfiles, kind: AwsFileKind): readonly string[] {
  return profiles.file(kind).sections.map(({ name }) => name)
}

/** The profiles that do hold long-term keys, as the first hint: most often it is the one that was meant. */
function others(profiles: AwsProfiles): readonly string[] {
  const found = profiles.names('credentials').filter((name) => {
    const keys = profiles.keys('credentials', name)
    return keys?.aws_access_key_id !== undefined && keys.aws_secret_access_key !== undefined && !isTemporary(keys)
  })
  if (found.length === 0) return []
  const names = found.slice(0, 5).join(', ')
  const flag = found.length === 1 ? `add --profile ${names}` : 'name one with --profile'
  return [`long-term keys are in profile ${names}: ${flag} (awsmfa does not go by AWS_PROFILE)`]
}

function isTemporary(keys: Profile | undefined): boolean {
  return (
    keys?.aws_access_key_id?.startsWith('ASIA') === true || Boolean(keys?.aws_session_token ?? keys?.aws_security_token)
  )
}
