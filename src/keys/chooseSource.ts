import { Failure } from '../errors.js'
import { defaultSourceProfile, usableEnrolment } from '../session/choose.js'
import type { Enrolment } from '../session/enrolment.js'
import type { AwsProfiles } from '../session/profiles.js'

/** The source profiles that `keys` speaks of: those of the enrolments, and those whose keys were moved. */
export function sourceProfiles(profiles: AwsProfiles): readonly string[] {
  const enrolled = profiles.enrolled().flatMap((name) => profiles.keys('config', name)?.awsmfa_source_profile || [])
  return [...new Set([...enrolled, ...profiles.namesWith('awsmfa_key_store')])]
}

/** @throws Failure `usage` when there are several and none is named */
export function chooseSourceProfile(profiles: AwsProfiles, named: string | undefined): string {
  const all = sourceProfiles(profiles)
  const [only = defaultSourceProfile, another] = all
  if (named !== undefined || another === undefined) return named ?? only
  throw new Failure('usage', `there are several source profiles: ${all.join(', ')}`, 'name one with --profile')
}

/** The enrolments with one source profile: the user's own sessions before the roles, those that need no typing first. */
export async function enrolmentsOf(profiles: AwsProfiles, sourceProfile: string): Promise<readonly Enrolment[]> {
  const found: Enrolment[] = []
  for (const name of profiles.enrolled()) {
    const enrolment = await usableEnrolment(profiles, name)
    if (enrolment?.sourceProfile === sourceProfile) found.push(enrolment)
  }
  const rank = ({ role, codes }: Enrolment) => Number(role !== undefined) * 2 + Number(codes.kind === 'none')
  return found.sort((one, other) => rank(one) - rank(other))
}
