/** Where seeds are kept, and long-term keys that were moved: the keychain, and encrypted files. */

import type { Seed, SeedKey } from '../core/seed.js'
import type { LongTermKeys } from '../core/session.js'
import type { Failure } from '../errors.js'
import type { World } from '../world.js'

/**
 * The OS keychain. Items: service `awsmfa`, account = the serial number, password = the base32 seed; and account = `key:…`,
 * password = a key pair. What is got in the same moment is one question to the keychain.
 */
export interface Keychain {
  /**
   * @param meanwhile - runs while the keychain is on its way to an answer, which takes as long as other things do
   * @returns `undefined` only when the keychain was open and holds no such item
   * @throws SeedUnreadable when the item is no seed; Failure `act` when it is locked, absent, or its library is missing
   */
  get(serialNumber: string, meanwhile?: () => void): Promise<Seed | undefined>
  /** Stores the seed, reads it back and compares. Throws Failure `act`. */
  set(serialNumber: string, seed: Seed): Promise<void>
  /** The same for a key pair, by `keyAccount`. */
  getKeys(account: string, meanwhile?: () => void): Promise<LongTermKeys | undefined>
  setKeys(account: string, keys: LongTermKeys): Promise<void>
  /**
   * @param account - the serial number, or the account of keys
   * @returns whether there was an item; throws Failure `act` when that cannot be told
   */
  delete(account: string): Promise<boolean>
}

/** The same keychain, looked into as by a run that nobody watches: no dialog, no change, and no seed comes out. */
export interface KeychainProbe {
  /**
   * @param env - the environment of such a run
   * @throws Failure `act` as {@link Keychain.get} does
   */
  holdsSeed(serialNumber: string, env: World['env']): Promise<boolean>
  /** the program that is the keychain there, where that is cheaply known */
  provider(env: World['env']): Promise<string | undefined>
}

/** A device's seed file, by its absolute path, and what opens it. */
export interface SeedFilePlace {
  readonly path: string
  readonly key: SeedKey
}

/** Encrypted files for seeds, one a device; for machines without a keychain. */
export interface SeedFile {
  /** where the file of a device, or of keys, is made in this environment: another run may have another one, so it must be written down */
  defaultPath(account: string): string
  /** makes a file's name absolute, by the current folder */
  absolute(path: string): string
  /** What to say when there is no such file: where one of the same name is, or would be in this environment. */
  absence(path: string): Failure
  /**
   * @returns `undefined` when there is no such file
   * @throws SeedUnreadable when the file is damaged, or the key does not fit; Failure `act` when the key is absent or open
   *   to others, `retry` when the passphrase command takes too long
   */
  get(place: SeedFilePlace): Promise<Seed | undefined>
  /** Stores the seed, reads it back and compares. Throws Failure as {@link SeedFile.get} does. */
  set(place: SeedFilePlace, seed: Seed): Promise<void>
  /** The same for a key pair. */
  getKeys(place: SeedFilePlace): Promise<LongTermKeys | undefined>
  setKeys(place: SeedFilePlace, keys: LongTermKeys): Promise<void>
  /** @returns whether there was a file */
  delete(place: Pick<SeedFilePlace, 'path'>): Promise<boolean>
  /** Finds out whether a seed could be stored, and stores none. Throws Failure as {@link SeedFile.get} does. */
  check(place: SeedFilePlace): Promise<void>
  /**
   * Makes a new age identity in a file of mode 0600. It is removed at exit unless it is kept.
   *
   * @param owner - what it is for, which is written into it: a device, or a user who is to have one
   * @param mayAdopt - whether one that was made for the same owner is taken: for an interrupted run left it, when no
   *   enrolment names it
   * @throws Failure `usage` when there is another file already, `act` when it cannot be made
   */
  makeIdentity(path: string, owner: string, mayAdopt: boolean): Promise<NewIdentity>
  /** Removes an identity that was kept, if it is there. Throws Failure `act`. */
  removeIdentity(path: string): Promise<void>
}

export interface NewIdentity {
  /** whether it was there: then a seed file may need it, and neither of the two below does anything */
  readonly adopted: boolean
  keep(): void
  remove(): void
}
