import { parseCode } from '../core/code.js'
import { defaultDurationSeconds, inWords } from '../core/duration.js'
import type { Enrolment } from '../core/enrolment.js'
import { secondsLeft } from '../core/freshness.js'
import { localTime } from '../core/localTime.js'
import type { Seed } from '../core/seed.js'
import { isVirtual, parseSerialNumber } from '../core/serialNumber.js'
import type { Session } from '../core/session.js'
import { Failure } from '../errors.js'
import { AwsClock } from '../pipeline/awsClock.js'
import { AwsProfiles } from '../pipeline/awsProfiles.js'
import { enteredSeed, type SeedSource } from '../pipeline/enteredSeed.js'
import { recordRefreshed } from '../pipeline/outcome.js'
import type { CodeSource } from '../pipeline/session.js'
import { getSession } from '../pipeline/session.js'
import type { Settings } from '../pipeline/settings.js'
import { defaultMfaProfile, defaultSourceProfile, serialNumberOf } from '../pipeline/settings.js'
import { updateStamp } from '../pipeline/stamp.js'
import { checkWritable, rehearse, restoreProfile, writeEnrolments, writeSession } from '../pipeline/writeSession.js'
import type { World } from '../world.js'

export interface EnrollOptions extends Settings, SeedSource {
  readonly mfaProfile?: string | undefined
  readonly region?: string | undefined
  /** keep the settings without a seed: later codes are typed */
  readonly hardwareToken: boolean
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
  if (options.hardwareToken) return enrollHardwareToken(world, enrolment, options)

  const before = await world.keychain.get(enrolment.serialNumber)
  if (before !== undefined) await confirmReplacing(world, enrolment, options)
  const seed = await enteredSeed(world, enrolment.serialNumber, options)

  await world.lock.hold(async () => {
    const session = await prove(world, enrolment, options, { seed })
    const profiles = await AwsProfiles.read(world)
    try {
      await world.keychain.set(enrolment.serialNumber, seed)
      await writeSession(world, [enrolment], session)
    } catch (error) {
      await takeBackSeed(world, enrolment.serialNumber, before)
      await takeBackProfile(world, profiles, enrolment.mfaProfile)
      throw error
    }
    await celebrate(world, enrolment, session)
    world.terminal.say('from now on `awsmfa refresh` needs no input')
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
  const typed = parseCode(await world.terminal.ask(`code of ${enrolment.serialNumber}:`))
  await world.lock.hold(async () => {
    const session = await prove(world, enrolment, options, { typed })
    await writeSession(world, [enrolment], session)
    await celebrate(world, enrolment, session)
  })
}

async function describe(world: World, profiles: AwsProfiles, options: EnrollOptions): Promise<Enrolment> {
  const mfaProfile = options.mfaProfile ?? defaultMfaProfile
  const sourceProfile = options.sourceProfile ?? defaultSourceProfile
  const serialNumber =
    serialNumberOf(profiles, mfaProfile, sourceProfile, options.serialNumber) ?? (await askSerialNumber(world))
  if (!options.hardwareToken && !isVirtual(serialNumber)) {
    throw new Failure('usage', `'${serialNumber}' is a hardware token, whose seed nobody can read`, [
      'add --hardware-token: awsmfa then keeps the settings, and you type each code',
    ])
  }
  return {
    mfaProfile,
    sourceProfile,
    serialNumber,
    durationSeconds: options.durationSeconds ?? defaultDurationSeconds,
    seedStore: options.hardwareToken ? 'none' : 'keychain',
  }
}

async function askSerialNumber(world: World): Promise<string> {
  if (!world.terminal.interactive) {
    throw new Failure('usage', '--serial-number is required: no profile names an MFA device', [
      'give the ARN of the device, arn:aws:iam::123456789012:mfa/NAME',
    ])
  }
  return parseSerialNumber(await world.terminal.ask('serial number (ARN) of the MFA device:'), 'the answer')
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

async function takeBackSeed(world: World, serialNumber: string, before: Seed | undefined): Promise<void> {
  try {
    if (before === undefined) await world.keychain.delete(serialNumber)
    else await world.keychain.set(serialNumber, before)
  } catch {
    world.terminal.warn(`the keychain does not tell whether it holds the seed of ${serialNumber} now`)
  }
}

async function takeBackProfile(world: World, before: AwsProfiles, mfaProfile: string): Promise<void> {
  try {
    await restoreProfile(world, before, mfaProfile)
  } catch {
    world.terminal.warn(`profile ${mfaProfile} could not be put back to what it was`)
  }
}

async function celebrate(world: World, { mfaProfile }: Enrolment, session: Session): Promise<void> {
  await recordRefreshed(world, [mfaProfile])
  await updateStamp(world)
  const left = inWords(secondsLeft(session.expiration, (await AwsClock.read(world)).now()))
  world.terminal.say(`profile ${mfaProfile} is enrolled and good until ${localTime(session.expiration)} (${left})`)
}
