import { listProfiles } from '../core/awsFile.js'
import { bad, type Checks } from '../core/doctor/check.js'
import { formatReport, formatReportJson, verdictOf } from '../core/doctor/report.js'
import { checkRoles, rolesOn } from '../core/doctor/roles.js'
import { checkVariables } from '../core/doctor/variables.js'
import type { Enrolment } from '../core/enrolment.js'
import { parseOutcomes } from '../core/outcomes.js'
import { checkCodes } from '../doctor/codes.js'
import { checkCreation } from '../doctor/creation.js'
import { checkFiles } from '../doctor/files.js'
import { checkNetwork } from '../doctor/network.js'
import { checkEnrolment, checkOutcome } from '../doctor/profile.js'
import { checkProgram } from '../doctor/program.js'
import { checkSchedule } from '../doctor/schedule.js'
import { checkSource, regionOf } from '../doctor/source.js'
import { Failure, type FailureKind } from '../errors.js'
import { AwsClock } from '../session/awsClock.js'
import { AwsProfiles } from '../session/awsProfiles.js'
import type { World } from '../world.js'

export interface DoctorOptions {
  readonly json: boolean
}

/**
 * Tests the whole chain from the seed to the AWS CLI and says how to mend each weak link. Changes nothing: no file, no
 * keychain item, nothing at AWS, and no code is spent.
 *
 * @returns `act` when a person must mend something, `retry` when all that is bad may pass by itself
 */
export async function doctor(world: World, options: DoctorOptions): Promise<FailureKind | undefined> {
  const [files, profiles, creation, schedule] = await Promise.all([
    checkFiles(world),
    readProfiles(world),
    checkCreation(world),
    checkSchedule(world),
  ])
  const enrolled = profiles === undefined ? [] : await checkEnrolled(world, profiles)
  const groups = [checkProgram(world), files, ...enrolled, ...creation, schedule]
  world.terminal.answer(options.json ? formatReportJson(groups) : formatReport(groups, world.terminal.columns))
  return verdictOf(groups)
}

/** `undefined` when the files cannot be read, which {@link checkFiles} tells of. */
async function readProfiles(world: World): Promise<AwsProfiles | undefined> {
  try {
    return await AwsProfiles.read(world)
  } catch (error) {
    if (error instanceof Failure) return undefined
    throw error
  }
}

/** All that is known of the enrolments: what the files say, whether codes can be had, what AWS says. */
async function checkEnrolled(world: World, profiles: AwsProfiles): Promise<readonly Checks[]> {
  const mfaProfiles = profiles.enrolled()
  const names = listProfiles(profiles.text('config'), 'config')
  const configs = Object.fromEntries(names.map((name) => [name, profiles.keys('config', name) ?? {}]))
  const roleProfiles = mfaProfiles.flatMap((mfaProfile) => rolesOn(mfaProfile, configs).map(([role]) => role))
  const environment = { about: 'environment', checks: checkVariables(world.env, { mfaProfiles, roleProfiles }) }
  if (mfaProfiles.length === 0) return [environment, nobody]

  const clock = await AwsClock.read(world)
  const outcomes = parseOutcomes(await world.state.read('outcomes.json'))
  const found = mfaProfiles.map((mfaProfile) => checkEnrolment(profiles, mfaProfile))
  // Keys that cannot be used are told of already.
  const enrolments = found.flatMap(({ enrolment, check }) => (check.verdict === 'ok' ? (enrolment ?? []) : []))
  const [sources, codes] = await Promise.all([
    Promise.all(bySource(enrolments).map((each) => checkSource(world, clock, profiles, each))),
    Promise.all(found.map(({ enrolment }) => (enrolment === undefined ? [] : checkCodes(world, enrolment)))),
  ])
  return [
    environment,
    checkNetwork(world, regionFor(world, profiles, enrolments)),
    ...sources.map(({ source }) => source),
    ...found.map(({ mfaProfile, check }, index) => ({
      about: `profile ${mfaProfile}`,
      checks: [
        check,
        ...(codes[index] ?? []),
        ...sources.flatMap(({ sessions }) => sessions.get(mfaProfile) ?? []),
        ...checkRoles(mfaProfile, configs),
        ...checkOutcome(outcomes[mfaProfile], world.clock.now()),
      ],
    })),
  ]
}

const nobody: Checks = {
  about: 'enrolments',
  checks: [bad('enrolments', 'no MFA profile is enrolled', 'awsmfa enroll makes one')],
}

function bySource(enrolments: readonly Enrolment[]): readonly [Enrolment, ...Enrolment[]][] {
  const sources = new Map<string, [Enrolment, ...Enrolment[]]>()
  for (const enrolment of enrolments) {
    const others = sources.get(enrolment.sourceProfile)
    if (others === undefined) sources.set(enrolment.sourceProfile, [enrolment])
    else others.push(enrolment)
  }
  return [...sources.values()]
}

/** For the way to AWS; where no region can be told, {@link checkSource} says why. */
function regionFor(world: World, profiles: AwsProfiles, [first]: readonly Enrolment[]): string {
  try {
    if (first !== undefined) return regionOf(world, profiles, first)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
  }
  return 'us-east-1'
}
