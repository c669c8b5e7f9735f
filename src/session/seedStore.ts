import type { CodeOrigin, Enrolment, SeedOrigin } from '../core/enrolment.js'
import type { Seed } from '../core/seed.js'
import { Failure } from '../errors.js'
import type { World } from '../world.js'
import type { AwsProfiles } from './awsProfiles.js'

/** The one place of one device's seed. What it throws is told where {@link World} declares it. */
export interface SeedStore {
  /** for messages */
  readonly name: string
  /** what to say when {@link SeedStore.get} finds none */
  absence(): Failure
  get(): Promise<Seed | undefined>
  set(seed: Seed): Promise<void>
  delete(): Promise<boolean>
  /** Finds out whether a seed can be stored. */
  check(): Promise<void>
}

/** @returns `undefined` when the codes do not come from a seed of ours */
export function seedStoreOf(world: World, place: SeedPlace & SeedOrigin): SeedStore
export function seedStoreOf(world: World, place: SeedPlace): SeedStore | undefined
export function seedStoreOf(world: World, { serialNumber, ...origin }: SeedPlace): SeedStore | undefined {
  const { keychain, seedFile } = world
  switch (origin.seedStore) {
    case 'keychain':
      return {
        name: 'the keychain',
        absence: () =>
          new Failure(
            'act',
            `the keychain holds no seed for ${serialNumber}`,
            'it was removed, or enrolled on another machine',
          ),
        get: () => keychain.get(serialNumber),
        set: (seed) => keychain.set(serialNumber, seed),
        delete: () => keychain.delete(serialNumber),
        check: async () => void (await keychain.get(serialNumber)),
      }
    case 'file': {
      const place = { path: seedFile.defaultPath(serialNumber), key: origin.seedKey }
      return {
        name: `the file ${place.path}`,
        absence: () => seedFile.absence(place.path),
        get: () => seedFile.get(place),
        set: (seed) => seedFile.set(place, seed),
        delete: () => seedFile.delete(place),
        check: () => seedFile.check(place),
      }
    }
    default:
      return undefined
  }
}

/**
 * Where there is no keychain the ways out are named. None is taken by itself.
 *
 * @param asked - what was asked of the store
 * @param otherwise - the flags that lead elsewhere
 */
export async function namingWaysOut<T>(asked: Promise<T>, { seedStore }: CodeOrigin, otherwise: string): Promise<T> {
  try {
    return await asked
  } catch (error) {
    if (!(error instanceof Failure) || seedStore !== 'keychain') throw error
    const { kind, message, hints, cause } = error
    throw new Failure(kind, message, [...hints, `on a machine without a keychain: ${otherwise}`], cause)
  }
}

/**
 * Removes the seed of an enrolment that ends or moves, unless another profile needs it.
 *
 * @throws Failure `act` when it cannot be removed
 */
export async function forgetSeed(world: World, profiles: AwsProfiles, enrolment: Enrolment): Promise<void> {
  const store = seedStoreOf(world, enrolment)
  if (store === undefined) return
  const { serialNumber, mfaProfile } = enrolment
  const others = profiles.enrolled().filter((name) => {
    const keys = profiles.keys('config', name)
    const sameStore = (keys?.awsmfa_seed_store ?? 'keychain') === enrolment.seedStore
    return name !== mfaProfile && keys?.mfa_serial === serialNumber && sameStore
  })
  if (others.length > 0) {
    world.terminal.say(`the seed of ${serialNumber} stays in ${store.name} for profile ${others.join(', ')}`)
  } else if (await store.delete()) {
    world.terminal.say(`the seed of ${serialNumber} is removed from ${store.name}`)
  } else {
    world.terminal.say(`${store.name} held no seed for ${serialNumber}`)
  }
}

type SeedPlace = CodeOrigin & Pick<Enrolment, 'serialNumber'>
