import { Failure } from '../errors.js'
import { LongTermKeys } from './session.js'

type Keys = Readonly<Record<string, string>>

/**
 * The long-term keys of the source profile, and of no other: neither the environment nor a default chain counts.
 *
 * @param profile - the source profile's name
 * @param credentials - its keys in the credentials file
 * @param config - its keys in the config file, where the AWS CLI looks too
 * @param credentialsPath - for the messages
 * @throws Failure `act` when it is missing, incomplete, or holds something else than long-term keys
 */
export function sourceKeys(
  profile: string,
  credentials: Keys | undefined,
  config: Keys | undefined,
  credentialsPath: string,
): LongTermKeys {
  const keys =
    credentials?.aws_access_key_id === undefined && config?.aws_access_key_id !== undefined ? config : credentials
  if (keys === undefined && config === undefined) {
    throw new Failure('act', `there is no source profile ${profile} in ${credentialsPath}`, [
      `put the user's long-term keys there (aws configure --profile ${profile}), or name another with --profile`,
    ])
  }
  const id = keys?.aws_access_key_id ?? ''
  const secret = keys?.aws_secret_access_key ?? ''
  if (id === '' || secret === '') {
    throw new Failure('act', `source profile ${profile} holds no long-term keys in ${credentialsPath}`, [
      'it needs aws_access_key_id and aws_secret_access_key of an IAM user; roles and SSO have no use for awsmfa',
    ])
  }
  if (isTemporary(keys)) {
    throw new Failure(
      'act',
      `source profile ${profile} holds temporary keys, and AWS gives sessions to long-term keys only`,
      ['name the profile whose aws_access_key_id starts with AKIA with --profile'],
    )
  }
  return new LongTermKeys(id, secret)
}

/**
 * Refuses an MFA profile that is the source profile, or that would lose somebody's long-term keys when a session is
 * written into it.
 *
 * @throws Failure `act`
 */
export function checkMfaProfile(
  profile: string,
  sourceProfile: string,
  credentials: Keys | undefined,
  credentialsPath: string,
): void {
  if (profile === sourceProfile) {
    throw new Failure('act', `profile ${profile} cannot be the source profile and the MFA profile at once`, [
      'a session written there would replace the long-term keys: name another with --mfa-profile-name',
    ])
  }
  if (credentials?.aws_access_key_id === undefined || isTemporary(credentials)) return
  throw new Failure(
    'act',
    `MFA profile ${profile} holds long-term keys in ${credentialsPath}, and awsmfa will not overwrite them`,
    ['name another profile with --mfa-profile-name, or move those keys to a profile of their own'],
  )
}

function isTemporary(keys: Keys | undefined): boolean {
  return (
    keys?.aws_access_key_id?.startsWith('ASIA') === true || Boolean(keys?.aws_session_token ?? keys?.aws_security_token)
  )
}
