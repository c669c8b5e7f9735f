import { Failure, SeedUnreadable } from '../../errors.js'
import type { World } from '../../world.js'
import type { Enrolment } from '../enrolment.js'
import type { AwsProfiles } from '../profiles.js'
import type { CodeSource } from './codeSource.js'
import { seedStore } from './table.js'

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
