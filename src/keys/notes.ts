import { formatKeyNotes, type KeyNote, type KeyNotes, parseKeyNotes, type Rotation } from '../core/keyNotes.js'
import { Failure } from '../errors.js'
import { keepNews, readNews } from '../session/news.js'
import type { World } from '../world.js'

/** What is known of one source profile's keys. @throws Failure `act` when that cannot be read */
export async function readNote(world: World, sourceProfile: string): Promise<KeyNote> {
  return parseKeyNotes(await world.state.read('keys.json'))[sourceProfile] ?? {}
}

/** What is known of all of them, for those who only show it. */
export async function readNotes(world: World): Promise<KeyNotes> {
  return parseKeyNotes(await readNews(world, 'keys.json'))
}

/**
 * Writes down what is about to be done; to be called before it is. `undefined` takes an entry out.
 *
 * @throws Failure `act`
 */
export async function changeNote(
  world: World,
  sourceProfile: string,
  changes: { readonly [Name in keyof KeyNote]: KeyNote[Name] | undefined },
): Promise<void> {
  await world.state.edit('keys.json', (text) => withNote(text, sourceProfile, changes))
}

/** Keeps when a key was made, for `status`, which asks nobody. */
export async function keepMade(
  world: World,
  sourceProfile: string,
  accessKeyId: string | undefined,
  at: string,
): Promise<void> {
  const made = accessKeyId === undefined ? undefined : { accessKeyId, at }
  await keepNews(world, 'keys.json', (text) => withNote(text, sourceProfile, { made }))
}

function withNote(text: string, sourceProfile: string, changes: object): string {
  const notes = parseKeyNotes(text)
  const note = Object.entries({ ...notes[sourceProfile], ...changes }).filter(([, value]) => value !== undefined)
  return formatKeyNotes({ ...notes, [sourceProfile]: Object.fromEntries(note) })
}

/** @throws Failure `act` while a key of the profile is being rotated: one thing after the other */
export function expectNoRotation(sourceProfile: string, { rotation }: KeyNote): void {
  if (rotation === undefined) return
  const state = rotation.phase === 'inactive' ? 'its old key is kept inactive yet' : 'it was cut short'
  throw new Failure('act', `the key of source profile ${sourceProfile} is being rotated: ${state}`, [
    rotation.phase === 'inactive'
      ? `awsmfa keys rotate --profile ${sourceProfile} --delete-now ends that, --undo takes it back`
      : `awsmfa keys rotate --profile ${sourceProfile} goes on with it, --undo takes it back`,
  ])
}

export function isDue(rotation: Rotation, now: Date): boolean {
  return rotation.deleteAt !== undefined && Date.parse(rotation.deleteAt) <= now.getTime()
}
