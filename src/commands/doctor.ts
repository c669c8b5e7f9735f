import { bad, type Check, type Checks, formatReport, formatReportJson, verdictOf } from '../core/doctor/check.js'
import { checkProcesses, checkRoles, checkVariables, rolesOn } from '../core/doctor/checks.js'
import { checkKeyFiles } from '../doctor/keys.js'
import {
  checkCreation,
  checkEnrolment,
  checkFiles,
  checkNetwork,
  checkOutcome,
  checkProgram,
  type EnrolmentCheck,
} from '../doctor/local.js'
import { checkRole } from '../doctor/role.js'
import { checkSchedule } from '../doctor/schedule.js'
import { checkSource, regionOf } from '../doctor/source.js'
import { attempt, Failure, type FailureKind } from '../errors.js'
import { firstStep } from '../session/choose.js'
import { checkCodes } from '../session/codes/table.js'
import type { Enrolment } from '../session/enrolment.js'
import type { AwsProfiles } from '../session/profiles.js'
import { Run } from '../session/run.js'
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
  const run = await Run.start(world)
  // Files that cannot be read are told of by the check of the files.
  const profiles = await attempt(() => run.read())
  const [files, creation, schedule] = await Promise.all([
    checkFiles(world, profiles instanceof Failure ? undefined : profiles),
    checkCreation(world),
    checkSchedule(world),
  ])
  const enrolled = profiles instanceof Failure ? [] : await checkEnrolled(run, profiles)
  const keys = profiles instanceof Failure ? [] : await checkKeyFiles(world, profiles)
  const groups = [checkProgram(world), files, ...enrolled, ...keys, ...creation, schedule]
  const { columns, paint } = world.terminal
  world.terminal.answer(options.json ? formatReportJson(groups) : formatReport(groups, columns, paint))
  return verdictOf(groups)
}

/** All that is known of the enrolments: what the files say, whether codes can be had, what AWS says. */
async function checkEnrolled(run: Run, profiles: AwsProfiles): Promise<readonly Checks[]> {
  const { world, outcomes } = run
  const mfaProfiles = profiles.enrolled()
  const { roles } = profiles
  const roleProfiles = mfaProfiles.flatMap((mfaProfile) => rolesOn(mfaProfile, roles).map(([role]) => role))
  const processes = profiles.namesWith('credential_process').map((name) => [name, profiles.merged(name)] as const)
  const variables = checkVariables(world.env, { mfaProfiles, roleProfiles })
  const environment = { about: 'environment', checks: [...variables, ...checkProcesses(processes)] }
  if (mfaProfiles.length === 0) return [environment, nobody]

  const found = mfaProfiles.map((mfaProfile) => checkEnrolment(profiles, mfaProfile))
  // Keys that cannot be used are told of already.
  const enrolments = found.flatMap(({ enrolment, check }) => (check.verdict === 'ok' ? (enrolment ?? []) : []))
  const usable = (enrolment: Enrolment | undefined): enrolment is Enrolment =>
    enrolment !== undefined && enrolments.includes(enrolment)
  const [sources, codes, roleChecks] = await Promise.all([
    Promise.all(bySource(enrolments).map((each) => checkSource(run, profiles, each))),
    checkAllCodes(world, found),
    Promise.all(found.map(({ enrolment }) => (usable(enrolment) ? checkRole(run, profiles, enrolment) : []))),
  ])
  return [
    environment,
    checkNetwork(world, regionFor(world, profiles, enrolments), settingsFor(profiles, enrolments)),
    ...sources.map(({ source }) => source),
    ...found.map(({ mfaProfile, check }, index) => ({
      about: `profile ${mfaProfile}`,
      checks: [
        check,
        ...(codes[index] ?? []),
        ...sources.flatMap(({ sessions }) => sessions.get(mfaProfile) ?? []),
        ...(roleChecks[index] ?? []),
        ...checkRoles(mfaProfile, profiles.keys('config', mfaProfile) ?? {}, roles, profiles.keptRoles),
        ...checkOutcome(outcomes[mfaProfile], world.clock.now()),
      ],
    })),
  ]
}

/** One look at a source of codes serves all profiles that have it: each takes a process, or seconds for a passphrase. */
async function checkAllCodes(world: World, found: readonly EnrolmentCheck[]): Promise<readonly (readonly Check[])[]> {
  const looks = new Map<string, Promise<readonly Check[]>>()
  const look = (enrolment: Enrolment) => {
    const key = JSON.stringify([enrolment.serialNumber, enrolment.codes])
    const checks = looks.get(key) ?? checkCodes(world, enrolment)
    looks.set(key, checks)
    return checks
  }
  return await Promise.all(found.map(({ enrolment }) => (enrolment === undefined ? [] : look(enrolment))))
}

const nobody: Checks = {
  about: 'enrolments',
  checks: [bad('enrolments', 'no MFA profile is enrolled', firstStep)],
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

/** What the first source profile says about the way to AWS. */
function settingsFor(profiles: AwsProfiles, [first]: readonly Enrolment[]) {
  return first && profiles.keys('config', first.sourceProfile)
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
