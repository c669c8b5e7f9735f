import { removeProfile, setProfile } from '../core/awsFileEdit.js'
import { putBackKeys, takeOutKeys } from '../core/keyLines.js'
import { formatKeyPair, keyAccount, sameKeys } from '../core/keyPair.js'
import type { LongTermKeys } from '../core/session.js'
import { attempt, Failure } from '../errors.js'
import type { SeedSource } from '../session/codes/codeSource.js'
import { namingWaysOut } from '../session/codes/seeds.js'
import { sourceKeys } from '../session/gate.js'
import { identify } from '../session/identify.js'
import type { AwsProfiles } from '../session/profiles.js'
import type { Run } from '../session/run.js'
import { type KeyPlace, keyPlace, keyPlaceChanges, keyPlaceKeys, keyStore } from '../session/sourceKeys.js'
import { checkWritable } from '../session/write.js'
import { changeNote, expectNoRotation, readNote } from './notes.js'

/** What the Windows Credential Manager takes: 2,560 bytes of UTF-16. */
const mostCharacters = 1_280

export interface MoveOptions {
  readonly sourceProfile: string
  /** where the keys go */
  readonly store: SeedSource
  readonly region?: string | undefined
}

/**
 * Moves a profile's keys from their file into a store. They are proven, stored and read back before the config names the
 * store; their two lines go last. While they stand in the file they count, so that it can be cut short anywhere: the same
 * command goes on.
 *
 * @returns where they are now
 * @throws Failure; then the file has them as before
 */
export async function moveKeys(run: Run, { sourceProfile, store, region }: MoveOptions): Promise<KeyPlace> {
  const { world } = run
  const profiles = await run.read()
  const source = sourceKeys(profiles, sourceProfile)
  if ('place' in source) {
    const { name } = keyStore(world, source.place)
    throw new Failure('usage', `the key of source profile ${sourceProfile} is in ${name} already`, [
      `awsmfa keys restore --profile ${sourceProfile} puts it back into the file`,
    ])
  }
  expectNoRotation(sourceProfile, await readNote(world, sourceProfile))
  const { keys } = source
  // What cannot be written is found out before anything is.
  takeOutKeys(profiles.file(source.file), sourceProfile)
  const example = { account: 'key:123456789012/a', store }
  setProfile(profiles.file('config'), sourceProfile, keyPlaceChanges(example))
  await checkWritable(run, 'config', source.file)
  if (formatKeyPair(keys).length > mostCharacters) {
    throw new Failure('act', `the key of source profile ${sourceProfile} is too long for a keychain`, 'it stays there')
  }
  const { user } = await identify(run, profiles, { sourceProfile, keys, regionFlag: region })
  const account = keyAccount(user.arn)
  const place: KeyPlace = {
    account,
    store: store.kind === 'file' ? { ...store, path: store.path ?? world.seedFile.defaultPath(account) } : store,
  }
  await world.lock.hold('devices', () => moveTo(run, sourceProfile, place, keys))
  return place
}

async function moveTo(run: Run, sourceProfile: string, place: KeyPlace, keys: LongTermKeys): Promise<void> {
  const { world } = run
  const store = keyStore(world, place)
  const others = sharing(await run.read(), sourceProfile, place)
  const waysOut = '--seed-store file --identity FILE'
  const held = await namingWaysOut(store.get(), place.store, waysOut)
  if (others.length > 0 && held !== undefined && !sameKeys(keys, held)) {
    throw new Failure('act', `${store.name} holds another key of the same user, for profile ${others.join(', ')}`, [
      `two profiles of one user share one key there: let ${sourceProfile} go, and use ${others[0]}`,
    ])
  }
  await namingWaysOut(store.set(keys), place.store, waysOut)
  try {
    await world.lock.hold('session', () => nameStore(run, sourceProfile, place, keys))
  } catch (error) {
    if (error instanceof Failure && others.length === 0) await takeBack(run, sourceProfile, place)
    throw error
  }
}

/** From here on the files are changed: first the config says where the keys are, then their lines go. */
async function nameStore(run: Run, sourceProfile: string, place: KeyPlace, keys: LongTermKeys): Promise<void> {
  const { awsFiles } = run.world
  const before = await run.read()
  const source = sourceKeys(before, sourceProfile)
  if (!('keys' in source) || !sameKeys(keys, source.keys)) {
    throw new Failure('retry', `the keys of source profile ${sourceProfile} were changed meanwhile`, 'run it again')
  }
  const { file } = source
  const { lines } = takeOutKeys(before.file(file), sourceProfile)
  const madeSection = before.keys('config', sourceProfile) === undefined
  const changes = keyPlaceChanges(place)
  const known = (await readNote(run.world, sourceProfile)).moved
  // An earlier run may have made the section, and come no further.
  const moved = { file, lines, madeSection: madeSection || known?.madeSection === true }
  await changeNote(run.world, sourceProfile, { moved })
  await awsFiles.edit('config', (text) => setProfile(before.model('config', text), sourceProfile, changes))
  const named = await run.read()
  if (JSON.stringify(keyPlace(named, sourceProfile)) !== JSON.stringify(place)) throw notKept(named.path('config'))
  await awsFiles.edit(file, (text) => takeOutKeys(named.model(file, text), sourceProfile).text)
  if ('keys' in sourceKeys(await run.read(), sourceProfile)) throw notKept(named.path(file))
}

function notKept(path: string): Failure {
  return new Failure('retry', `${path} does not read back as it was written`, [
    'another program may have written the file at the same moment: run the command again',
  ])
}

/** After a failure of which the person is told anyway. While the file has the keys nothing else needs the store's. */
async function takeBack(run: Run, sourceProfile: string, place: KeyPlace): Promise<void> {
  const undone = await attempt(async () => {
    const profiles = await run.read()
    if (!('keys' in sourceKeys(profiles, sourceProfile))) return
    await forgetPlace(run, sourceProfile)
    await keyStore(run.world, place).delete()
  })
  if (!(undone instanceof Failure)) return
  run.world.terminal.warn(`the key may be in ${keyStore(run.world, place).name} too: run the same command again`)
}

/** Takes the settings out of the config, and the section with them that came with them. */
async function forgetPlace(run: Run, sourceProfile: string): Promise<void> {
  const before = await run.read()
  const { moved } = await readNote(run.world, sourceProfile)
  await run.world.awsFiles.edit('config', (text) => {
    const file = before.model('config', text)
    if (moved?.madeSection) return removeProfile(file, sourceProfile, keyPlaceKeys)
    return setProfile(file, sourceProfile, keyPlaceChanges(undefined))
  })
  await changeNote(run.world, sourceProfile, { moved: undefined })
}

/** The other source profiles whose keys are in the same place. */
function sharing(profiles: AwsProfiles, sourceProfile: string, { account, store }: KeyPlace): readonly string[] {
  return profiles.namesWith('awsmfa_key_account').filter((name) => {
    const keys = profiles.keys('config', name)
    return name !== sourceProfile && keys?.awsmfa_key_account === account && keys.awsmfa_key_store === store.kind
  })
}

/**
 * Puts a profile's keys back into the file, where they were; then what the store holds goes, and last the settings.
 *
 * @returns the file that has them now, for messages
 * @throws Failure; the same command goes on
 */
export async function restoreKeys(run: Run, sourceProfile: string): Promise<string> {
  const { world } = run
  const profiles = await run.read()
  const place = keyPlace(profiles, sourceProfile)
  if (place === undefined) {
    throw new Failure('usage', `the key of source profile ${sourceProfile} was not moved`, 'awsmfa keys status')
  }
  const note = await readNote(world, sourceProfile)
  expectNoRotation(sourceProfile, note)
  const file = note.moved?.file ?? 'credentials'
  await checkWritable(run, 'config', file)
  const store = keyStore(world, place)
  await world.lock.hold('devices', async () => {
    const held = await store.get()
    await world.lock.hold('session', () => putBack(run, sourceProfile, held, store.name))
    // While the config names the store, what is left in it is found by the next run.
    if (sharing(await run.read(), sourceProfile, place).length === 0) await store.delete()
    await world.lock.hold('session', () => forgetPlace(run, sourceProfile))
  })
  return world.awsFiles.path(file)
}

async function putBack(run: Run, sourceProfile: string, held: LongTermKeys | undefined, name: string): Promise<void> {
  const before = await run.read()
  const source = await attempt(async () => sourceKeys(before, sourceProfile))
  if (source instanceof Failure) throw source
  if ('keys' in source) {
    if (held === undefined || sameKeys(source.keys, held)) return
    throw new Failure('act', `${name} and the files hold different keys for source profile ${sourceProfile}`, [
      `take the wrong ones away: the lines in ${before.path(source.file)}, or awsmfa keys move, which keeps those of the file`,
    ])
  }
  if (held === undefined)
    throw new Failure('act', `${name} holds no key for source profile ${sourceProfile}`, [
      `put the user's keys into the credentials file: aws configure --profile ${sourceProfile}`,
    ])
  const { moved } = await readNote(run.world, sourceProfile)
  const file = moved?.file ?? 'credentials'
  await run.world.awsFiles.edit(file, (text) =>
    putBackKeys(before.model(file, text), sourceProfile, held, moved?.lines),
  )
  const now = sourceKeys(await run.read(), sourceProfile)
  if (!('keys' in now) || !sameKeys(held, now.keys)) throw notKept(before.path(file))
}
