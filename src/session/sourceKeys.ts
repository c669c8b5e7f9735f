import type { Profile } from '../core/awsFile.js'
import type { AwsFileKind } from '../core/awsFileScan.js'
import type { LongTermKeys } from '../core/session.js'
import { Failure } from '../errors.js'
import type { World } from '../world.js'
import type { SeedSource } from './codes/codeSource.js'
import { placeOf, readFileSource, writeFileSource } from './codes/file.js'
import { takesTime } from './codes/table.js'
import type { AwsProfiles } from './profiles.js'

/*
 * Where the long-term keys of a source profile are: as lines of an AWS file, or, after `awsmfa keys move`, in a seed store.
 * Everything that signs with them goes through here. The file counts while it has keys, as it does for all of AWS's tools;
 * otherwise what the source profile's section of the config says, and never anything else.
 */

/** Where a key is that was moved. */
export interface KeyPlace {
  /** as `keyAccount` makes it */
  readonly account: string
  readonly store: SeedSource
}

/** The keys themselves where a file holds them, else the place that they are to be got from. */
export type KeySource =
  | { readonly file: AwsFileKind; readonly keys: LongTermKeys }
  | { readonly sourceProfile: string; readonly place: KeyPlace }

const mark = 'awsmfa_key_store'

/** Whether a profile has long-term keys, in a file or where they were moved. */
export function hasKeys(keys: Profile): boolean {
  return keys.aws_access_key_id !== undefined || keys[mark] !== undefined
}

/** The keys of the source profile's section of the config that awsmfa owns. */
export const keyPlaceKeys: readonly string[] = [
  mark,
  'awsmfa_key_account',
  'awsmfa_key_file',
  'awsmfa_key_identity',
  'awsmfa_key_passphrase_file',
  'awsmfa_key_passphrase_command',
]

/**
 * What the config says of a source profile's keys.
 *
 * @returns `undefined` when they were not moved
 * @throws Failure `act` when a setting is missing or its value is not possible
 */
export function keyPlace(profiles: AwsProfiles, sourceProfile: string): KeyPlace | undefined {
  const keys: Profile = profiles.keys('config', sourceProfile) ?? {}
  const origin = (key: string) => `${key} of profile ${sourceProfile} in ${profiles.path('config')}`
  const { [mark]: kind, awsmfa_key_account: account = '' } = keys
  if (kind === undefined) return undefined
  if (kind !== 'keychain' && kind !== 'file') {
    throw new Failure('act', `${origin(mark)} is '${kind}'`, 'it may be keychain or file')
  }
  if (!/^key:[0-9]{12}\/[!-~]+$/.test(account)) {
    throw new Failure('act', `${origin('awsmfa_key_account')} names no key`, [
      'it looks like key:123456789012/alice; or put the keys into the credentials file again, and run: awsmfa keys move',
    ])
  }
  return { account, store: kind === 'file' ? readFileSource({ keys, origin }, 'key') : { kind } }
}

/** The config keys that say a place; each of {@link keyPlaceKeys} has a value or is to go. */
export function keyPlaceChanges(place: KeyPlace | undefined): Record<string, string | undefined> {
  const absent = Object.fromEntries(keyPlaceKeys.map((key) => [key, undefined]))
  if (place === undefined) return absent
  const { account, store } = place
  const file = store.kind === 'file' ? writeFileSource(store, 'key') : {}
  return { ...absent, [mark]: store.kind, awsmfa_key_account: account, ...file }
}

/** A store of one key pair. What it throws is told where {@link World} declares it. */
export interface KeyStore {
  /** for messages */
  readonly name: string
  /** @param meanwhile - runs while the store is on its way to an answer, where it does not keep us busy itself */
  get(meanwhile?: () => void): Promise<LongTermKeys | undefined>
  /** Stores the keys, reads them back and compares. */
  set(keys: LongTermKeys): Promise<void>
  delete(): Promise<boolean>
}

export function keyStore({ keychain, seedFile }: World, { account, store }: KeyPlace): KeyStore {
  if (store.kind === 'keychain') {
    return {
      name: 'the keychain',
      get: (meanwhile) => keychain.getKeys(account, meanwhile),
      set: (keys) => keychain.setKeys(account, keys),
      delete: () => keychain.delete(account),
    }
  }
  const at = placeOf(seedFile, account, store)
  return {
    name: `the file ${at.path}`,
    get: () => seedFile.getKeys(at),
    set: (keys) => seedFile.setKeys(at, keys),
    delete: () => seedFile.delete(at),
  }
}

/** Whether getting keys may take a person's time, or a program's of theirs: that never happens under the lock. */
export function keysTakeTime(world: World, source: KeySource): boolean {
  return 'place' in source && takesTime(world, source.place.store)
}

/**
 * @param meanwhile - what can be done while the store is on its way to an answer
 * @throws Failure `act` when the store is closed, or does not hold them
 */
export async function openKeys(world: World, source: KeySource, meanwhile?: () => void): Promise<LongTermKeys> {
  if ('keys' in source) return source.keys
  const { sourceProfile, place } = source
  const store = keyStore(world, place)
  const keys = await store.get(meanwhile)
  if (keys !== undefined) return keys
  const name = place.account.slice('key:'.length)
  throw new Failure('act', `${store.name} holds no long-term key ${name} for source profile ${sourceProfile}`, [
    'it was removed, or moved there on another machine',
    `put the user's keys into the credentials file again (aws configure --profile ${sourceProfile}); awsmfa keys move moves them`,
  ])
}
