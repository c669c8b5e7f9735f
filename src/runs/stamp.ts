import type { Enrolment } from '../core/enrolment.js'
import { expirationOf, formatInstant } from '../core/freshness.js'
import { type Outcome, parseOutcomes } from '../core/outcomes.js'
import { formatStamp, type Stamp, stampFor, stampForFailure, type Watched } from '../core/stamp.js'
import { Failure } from '../errors.js'
import { AwsClock } from '../session/awsClock.js'
import { AwsProfiles } from '../session/awsProfiles.js'
import type { World } from '../world.js'

/**
 * Tells the shells' hooks when the next refresh is due and what to say to the person. To be called at the end of whatever
 * may have changed a session, an outcome or an enrolment, also when it failed. Never throws a Failure: a stamp that
 * cannot be written costs a needless refresh, and must not hide how this run went.
 */
export async function updateStamp(world: World): Promise<void> {
  try {
    const stamp = await currentStamp(world)
    await world.hookStamp.write(formatStamp(stamp), stamp.due)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    world.terminal.detail(`the hook's stamp was not kept: ${error.message}`)
  }
}

async function currentStamp(world: World): Promise<Stamp> {
  const now = world.clock.now()
  let profiles: AwsProfiles
  try {
    profiles = await AwsProfiles.read(world)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return stampForFailure(error, now)
  }
  const outcomes = parseOutcomes(await world.state.read('outcomes.json'))
  const { offsetMs } = await AwsClock.read(world)
  const watched = profiles.enrolled().map((mfaProfile) => watch(profiles, mfaProfile, outcomes[mfaProfile], now))
  return stampFor(watched, now, offsetMs)
}

function watch(profiles: AwsProfiles, mfaProfile: string, outcome: Outcome | undefined, now: Date): Watched {
  const expiration = expirationOf(profiles.keys('credentials', mfaProfile))
  let enrolment: Enrolment | undefined
  let failure = outcome?.failure
  try {
    enrolment = profiles.enrolment(mfaProfile)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const { kind, message, hints } = error
    failure = { at: formatInstant(now), kind, message, hints }
  }
  return {
    mfaProfile,
    expiration,
    durationSeconds: enrolment?.durationSeconds ?? 0,
    typed: enrolment?.seedStore === 'none',
    failure,
  }
}
