import { type Check, ok, warn } from '../core/doctor/check.js'
import { checkRoleRules } from '../core/doctor/role.js'
import { customEndpoint } from '../core/network.js'
import { isChained, partsOfRole } from '../core/role.js'
import { attempt, Failure } from '../errors.js'
import type { Enrolment } from '../session/enrolment.js'
import type { AwsProfiles } from '../session/profiles.js'
import { baseOf } from '../session/role.js'
import type { Run } from '../session/run.js'
import { regionOf } from './source.js'

/**
 * What is to be known of an enrolled role: whether there is a session to take it with, and, as far as the role itself may
 * ask IAM about itself, whether it lasts as long as is asked for and lets nobody in without MFA.
 *
 * @throws Failure when a setting of the way to AWS is unusable
 */
export async function checkRole(run: Run, profiles: AwsProfiles, enrolment: Enrolment): Promise<readonly Check[]> {
  const { role } = enrolment
  if (role === undefined) return []
  const base = isChained(enrolment) ? await attempt(() => baseOf(profiles, enrolment)) : undefined
  const taken =
    base instanceof Failure
      ? warn('role-source', base.message, ...base.hints)
      : ok('role-source', base === undefined ? 'the role is taken with codes of its own' : inTheNameOf(base))
  const untold = (why: string) =>
    warn('role-rules', `how long the role may last, and whether its trust wants MFA, is untested: ${why}`)
  const session = run.usableSession(enrolment)
  if (session === undefined) return [taken, untold('there is no session of it')]
  const { env, iam } = run.world
  if (customEndpoint(env, 'STS') !== undefined && customEndpoint(env, 'IAM') === undefined) {
    return [taken, untold('STS has an endpoint of its own, and none is named for IAM')]
  }
  const signer = {
    credentials: session,
    region: regionOf(run.world, profiles, enrolment),
    clockOffsetMs: run.clock.offsetMs,
    settings: profiles.keys('config', enrolment.sourceProfile),
  }
  const rules = await attempt(() => iam.getRole(signer, partsOfRole(role.arn).name))
  // Most roles may not, and need not: AWS tells the rest when the session is renewed.
  if (rules instanceof Failure)
    return [taken, ok('role-rules', 'the role may not ask IAM about itself, so AWS tells when it is renewed')]
  return [taken, ...checkRoleRules(rules, enrolment.durationSeconds)]
}

function inTheNameOf({ mfaProfile }: Enrolment): string {
  return `the role is taken with the MFA session of profile ${mfaProfile}, and costs no code`
}
