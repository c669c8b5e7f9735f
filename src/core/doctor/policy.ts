import { bad, type Check, ok, warn } from './check.js'

/** What AWS answered to one call. `denied`: nothing allows it; `forbidden`: a policy denies it by name. */
export type Permission = 'allowed' | 'denied' | 'forbidden'

/**
 * The call by which it is found out whether a policy asks for MFA: it changes nothing, its answer is not looked at, and
 * AWS's example policy "manage your own credentials with MFA" allows it with MFA only. GetUser and ListMFADevices would
 * not do: that policy exempts them
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_my-sec-creds-self-manage.html).
 */
export const policyProbe = 'iam:ListAccessKeys'

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
