import { type Check, type Checks, warn } from '../core/doctor/check.js'
import { ageInDays, type ListedKey, oldKeyDays } from '../core/keyPair.js'
import { attempt, Failure } from '../errors.js'
import { sourceProfiles } from '../keys/chooseSource.js'
import { readNotes } from '../keys/notes.js'
import { sourceKeys } from '../session/gate.js'
import type { AwsProfiles } from '../session/profiles.js'
import { keyPlace } from '../session/sourceKeys.js'
import type { World } from '../world.js'

/** Rotations and moves that were cut short, as far as files tell; nothing when there are none. */
export async function checkKeyFiles(world: World, profiles: AwsProfiles): Promise<readonly Checks[]> {
  const notes = await readNotes(world)
  const checks: Check[] = []
  for (const [name, { rotation }] of Object.entries(notes)) {
    if (rotation === undefined || rotation.phase === 'inactive') continue
    const what = `the rotation of the key of source profile ${name} was cut short; a key that works is stored`
    checks.push(warn('rotation', what, `awsmfa keys rotate --profile ${name} goes on with it, --undo takes it back`))
  }
  for (const name of sourceProfiles(profiles)) {
    const source = await attempt(async () => keyPlace(profiles, name) && sourceKeys(profiles, name))
    if (source === undefined || source instanceof Failure || !('keys' in source)) continue
    const what = `the key of source profile ${name} is in ${profiles.path(source.file)}, although it was moved; the file counts`
    checks.push(
      warn('key-store', what, `awsmfa keys move --profile ${name} moves that one, awsmfa keys restore ends the move`),
    )
  }
  return checks.length === 0 ? [] : [{ about: 'long-term keys', checks }]
}

/** Whether the key in use is so old that it should be exchanged. */
export function checkAge(
  listed: readonly ListedKey[],
  accessKeyId: string,
  now: Date,
  profile: string,
): readonly Check[] {
  const createdAt = listed.find((each) => each.accessKeyId === accessKeyId)?.createdAt
  const days = createdAt === undefined ? 0 : ageInDays(createdAt, now)
  if (days <= oldKeyDays) return []
  const what = `the key ending in ${accessKeyId.slice(-4)} is ${days} days old; CIS asks for a new one after ${oldKeyDays}`
  return [warn('key-age', what, `awsmfa keys rotate --profile ${profile}`)]
}
