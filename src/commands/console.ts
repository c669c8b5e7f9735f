import { destinationOf, signInUrl } from '../core/console.js'
import { customEndpoint } from '../core/network.js'
import { inWords } from '../core/time.js'
import { Failure } from '../errors.js'
import { updateStamp } from '../runs/outcome.js'
import { chooseEnrolment } from '../session/choose.js'
import type { Enrolment } from '../session/enrolment.js'
import { secondsLeft } from '../session/freshness.js'
import type { AwsProfiles } from '../session/profiles.js'
import { Run } from '../session/run.js'
import { sessionFor } from '../session/sessionFor.js'
import type { World } from '../world.js'

export interface ConsoleOptions {
  readonly mfaProfile?: string | undefined
  /** in the person's browser, instead of the address on stdout */
  readonly open: boolean
  /** the service whose page is opened */
  readonly service?: string | undefined
}

/** Shorter than that, and the console ends while one looks round in it. */
const enoughSeconds = 15 * 60

/**
 * Gives an address that signs in to the AWS console with the session of a role, renewed first where little of it is left.
 *
 * @throws Failure `act` for a profile without a role
 */
export async function openConsole(world: World, options: ConsoleOptions): Promise<void> {
  const run = await Run.start(world)
  const profiles = await run.read()
  const enrolment = choose(profiles, options.mfaProfile)
  const { mfaProfile, role, sourceProfile, durationSeconds } = enrolment
  if (role === undefined) throw noRole(mfaProfile)
  const region = profiles.setting(mfaProfile, 'region')
  const destination = destinationOf(role.arn, region, options.service)
  const signIn = federationAt(world, destination.signIn)
  const { session } = await sessionFor(run, {
    enrolments: (now) => [now.enrolment(mfaProfile) ?? []].flat(),
    minRemainingSeconds: Math.min(enoughSeconds, durationSeconds / 2),
  })
  await updateStamp(run)
  if (session === undefined) throw new Failure('act', `profile ${mfaProfile} is not enrolled any more`)
  const token = await world.federation.signInToken(signIn, session, profiles.keys('config', sourceProfile))
  const url = signInUrl({ ...destination, signIn }, token)
  if (options.open) await world.opener.open(url)
  else world.terminal.answer(url)
  if (!world.terminal.interactive) return
  const left = inWords(secondsLeft(session, run.clock.now()))
  world.terminal.say(
    options.open
      ? `the browser signs in to ${role.arn}, for ${left}`
      : `whoever opens this within 15 minutes is ${role.arn} in the console, for ${left}`,
  )
}

/** The one that is named, else the only one with a role. */
function choose(profiles: AwsProfiles, mfaProfile: string | undefined): Enrolment {
  if (mfaProfile !== undefined) return chooseEnrolment(profiles, mfaProfile)
  const enrolled = profiles.enrolled()
  const roles = enrolled.filter((name) => profiles.keys('config', name)?.awsmfa_role_arn !== undefined)
  const [only, another] = roles
  if (another !== undefined) {
    throw new Failure('usage', `several role profiles are enrolled: ${roles.join(', ')}`, [
      'name one with --mfa-profile-name',
    ])
  }
  return chooseEnrolment(profiles, only ?? enrolled[0])
}

function noRole(mfaProfile: string): Failure {
  const why = "AWS opens the console for sessions of roles, and for a user's own session never"
  return new Failure('act', `profile ${mfaProfile} is of no role: ${why}`, [
    'sign in as the user with the password, and awsmfa code for the six digits',
    'or enrol a role that you may take: awsmfa enroll --role-arn ARN --mfa-profile-name NAME',
  ])
}

/** A stand-in gives sessions that mean nothing to AWS, and that are nobody else's business. */
function federationAt({ env }: World, usual: string): string {
  const custom = customEndpoint(env, 'SIGNIN')
  return custom === undefined ? usual : new URL('/federation', custom).href
}
