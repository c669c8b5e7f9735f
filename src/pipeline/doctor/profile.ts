import { bad, type Check, failed, ok, warn } from '../../core/doctor/check.js'
import { inWords } from '../../core/duration.js'
import type { Enrolment } from '../../core/enrolment.js'
import type { Outcome } from '../../core/outcomes.js'
import { Failure } from '../../errors.js'
import type { AwsProfiles } from '../awsProfiles.js'

/**
 * Whether an enrolment's settings can be used, as far as the files tell: the serial number's shape, long-term keys in the
 * source profile, and none in the MFA profile.
 *
 * @returns the enrolment too, where it can be read
 */
export function checkEnrolment(
  profiles: AwsProfiles,
  mfaProfile: string,
): { readonly enrolment?: Enrolment; readonly checks: readonly Check[] } {
  let enrolment: Enrolment | undefined
  try {
    enrolment = profiles.enrolment(mfaProfile)
    if (enrolment === undefined) return { checks: [] }
    profiles.keysFor(enrolment)
    const { serialNumber, sourceProfile, durationSeconds } = enrolment
    const words = `${serialNumber} with the keys of ${sourceProfile}, for ${inWords(durationSeconds)}`
    return { enrolment, checks: [ok('settings', words)] }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const checks = [failed('settings', error)]
    return enrolment === undefined ? { checks } : { enrolment, checks }
  }
}

/** What failed last, and nothing has mended since. */
export function checkOutcome(outcome: Outcome | undefined, now: Date): readonly Check[] {
  const failure = outcome?.failure
  if (failure === undefined) return []
  const { at, kind, message, hints } = failure
  const words = `the last refresh, ${inWords((now.getTime() - Date.parse(at)) / 1000)} ago, failed: ${message}`
  return [kind === 'retry' ? warn('last-refresh', words, ...hints) : bad('last-refresh', words, ...hints)]
}
