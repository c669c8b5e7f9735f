import { attempt, Failure, SeedUnreadable } from '../../errors.js'
import type { World } from '../../world.js'
import { usableEnrolment } from '../choose.js'
import type { Enrolment } from '../enrolment.js'
import type { AwsProfiles } from '../profiles.js'
import type { Run } from '../run.js'
import type { CodeSource } from './codeSource.js'
import { isSeedSource, seedStore } from './table.js'

/**
 * Where there is no keychain the ways out are named. None is taken by itself.
 *
 * @param asked - what was asked of the store
 * @param otherwise - the flags that lead elsewhere
 */
export async function namingWaysOut<T>(asked: Promise<T>, { kind }: CodeSource, otherwise: string): Promise<T> {
  try {
    return await asked
  } catch (error) {
    const there = error instanceof SeedUnreadable
    if (!(error instanceof Failure) || there || kind !== 'keychain') throw error
    const ways = `on a machine without a keychain: ${otherwise}`
    // Where none answers, that is the likeliest of the hints: a server, a container, ssh.
    throw error.withHints(/^no keychain/.test(error.message) ? [ways, ...error.hints] : [...error.hints, ways])
  }
}

/**
 * Removes the seed of an enrolment that ends or moves, unless another profile needs it.
 *
 * @throws Failure `act` when it cannot be removed
 */
export async function forgetSeed(world: World, profiles: AwsProfiles, enrolment: Enrolment): Promise<void> {
  const store = seedStore(world, enrolment)
  if (store === undefined) return
  const { serialNumber, mfaProfile } = enrolment
  const others = holdersOf(profiles, enrolment).filter((name) => name !== mfaProfile)
  if (others.length > 0) {
    world.terminal.say(`the seed of ${serialNumber} stays in ${store.name} for profile ${others.join(', ')}`)
  } else if (await store.delete()) {
    world.terminal.say(`the seed of ${serialNumber} is removed from ${store.name}`)
  } else {
    world.terminal.say(`${store.name} held no seed for ${serialNumber}`)
  }
}

/**
 * Whether an enrolment has the seed that it needs. A config file may have come here from another machine, without it.
 *
 * @throws Failure `act` when its store does not tell
 */
export async function holdsSeed(world: World, enrolment: Enrolment): Promise<boolean> {
  const store = seedStore(world, enrolment)
  return store === undefined || (await store.get()) !== undefined
}

/**
 * Whether a profile has the only copy of a seed that nobody else may have: AWS gave it to awsmfa, and without it the device
 * stays enabled while nobody can make its codes.
 */
export async function isOnlyCopy(
  profiles: AwsProfiles,
  { mfaProfile, serialNumber, codes }: Enrolment,
): Promise<boolean> {
  if (!isSeedSource(codes) || !profiles.isCreated(serialNumber)) return false
  for (const name of profiles.enrolledWith(serialNumber)) {
    const other = name === mfaProfile ? undefined : await usableEnrolment(profiles, name)
    if (other !== undefined && isSeedSource(other.codes)) return false
  }
  return true
}

/**
 * The end of an only copy is the person's word, which `unenroll` asks for; nothing else may bring it about. Another code
 * source of the same device is proven by a code, so that somebody else has the seed.
 *
 * @param enrolment - what the profile is to be enrolled with
 * @param proven - whether a code is needed before that
 * @throws Failure `usage`
 */
export async function expectNoSeedLost(profiles: AwsProfiles, enrolment: Enrolment, proven = true): Promise<void> {
  const { mfaProfile, serialNumber } = enrolment
  const before = await usableEnrolment(profiles, mfaProfile)
  if (before === undefined || !(await isOnlyCopy(profiles, before))) return
  const sameDevice = before.serialNumber === serialNumber
  if (sameDevice && proven) return
  const fact = `profile ${mfaProfile} has the only copy of the seed of ${before.serialNumber}, a device that awsmfa made`
  throw new Failure(
    'usage',
    fact,
    sameDevice
      ? 'run it in a terminal: a code that you type there proves that you have the seed elsewhere too'
      : [
          'name another profile with --mfa-profile-name: this one stays as it is',
          `or end this one first, and its device: awsmfa unenroll --mfa-profile-name ${mfaProfile} --delete-device`,
        ],
  )
}

/** The enrolled profiles whose codes come from the same place of the same device. */
export function holdersOf(
  profiles: AwsProfiles,
  { serialNumber, codes }: Pick<Enrolment, 'serialNumber' | 'codes'>,
): readonly string[] {
  return profiles.enrolled().filter((name) => {
    const keys = profiles.keys('config', name)
    return keys?.mfa_serial === serialNumber && (keys.awsmfa_seed_store ?? 'keychain') === codes.kind
  })
}

/**
 * A seed that the profile has no use for any more must not stay where it was: that may be the less safe place of the two.
 * Where nobody has typed a code nothing is proven, so it stays.
 */
export async function forgetFormerSeed(run: Run, before: Enrolment | undefined, enrolment: Enrolment): Promise<void> {
  const { world } = run
  if (before === undefined || !isSeedSource(before.codes)) return
  if (before.serialNumber === enrolment.serialNumber && before.codes.kind === enrolment.codes.kind) {
    return await forgetLeftInKeychain(run, enrolment)
  }
  if (enrolment.codes.kind === 'none' && !world.terminal.interactive) return
  const gone = await attempt(async () => forgetSeed(world, await run.read(), before))
  if (gone instanceof Failure) world.terminal.warn(`the seed may still be where it was before: ${gone.message}`)
}

/** A move into a file that was cut short at its end has left the seed in the keychain, where no profile looks for it. */
async function forgetLeftInKeychain(run: Run, { serialNumber, codes }: Enrolment): Promise<void> {
  const left = { serialNumber, codes: { kind: 'keychain' } } as const
  if (codes.kind !== 'file' || holdersOf(await run.read(), left).length > 0) return
  // Where there is no keychain there is nothing in it.
  const gone = await attempt(() => seedStore(run.world, left).delete())
  if (gone === true) run.world.terminal.say(`the seed of ${serialNumber} is removed from the keychain, too`)
}
