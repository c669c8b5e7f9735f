import type { Enrolment } from '../core/enrolment.js'
import { Failure } from '../errors.js'
import type { AwsProfiles } from './awsProfiles.js'

/**
 * The enrolment that a command is about: the one that is named, or the only one.
 *
 * @throws Failure `act` when it is not enrolled, `usage` when there are several and none is named
 */
export function chooseEnrolment(profiles: AwsProfiles, mfaProfile: string | undefined): Enrolment {
  const enrolled = profiles.enrolled()
  const name = mfaProfile ?? (enrolled.length === 1 ? enrolled[0] : undefined)
  if (name === undefined) {
    throw enrolled.length === 0
      ? new Failure('act', 'no MFA profile is enrolled', 'awsmfa enroll enrols one')
      : new Failure(
          'usage',
          `several MFA profiles are enrolled: ${enrolled.join(', ')}`,
          'name one with --mfa-profile-name',
        )
  }
  const enrolment = profiles.enrolment(name)
  if (enrolment !== undefined) return enrolment
  throw new Failure('act', `MFA profile ${name} is not enrolled`, 'awsmfa status shows what is')
}
