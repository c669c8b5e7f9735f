import { Failure } from '../errors.js'
import { KeyAuthority } from '../keys/authority.js'
import { chooseSourceProfile, enrolmentsOf } from '../keys/chooseSource.js'
import { readNote } from '../keys/notes.js'
import { rotate, undo } from '../keys/rotate.js'
import type { Rotating } from '../keys/rotating.js'
import { keyStores } from '../keys/stores.js'
import { deleteOther } from '../keys/twoKeys.js'
import { passGate } from '../session/gate.js'
import { identify } from '../session/identify.js'
import { Run } from '../session/run.js'
import { openKeys } from '../session/sourceKeys.js'
import type { World } from '../world.js'

export interface RotateOptions {
  readonly sourceProfile?: string | undefined
  readonly region?: string | undefined
  /** how long the old key is kept inactive; default: a day */
  readonly keepOldSeconds?: number | undefined
  /** delete the old key at once */
  readonly deleteNow?: boolean
  /** take the last rotation back */
  readonly undo?: boolean
  /** delete the other key of the user first, the one that ends so */
  readonly deleteOther?: string | undefined
}

const day = 86_400

/**
 * Exchanges the long-term key of a source profile for a new one, or goes on with an exchange that was cut short.
 *
 * @throws Failure; then a key that works is stored, and the next run goes on
 */
export async function rotateKeys(world: World, options: RotateOptions): Promise<void> {
  const run = await Run.start(world)
  const rotating = await prepare(run, options)
  const { stores, sourceProfile } = rotating
  if (options.undo) return await undo(rotating)
  if (options.deleteOther !== undefined) {
    const { rotation } = await readNote(world, sourceProfile)
    const inUse = await stores.main.get()
    if (rotation === undefined && inUse !== undefined) {
      await rotating.authority.open()
      await deleteOther(rotating, inUse.accessKeyId, options.deleteOther)
    }
  }
  await rotate(rotating)
}

/** Everything that can be found out without a code. */
async function prepare(run: Run, options: RotateOptions): Promise<Rotating> {
  const { world } = run
  const profiles = await run.read()
  const sourceProfile = chooseSourceProfile(profiles, options.sourceProfile)
  const [first, ...others] = await enrolmentsOf(profiles, sourceProfile)
  if (first === undefined || first.role !== undefined) {
    throw new Failure('act', `no MFA profile is enrolled with source profile ${sourceProfile}`, [
      `IAM wants a session with MFA for this: awsmfa enroll --profile ${sourceProfile}`,
    ])
  }
  const source = passGate(profiles, first)
  const stores = keyStores(run, sourceProfile, source)
  const { rotation } = await readNote(world, sourceProfile)
  // A store that lost the one key in the middle of a rotation has the other.
  const keys =
    (rotation && ((await stores.main.get()) ?? (await stores.beside.get()))) ?? (await openKeys(world, source))
  const { serialNumber } = first
  const identified = await identify(run, profiles, { sourceProfile, keys, regionFlag: options.region, serialNumber })
  return {
    run,
    sourceProfile,
    source,
    userName: identified.user.userName,
    authority: new KeyAuthority(run, first, identified, options.region),
    stores,
    enrolments: [first, ...others],
    keepOldSeconds: options.keepOldSeconds ?? day,
    deleteNow: options.deleteNow ?? false,
  }
}
