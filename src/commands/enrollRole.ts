import { parseExternalId, parseRoleArn, parseRoleSeconds, parseSessionName, partsOfRole } from '../core/role.js'
import { Failure } from '../errors.js'
import { askCode } from '../session/askCode.js'
import { defaultSourceProfile, type Settings, usableEnrolment } from '../session/choose.js'
import type { OpenSource } from '../session/codes/codeSource.js'
import { tellEnrolled } from '../session/enrolled.js'
import { defaultSeconds, type Enrolment } from '../session/enrolment.js'
import { passGate } from '../session/gate.js'
import type { AwsProfiles } from '../session/profiles.js'
import { deviceOf, needsCode } from '../session/role.js'
import { readRoleProfile } from '../session/roleProfile.js'
import { Run } from '../session/run.js'
import { sessionFor } from '../session/sessionFor.js'
import { rehearse, takeBackProfile } from '../session/write.js'
import type { World } from '../world.js'

export interface EnrollRoleOptions extends Settings {
  readonly mfaProfile?: string | undefined
  /** one of these two */
  readonly roleArn?: string | undefined
  readonly roleProfile?: string | undefined
  readonly roleSessionName?: string | undefined
  readonly externalId?: string | undefined
  readonly region?: string | undefined
  /** a profile that is enrolled with these settings already is left as it is */
  readonly ifNeeded?: boolean | undefined
}

/**
 * Enrols a profile for the sessions of a role, with the device that the source profile's user has enrolled already. It
 * proves itself with one real session before anything is written.
 *
 * @throws Failure; then nothing was written
 */
export async function enrollRole(world: World, options: EnrollRoleOptions): Promise<void> {
  const run = await Run.start(world)
  const described = await describe(await run.read(), options)
  if (options.ifNeeded && (await isEnrolled(await run.read(), described))) {
    return world.terminal.say(`profile ${described.mfaProfile} is enrolled already, and nothing was changed`)
  }
  passGate(await run.read(), described)
  await rehearse(run, await run.read(), [described])
  const source = await typedNow(run, described)
  // While it is at it, no other run moves or forgets the seed.
  await world.lock.hold('devices', async () => {
    const profiles = await run.read()
    await prove(run, profiles, await describe(profiles, options), options, source)
  })
}

async function prove(
  run: Run,
  profiles: AwsProfiles,
  enrolment: Enrolment,
  { region }: EnrollRoleOptions,
  source: OpenSource | undefined,
): Promise<void> {
  try {
    const wanted = { enrolments: () => [enrolment], force: true, region, ...(source === undefined ? {} : { source }) }
    const { session } = await sessionFor(run, wanted)
    if (session === undefined) throw new Error('a session was not even asked for')
    await tellEnrolled(run, enrolment, session)
  } catch (error) {
    await takeBackProfile(run, profiles, enrolment.mfaProfile)
    throw error
  } finally {
    if (run.clock.complaint !== undefined) run.world.terminal.warn(run.clock.complaint)
  }
}

async function isEnrolled(profiles: AwsProfiles, { region: _, ...wanted }: Enrolment): Promise<boolean> {
  return JSON.stringify(await usableEnrolment(profiles, wanted.mfaProfile)) === JSON.stringify(wanted)
}

/** The code of a device whose codes are typed, where one is needed. */
async function typedNow(run: Run, enrolment: Enrolment): Promise<OpenSource | undefined> {
  const { codes, serialNumber } = enrolment
  if (codes.kind !== 'none' || !(await needsCode(run, await run.read(), enrolment))) return undefined
  return { typed: await askCode(run.world, `code of ${serialNumber}:`) }
}

async function describe(profiles: AwsProfiles, options: EnrollRoleOptions): Promise<Enrolment> {
  const { mfaProfile, roleProfile } = options
  if (mfaProfile === undefined) {
    throw new Failure('usage', '--mfa-profile-name is required: a role has a profile of its own', [
      `name one that no tool uses yet, such as ${roleProfile ?? 'admin'}-session`,
    ])
  }
  const known = roleProfile === undefined ? undefined : readRoleProfile(profiles, roleProfile)
  const before = await usableEnrolment(profiles, mfaProfile)
  const arn = known?.role.arn ?? parseRoleArn(options.roleArn ?? '', '--role-arn')
  const sameBefore = before?.role?.arn === arn ? before : undefined
  const sourceProfile =
    options.sourceProfile ?? known?.sourceProfile ?? sameBefore?.sourceProfile ?? defaultSourceProfile
  const { serialNumber, codes } = await deviceOf(profiles, sourceProfile, options.serialNumber)
  expectSamePartition(arn, serialNumber)
  const role = { arn, ...sameBefore?.role, ...known?.role, ...rolesFlags(options) }
  const durationSeconds =
    options.durationSeconds ?? known?.durationSeconds ?? sameBefore?.durationSeconds ?? defaultSeconds(role)
  parseRoleSeconds(durationSeconds, '--duration-seconds')
  const region = known?.region === undefined ? {} : { region: known.region }
  return { mfaProfile, sourceProfile, serialNumber, durationSeconds, role, codes, ...region }
}

function rolesFlags({ roleSessionName, externalId }: EnrollRoleOptions) {
  return {
    ...(roleSessionName === undefined ? {} : { sessionName: parseSessionName(roleSessionName, '--role-session-name') }),
    ...(externalId === undefined ? {} : { externalId: parseExternalId(externalId, '--external-id') }),
  }
}

/** A hardware token's number names no partition. */
function expectSamePartition(arn: string, serialNumber: string): void {
  const { partition } = partsOfRole(arn)
  const [, users] = /^arn:([^:]+):/.exec(serialNumber) ?? []
  if (users === undefined || users === partition) return
  throw new Failure('usage', `the role ${arn} is in the partition ${partition}, the user's device in ${users}`, [
    'AWS lets nobody take a role of another partition: name the source profile of a user there with --profile',
  ])
}
