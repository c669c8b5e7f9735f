import { defaultDurationSeconds } from '../core/duration.js'
import type { Enrolment } from '../core/enrolment.js'
import type { Seed } from '../core/seed.js'
import { isVirtual } from '../core/serialNumber.js'
import type { Session } from '../core/session.js'
import { findDevice } from '../device/findDevice.js'
import { type SeedInput, seedInput } from '../device/seedInput.js'
import { Failure } from '../errors.js'
import { askCode } from '../session/askCode.js'
import { AwsClock } from '../session/awsClock.js'
import { AwsProfiles } from '../session/awsProfiles.js'
import { celebrate, celebrateSeed } from '../session/celebrate.js'
import { type CodeOriginFlags, chooseCodeOrigin } from '../session/codeOrigin.js'
import { askProgram } from '../session/codeSource.js'
import { withNewIdentity } from '../session/newIdentity.js'
import { forgetSeed, namingWaysOut, type SeedStore, seedStoreOf } from '../session/seedStore.js'
import type { CodeSource } from '../session/session.js'
import { getSession } from '../session/session.js'
import type { Settings } from '../session/settings.js'
import { defaultMfaProfile, defaultSourceProfile, serialNumberOf } from '../session/settings.js'
import { checkWritable, rehearse, takeBackProfile, writeEnrolments, writeSession } from '../session/writeSession.js'
import type { World } from '../world.js'

export interface EnrollOptions extends Settings, SeedInput, CodeOriginFlags {
  readonly mfaProfile?: string | undefined
  readonly region?: string | undefined
  /** a device that is enrolled already gets the new seed without a question */
  readonly replace: boolean
}

/**
 * Enrols one MFA profile. It proves itself with one real session before it keeps anything, so a mistyped seed, a wrong
 * serial number or keys of another user are found now and not in tomorrow's cron job.
 *
 * @throws Failure; then nothing was stored anywhere
 */
export async function enroll(world: World, options: EnrollOptions): Promise<void> {
  const profiles = await AwsProfiles.read(world)
  const enrolment = await describe(world, profiles, options)
  profiles.keysFor(enrolment)
  rehearse(profiles, [enrolment])
  await checkWritable(world)
  if (enrolment.seedStore === 'process') {
    return enrollProgram(world, enrolment, options, askProgram(world, enrolment.mfaProcess))
  }
  const store = seedStoreOf(world, enrolment)
  if (store === undefined) return enrollHardwareToken(world, enrolment, options)
  await withNewIdentity(world, options.newIdentity, () => enrollSeed(world, enrolment, options, store))
}

async function enrollSeed(world: World, enrolment: Enrolment, options: EnrollOptions, store: SeedStore): Promise<void> {
  const waysOut = '--seed-store file, --mfa-process COMMAND or --hardware-token'
  const before = await namingWaysOut(store.get(), enrolment, waysOut)
  if (before !== undefined) await confirmReplacing(world, enrolment, options)
  const seed = await seedInput(world, enrolment.serialNumber, options)

  await world.lock.hold(async () => {
    const session = await prove(world, enrolment, options, { seed })
    const profiles = await AwsProfiles.read(world)
    try {
      await store.set(seed)
      await writeSession(world, [enrolment], session)
    } catch (error) {
      await takeBackSeed(world, enrolment.serialNumber, store, before)
      await takeBackProfile(world, profiles, enrolment.mfaProfile)
      throw error
    }
    await forgetMovedSeed(world, enrolmentSoFar(profiles, enrolment.mfaProfile), enrolment)
    await celebrateSeed(world, enrolment, session)
  })
}

/** A seed that was moved to another store must not stay in the old one, which may be the less safe of the two. */
async function forgetMovedSeed(world: World, before: Enrolment | undefined, enrolment: Enrolment): Promise<void> {
  if (before?.serialNumber !== enrolment.serialNumber || before.seedStore === enrolment.seedStore) return
  try {
    await forgetSeed(world, await AwsProfiles.read(world), before)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    world.terminal.warn(`the seed may still be where it was before: ${error.message}`)
  }
}

/** There is nothing to store but the command; one code from it proves the rest. */
async function enrollProgram(
  world: World,
  enrolment: Enrolment,
  options: EnrollOptions,
  source: CodeSource,
): Promise<void> {
  await world.lock.hold(async () => {
    const session = await prove(world, enrolment, options, source)
    await writeSession(world, [enrolment], session)
    await celebrate(world, enrolment.mfaProfile, session)
    world.terminal.say('from now on `awsmfa refresh` asks the command for codes')
  })
}

/** Without a seed there is nothing to store; a code typed now proves the rest, where there is somebody to type it. */
async function enrollHardwareToken(world: World, enrolment: Enrolment, options: EnrollOptions): Promise<void> {
  const name = enrolment.mfaProfile
  if (!world.terminal.interactive) {
    await world.lock.hold(() => writeEnrolments(world, [enrolment]))
    world.terminal.say(
      `profile ${name} is enrolled without a proof: type a code with awsmfa --mfa-profile-name ${name} CODE`,
    )
    return
  }
  const typed = await askCode(world, `code of ${enrolment.serialNumber}:`)
  await world.lock.hold(async () => {
    const session = await prove(world, enrolment, options, { typed })
    await writeSession(world, [enrolment], session)
    await celebrate(world, enrolment.mfaProfile, session)
  })
}

async function describe(world: World, profiles: AwsProfiles, options: EnrollOptions): Promise<Enrolment> {
  const mfaProfile = options.mfaProfile ?? defaultMfaProfile
  const sourceProfile = options.sourceProfile ?? defaultSourceProfile
  const serialNumber =
    serialNumberOf(profiles, mfaProfile, sourceProfile, options.serialNumber) ??
    (await findDevice(world, profiles, { mfaProfile, sourceProfile, region: options.region }))
  const origin = chooseCodeOrigin(world, options, enrolmentSoFar(profiles, mfaProfile))
  const needsSeed = origin.seedStore === 'keychain' || origin.seedStore === 'file'
  if (needsSeed && !isVirtual(serialNumber)) {
    throw new Failure('usage', `'${serialNumber}' is a hardware token, whose seed nobody can read`, [
      'add --hardware-token: awsmfa then keeps the settings, and you type each code',
    ])
  }
  return {
    mfaProfile,
    sourceProfile,
    serialNumber,
    durationSeconds: options.durationSeconds ?? defaultDurationSeconds,
    ...origin,
  }
}

/** What the profile is enrolled with now. Enrolling anew is how a broken enrolment is mended, so that one counts for none. */
function enrolmentSoFar(profiles: AwsProfiles, mfaProfile: string): Enrolment | undefined {
  try {
    return profiles.enrolment(mfaProfile)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return undefined
  }
}

async function confirmReplacing(world: World, { serialNumber }: Enrolment, options: EnrollOptions): Promise<void> {
  if (options.replace) return
  const known = `${serialNumber} is enrolled already`
  if (!world.terminal.interactive) {
    throw new Failure('usage', known, 'add --replace to put another seed in its place once it has passed')
  }
  const yes = await world.terminal.confirm(`${known}. replace its seed once the new one has passed?`)
  if (!yes) throw new Failure('usage', `${known} and stays as it is`, 'nothing was changed')
}

async function prove(world: World, enrolment: Enrolment, options: EnrollOptions, source: CodeSource): Promise<Session> {
  // The person may have taken minutes to find the seed, so the files are read anew.
  const [profiles, clock] = [await AwsProfiles.read(world), await AwsClock.read(world)]
  try {
    return await getSession(world, clock, profiles, enrolment, source, options.region)
  } finally {
    if (clock.complaint !== undefined) world.terminal.warn(clock.complaint)
  }
}

async function takeBackSeed(
  world: World,
  serialNumber: string,
  store: SeedStore,
  before: Seed | undefined,
): Promise<void> {
  try {
    if (before === undefined) await store.delete()
    else await store.set(before)
  } catch {
    world.terminal.warn(`${store.name} does not tell whether it holds the seed of ${serialNumber} now`)
  }
}
