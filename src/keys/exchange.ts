import type { Rotation } from '../core/keyNotes.js'
import { keyEnd } from '../core/keyPair.js'
import type { LongTermKeys } from '../core/session.js'
import { formatInstant } from '../core/time.js'
import { attempt, Failure, StsFailure } from '../errors.js'
import { sessionFor } from '../session/sessionFor.js'
import { readNote } from './notes.js'
import { NeverKnown, waitUntilKnown } from './prove.js'
import { again, note, type Rotating, step, unlessAbsent } from './rotating.js'

/**
 * Proves the key that lies beside, and lets it take the other one's place, which lies beside then.
 *
 * @returns whether a session was written that was got with it
 */
export async function exchange(rotating: Rotating, rotation: Rotation): Promise<boolean> {
  const { run, stores, authority, userName } = rotating
  const [inUse, beside] = [await stores.main.get(), await attempt(() => stores.beside.get())]
  const accessKeyId = rotation.newKeyId ?? ''
  const switched = { ...rotation, phase: 'switched' } as const
  if (inUse?.accessKeyId === accessKeyId) {
    await step(rotating, rotation, () => note(rotating, switched))
    return false
  }
  if (beside instanceof Failure) throw beside
  if (beside?.accessKeyId !== accessKeyId) {
    await giveUp(rotating, rotation)
    const what = `${stores.beside.name} does not hold the secret of the key ${keyEnd(accessKeyId)} any more`
    throw new Failure('act', what, 'nothing is changed: run the same command again')
  }
  if (rotation.undo) {
    await authority.attempt((signer) => run.world.iam.setKeyActive(signer, { userName, accessKeyId }, true))
  }
  try {
    await waitUntilKnown(run, authority, beside)
  } catch (error) {
    if (error instanceof NeverKnown) await giveUp(rotating, rotation)
    throw error
  }
  await sessionWith(rotating, beside, async () => {
    await step(rotating, rotation, async () => {
      await putInPlace(rotating, beside)
      await note(rotating, switched)
    })
    const { rotation: now } = await readNote(run.world, rotating.sourceProfile)
    if (now?.phase === 'switched') return
    throw new Failure('retry', 'another run of awsmfa has changed the keys meanwhile', again)
  })
  run.world.terminal.say(`${stores.main.name} holds the key ${keyEnd(accessKeyId)} now, and AWS gives sessions to it`)
  return true
}

async function putInPlace({ run, stores }: Rotating, keys: LongTermKeys): Promise<void> {
  const old = await stores.main.get()
  try {
    await stores.main.set(keys)
  } catch (error) {
    // A store that kept neither must not be left empty.
    if (error instanceof Failure && old !== undefined) await attempt(() => stores.main.set(old))
    throw error
  }
  if (old === undefined || old.accessKeyId === keys.accessKeyId) return
  const kept = await attempt(() => stores.beside.set(old))
  if (!(kept instanceof Failure)) return
  run.world.terminal.warn(`the old key's secret could not be kept, so there is no --undo: ${kept.message}`)
}

/** One real session with a new time step is the last proof; it is written once `first` is done. */
async function sessionWith(rotating: Rotating, keys: LongTermKeys, first: () => Promise<void>): Promise<void> {
  const { run, authority } = rotating
  for (let left = 3; ; left -= 1) {
    try {
      const { session } = await sessionFor(run, { ...(await authority.wanted()), keys, first })
      if (session !== undefined) return
      throw new Failure('act', `source profile ${rotating.sourceProfile} has no enrolment any more`, 'awsmfa status')
    } catch (error) {
      // An endpoint that has not heard of the key; its answer to whose it is came from another one.
      if (!(error instanceof StsFailure) || error.reason !== 'refused' || left <= 1) throw error
      await run.world.terminal.countdown(5_000, 'one of AWS’s endpoints does not know the key yet')
    }
  }
}

/** The key that could not be proven goes, and all is as it was; one that was to come back stays as it is. */
export async function giveUp(rotating: Rotating, rotation: Rotation): Promise<void> {
  const { run, stores, authority } = rotating
  const { userName, oldKeyId, newKeyId = '' } = rotation
  const key = { userName, accessKeyId: newKeyId }
  await authority.open()
  await step(rotating, rotation, async () => {
    if (rotation.undo) {
      await unlessAbsent(authority.attempt((signer) => run.world.iam.setKeyActive(signer, key, false)))
      const { undo: _, ...before } = rotation
      const deleteAt = formatInstant(new Date(run.clock.now().getTime() + 86_400_000))
      const back = { oldKeyId: newKeyId, newKeyId: oldKeyId, deleteAt }
      return await note(rotating, { ...before, ...back, phase: 'inactive' })
    }
    await unlessAbsent(authority.attempt((signer) => run.world.iam.deleteAccessKey(signer, key)))
    await stores.beside.delete()
    await note(rotating, undefined)
    run.world.terminal.say(`the key ${keyEnd(newKeyId)} is deleted, and ${keyEnd(oldKeyId)} is in use as before`)
  })
}
