import { type Check, ok, warn } from './check.js'

type Keys = Readonly<Record<string, string>>

/** AWS's limit for a role that is assumed with a session (role chaining). */
const longestChainedSeconds = 3600

/**
 * Whether the profiles that build on an MFA profile can work, and whether the MFA profile itself is one that every SDK
 * reads.
 *
 * @param configs - the keys of each profile in the config file
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
 */
export function checkRoles(mfaProfile: string, configs: Readonly<Record<string, Keys>>): readonly Check[] {
  const checks: Check[] = []
  const own = configs[mfaProfile]
  const asking = askingRoles(own?.awsmfa_source_profile ?? '', configs)
  if (asking.length > 0) {
    const what = `tools still ask for a code for role profile ${asking.join(', ')}`
    checks.push(warn('asking-roles', what, cureOfAsking(mfaProfile)))
  }
  if (own?.source_profile !== undefined && own.role_arn === undefined) {
    checks.push(
      warn(
        'source-profile-key',
        `profile ${mfaProfile} has source_profile without role_arn, which Terraform and other Go programs refuse`,
        `remove source_profile from [profile ${mfaProfile}]; awsmfa goes by awsmfa_source_profile`,
      ),
    )
  }
  if (own?.credential_process !== undefined) {
    checks.push(
      warn(
        'credential-process-key',
        `profile ${mfaProfile} has credential_process too, and not every tool then takes the session`,
        `remove it from [profile ${mfaProfile}], or move it to a profile of its own`,
      ),
    )
  }
  const roles = rolesOn(mfaProfile, configs)
  for (const [role, keys] of roles) {
    if (keys.mfa_serial !== undefined) {
      checks.push(
        warn(
          'role',
          `profile ${role} builds on ${mfaProfile} and still has mfa_serial, so tools ask for a code again`,
          `remove mfa_serial from [profile ${role}]: the session has MFA already`,
        ),
      )
    }
    if (Number(keys.duration_seconds) > longestChainedSeconds) {
      checks.push(
        warn(
          'role',
          `profile ${role} asks for ${keys.duration_seconds} s, and AWS gives a role assumed with a session one hour at most`,
          `remove duration_seconds from [profile ${role}], or set it to ${longestChainedSeconds}`,
        ),
      )
    }
  }
  if (roles.length > 0 && checks.every(({ name }) => name !== 'role')) {
    checks.push(ok('role', `profiles that build on it: ${roles.map(([role]) => role).join(', ')}`))
  }
  return checks
}

/** The role profiles beside an MFA profile, on the same keys, for which tools ask for a code of their own. */
export function askingRoles(sourceProfile: string, configs: Readonly<Record<string, Keys>>): readonly string[] {
  return rolesOn(sourceProfile, configs).flatMap(([role, { mfa_serial }]) => (mfa_serial === undefined ? [] : [role]))
}

/** What to write, so that the MFA profile's session serves them too. */
export function cureOfAsking(mfaProfile: string): string {
  return `to use the session of ${mfaProfile} there, set source_profile = ${mfaProfile} and remove mfa_serial`
}

/** The profiles that assume a role with the MFA profile's session. */
export function rolesOn(mfaProfile: string, configs: Readonly<Record<string, Keys>>): readonly [string, Keys][] {
  return Object.entries(configs).filter(
    ([name, { role_arn, source_profile }]) =>
      name !== mfaProfile && role_arn !== undefined && source_profile === mfaProfile,
  )
}
