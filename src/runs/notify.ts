import { type Outcomes, reasonOf } from '../core/outcomes.js'
import type { Failure } from '../errors.js'
import { wantsNotifications } from '../session/enrolment.js'
import type { Run } from '../session/run.js'

/**
 * Raises one desktop notification for a failure that is told when no person is watching this run. A profile whose last run
 * failed for the same reason was told of already.
 *
 * @param before - the outcomes before this failure was recorded
 * @param mfaProfiles - the enrolled profiles that failed
 */
export async function notifyOnce(
  { world, profiles }: Run,
  before: Outcomes,
  mfaProfiles: readonly string[],
  failure: Failure,
): Promise<void> {
  if (world.terminal.interactive || !world.env.AWSMFA_RUN_BY) return
  // What passes by itself was kept by earlier runs without a word: that it is told now is what is new.
  const isNew = (name: string) => failure.kind === 'retry' || before[name]?.failure?.reason !== reasonOf(failure)
  const wanted = mfaProfiles.filter((name) => isNew(name) && wantsNotifications(profiles?.keys('config', name)))
  if (wanted.length === 0) return
  const [hint] = failure.hints
  const text = hint === undefined ? failure.message : `${failure.message}. ${hint}`
  await world.notifier.notify(`awsmfa: profile ${wanted.join(', ')} needs you`, text)
}
