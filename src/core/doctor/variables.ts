import { type Check, ok, warn } from './check.js'

/** Which profiles there are. */
export interface ProfileNames {
  readonly mfaProfiles: readonly string[]
  /** those that take their keys from an MFA profile */
  readonly roleProfiles: readonly string[]
}

/**
 * Whether variables of the shell keep other tools from the MFA profile. awsmfa itself does not look at them: it takes the
 * keys of the source profile and of no other.
 *
 * The AWS CLI and SDKs take keys in the environment before a profile that AWS_PROFILE names, while `--profile` counts more
 * (https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html).
 */
export function checkVariables(
  env: Readonly<Record<string, string | undefined>>,
  { mfaProfiles, roleProfiles }: ProfileNames,
): readonly Check[] {
  const [mfaProfile = 'mfa'] = mfaProfiles
  const checks: Check[] = []
  const keys = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'].filter((name) => env[name])
  if (keys.length > 0) {
    const many = keys.length > 1
    checks.push(
      warn(
        'keys-in-environment',
        `${keys.join(', ')} ${many ? 'are' : 'is'} set: tools take ${many ? 'them' : 'it'} instead of the profile that AWS_PROFILE names`,
        `unset ${keys.join(' ')}`,
      ),
    )
  }
  const good = [...mfaProfiles, ...roleProfiles]
  for (const name of ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE']) {
    const value = env[name]
    if (!value || good.includes(value)) continue
    checks.push(
      warn(
        'profile-in-environment',
        `${name} is ${value}, so tools without --profile do not use the session`,
        `export ${name}=${mfaProfile}, or give --profile ${mfaProfile} to each of them`,
      ),
    )
  }
  const { AWS_PROFILE: profile, AWS_DEFAULT_PROFILE: other } = env
  if (profile && other && profile !== other) {
    checks.push(
      warn(
        'profile-in-environment',
        `AWS_PROFILE and AWS_DEFAULT_PROFILE differ, and the AWS CLI 2 and boto3 do not take the same one first`,
        'unset AWS_DEFAULT_PROFILE',
      ),
    )
  }
  return checks.length > 0 ? checks : [ok('environment', 'no variable keeps other tools from the MFA profile')]
}
