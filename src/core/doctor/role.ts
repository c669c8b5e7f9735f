import type { RoleRules } from '../role.js'
import { inWords } from '../time.js'
import { bad, type Check, ok, warn } from './check.js'

/** Whether a role's own settings fit what is asked of it. */
export function checkRoleRules({ maxSeconds, wantsMfa }: RoleRules, durationSeconds: number): readonly Check[] {
  const [most, asked] = [inWords(maxSeconds), inWords(durationSeconds)]
  return [
    maxSeconds < durationSeconds
      ? bad(
          'role-duration',
          `the role lasts ${most} at most, and ${asked} are asked for: AWS will refuse the next renewal`,
          `enrol again with --duration-seconds ${maxSeconds}, or have the role's maximum session duration raised`,
        )
      : ok('role-duration', `the role lasts ${most} at most, and ${asked} are asked for`),
    ...trust(wantsMfa),
  ]
}

function trust(wantsMfa: boolean | undefined): Check[] {
  if (wantsMfa === undefined) return []
  if (wantsMfa) return [ok('role-trust', "the role's trust policy lets nobody in without MFA")]
  return [
    warn(
      'role-trust',
      "the role's trust policy lets users in without MFA: a thief of the long-term key needs no code for it",
      'have the condition Bool aws:MultiFactorAuthPresent true added to the trust policy, unless a policy of the users asks for it',
    ),
  ]
}
