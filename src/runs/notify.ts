import { wantsNotifications } from '../core/enrolment.js'
import type { Outcomes } from '../core/outcomes.js'
import { Failure } from '../errors.js'
import { AwsProfiles } from '../session/awsProfiles.js'
import type { World } from '../world.js'

/**
 * Raises one desktop notification for a failure that only a person can mend, when no person is watching this run. A
 * profile whose last run failed in the same words was told of already.
 *
 * @param before - the outcomes before this failure was recorded
 * @param mfaProfiles - the profiles that failed
 */
export async function notifyOnce(
  world: World,
  before: Outcomes,
  mfaProfiles: readonly string[],
  failure: Failure,
): Promise<void> {
  if (failure.kind === 'retry' || world.terminal.interactive || !world.env.AWSMFA_RUN_BY) return
  const news = mfaProfiles.filter((profile) => before[profile]?.failure?.message !== failure.message)
  const wanted = await onesThatWant(world, news)
  if (wanted.length === 0) return
  const [hint] = failure.hints
  const text = hint === undefined ? failure.message : `${failure.message}. ${hint}`
  await world.notifier.notify(`awsmfa: profile ${wanted.join(', ')} needs you`, text)
}

async function onesThatWant(world: World, mfaProfiles: readonly string[]): Promise<readonly string[]> {
  if (mfaProfiles.length === 0) return []
  try {
    const profiles = await AwsProfiles.read(world)
    return mfaProfiles.filter((profile) => wantsNotifications(profiles.keys('config', profile)))
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return mfaProfiles
  }
}
