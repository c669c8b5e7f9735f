import { type Outcomes, reasonOf } from '../core/news.js'
import type { Failure } from '../errors.js'
import { wantsNotifications } from '../session/enrolment.js'
import type { Run } from '../session/run.js'

/**
 * Raises one desktop notification for a failure that only a person can mend, when no person is watching this run. A
 * profile whose last run failed for the same reason was told of already.
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
  if (failure.kind === 'retry' || world.terminal.interactive || !world.env.AWSMFA_RUN_BY) return
  const wanted = mfaProfiles.filter(
    (name) => before[name]?.failure?.reason !== reasonOf(failure) && wantsNotifications(profiles?.keys('config', name)),
  )
  if (wanted.length === 0) return
  const [hint] = failure.hints
  const text = hint === undefined ? failure.message : `${failure.message}. ${hint}`
  await world.notifier.notify(`awsmfa: profile ${wanted.join(', ')} needs you`, text)
}
