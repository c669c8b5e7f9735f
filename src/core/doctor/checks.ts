import { sourceChain } from '../profile.js'
import { bad, type Check, ok, warn } from './check.js'

/** What AWS answered to one call. `denied`: nothing allows it; `forbidden`: a policy denies it by name. */
export type Permission = 'allowed' | 'denied' | 'forbidden'

/**
 * The call by which it is found out whether a policy asks for MFA: it changes nothing, its answer is not looked at, and
 * AWS's example policy "manage your own credentials with MFA" allows it with MFA only. GetUser and ListMFADevices would
 * not do: that policy exempts them
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_my-sec-creds-self-manage.html).
 */
const policyProbe = 'iam:ListAccessKeys'

/**
 * Whether the long-term key alone is really denied something that it may do with MFA. Without such a policy a thief of
 * the key needs no code.
 *
 * @param keyAlone - what the long-term key may do
 * @param session - what the session with MFA may do; `undefined` when there is none to compare with
 */
export function checkPolicy(keyAlone: Permission, session: Permission | undefined): Check {
  if (keyAlone === 'allowed') {
    return bad(
      'policy',
      `AWS allows ${policyProbe} to the long-term key alone: MFA protects nothing, unless a policy exempts just this call`,
      'have an administrator deny the user what is done without MFA, with BoolIfExists on aws:MultiFactorAuthPresent; SECURITY.md has the policy',
    )
  }
  if (session === undefined) {
    return warn(
      'policy',
      `${policyProbe} is denied to the long-term key alone; whether for want of MFA shows only beside a session`,
      'run awsmfa refresh, then awsmfa doctor again',
    )
  }
  if (session === 'allowed' || (keyAlone === 'forbidden' && session === 'denied')) {
    return ok('policy', `a policy asks for MFA: the long-term key alone is denied ${policyProbe}, the session is not`)
  }
  return warn(
    'policy',
    `${policyProbe} is denied with and without MFA, so awsmfa cannot tell whether a policy asks for MFA`,
    'see whether something that works with the MFA profile is denied with the source profile, such as aws s3 ls --profile',
  )
}

/**
 * AWS says which of the two it was
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html).
 *
 * @param message - of its AccessDenied
 */
export function denialIn(message: string): 'denied' | 'forbidden' {
  return /explicit deny/i.test(message) ? 'forbidden' : 'denied'
}

type Keys = Readonly<Record<string, string>>

/** AWS's limit for a role that is assumed with a session (role chaining). */
const longestChainedSeconds = 3600

/**
 * Whether the profiles that build on an MFA profile can work, and whether the MFA profile itself is one that every SDK
 * reads.
 *
 * @param own - the keys of the MFA profile in the config file
 * @param roles - those of each profile that assumes a role
 * @param kept - the roles that awsmfa keeps fresh
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
 */
export function checkRoles(
  mfaProfile: string,
  own: Keys,
  roles: Readonly<Record<string, Keys>>,
  kept: readonly string[] = [],
): readonly Check[] {
  const ours = rolesOn(mfaProfile, roles)
  const faults = ours.flatMap(([role, keys]) => checkRole(mfaProfile, role, keys))
  const good = ours.length > 0 && faults.length === 0
  return [
    ...checkOwnKeys(mfaProfile, own, roles, kept),
    ...faults,
    ...(good ? [ok('role', `profiles that build on it: ${ours.map(([role]) => role).join(', ')}`)] : []),
  ]
}

function checkOwnKeys(
  mfaProfile: string,
  own: Keys,
  roles: Readonly<Record<string, Keys>>,
  kept: readonly string[],
): Check[] {
  const checks: Check[] = []
  const { awsmfa_source_profile: sourceProfile = '', awsmfa_role_arn: role } = own
  const asking = askingRoles({ sourceProfile, role }, roles, kept)
  if (asking.length > 0) {
    const what = `tools still ask for a code for role profile ${asking.join(', ')}`
    checks.push(warn('asking-roles', what, cureOfAsking(mfaProfile, sourceProfile)))
  }
  if (own.source_profile !== undefined && own.role_arn === undefined) {
    const what = `profile ${mfaProfile} has source_profile without role_arn, which Terraform and other Go programs refuse`
    const cure = `remove source_profile from [profile ${mfaProfile}]; awsmfa goes by awsmfa_source_profile`
    checks.push(warn('source-profile-key', what, cure))
  }
  if (own.credential_process !== undefined) {
    const what = `profile ${mfaProfile} has credential_process too, and not every tool then takes the session`
    const cure = `remove it from [profile ${mfaProfile}], or move it to a profile of its own`
    checks.push(warn('credential-process-key', what, cure))
  }
  return checks
}

function checkRole(mfaProfile: string, role: string, { mfa_serial, duration_seconds }: Keys): Check[] {
  const checks: Check[] = []
  if (mfa_serial !== undefined) {
    const what = `profile ${role} builds on ${mfaProfile} and still has mfa_serial, so tools ask for a code again`
    checks.push(warn('role', what, `remove mfa_serial from [profile ${role}]: the session has MFA already`))
  }
  if (Number(duration_seconds) > longestChainedSeconds) {
    const what = `profile ${role} asks for ${duration_seconds} s, and AWS gives a role assumed with a session one hour at most`
    const cure = `remove duration_seconds from [profile ${role}], or set it to ${longestChainedSeconds}`
    checks.push(warn('role', what, cure))
  }
  return checks
}

/**
 * The role profiles beside an MFA profile, on the same keys, for which tools ask for a code of their own. Those are left out
 * whose role awsmfa keeps fresh in a profile of its own, and none is beside such a profile.
 *
 * @param kept - the roles that awsmfa keeps fresh
 */
export function askingRoles(
  { sourceProfile, role }: { sourceProfile: string; role?: unknown },
  roles: Readonly<Record<string, Keys>>,
  kept: readonly string[] = [],
): readonly string[] {
  if (role !== undefined) return []
  const keysOf = (name: string) => (Object.hasOwn(roles, name) && roles[name]) || {}
  return Object.entries(roles).flatMap(([name, { mfa_serial, role_arn = '' }]) => {
    if (name === sourceProfile || mfa_serial === undefined || kept.includes(role_arn)) return []
    return sourceChain(name, keysOf).at(-1) === sourceProfile ? [name] : []
  })
}

/** What to write, so that the MFA profile's session serves them too. */
export function cureOfAsking(mfaProfile: string, sourceProfile: string): string {
  return `to use the session of ${mfaProfile} there, set source_profile = ${mfaProfile} in place of ${sourceProfile}, without mfa_serial`
}

/** Those of the profiles with a role that take it with the keys or the session of one profile. */
export function rolesOn(profile: string, roles: Readonly<Record<string, Keys>>): readonly [string, Keys][] {
  return Object.entries(roles).filter(
    ([name, { role_arn, source_profile }]) => name !== profile && role_arn !== undefined && source_profile === profile,
  )
}

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

/**
 * Whether a profile has two ways to credentials at once: the keys in it go before its `credential_process` for most programs,
 * which then never start the process, and behind it for others.
 *
 * @param profiles - the keys of each profile, as AWS's tools see them
 */
export function checkProcesses(profiles: readonly (readonly [name: string, keys: Keys])[]): readonly Check[] {
  const both = profiles.filter(([, keys]) => keys.aws_access_key_id && keys.credential_process)
  return both.map(([name]) =>
    warn(
      'credential-process',
      `profile ${name} holds keys and a credential_process line as well, and most programs never start the process`,
      'move the line into a profile of its own: awsmfa credential-process --print-config',
    ),
  )
}
