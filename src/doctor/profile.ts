import { type Check, bad, failed, ok, warn } from '../core/doctor/check.js'
import type { Outcome } from '../core/news.js'
import { inWords } from '../core/time.js'
import { Failure } from '../errors.js'
import type { Enrolment } from '../session/enrolment.js'
import { passGate } from '../session/gate.js'
import type { AwsProfiles } from '../session/profiles.js'

export interface EnrolmentCheck {
  readonly mfaProfile: string
  /** where it can be read */
  readonly enrolment?: Enrolment | undefined
  readonly check: Check
}

/**
 * Whether an enrolment's settings can be used, as far as the files tell: the serial number's shape, long-term keys in the
 * source profile, and none in the MFA profile.
 */
export function checkEnrolment(profiles: AwsProfiles, mfaProfile: string): EnrolmentCheck {
  let enrolment: Enrolment | undefined
  try {
    enrolment = profiles.enrolment(mfaProfile)
    if (enrolment === undefined) return { mfaProfile, check: bad('settings', `${mfaProfile} is not enrolled`) }
    passGate(profiles, enrolment)
    const { serialNumber, sourceProfile, durationSeconds } = enrolment
    const words = `${serialNumber} with the keys of ${sourceProfile}, for ${inWords(durationSeconds)}`
    return { mfaProfile, enrolment, check: ok('settings', words) }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return { mfaProfile, enrolment, check: failed('settings', error) }
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
