import type { Rotation } from '../core/keyNotes.js'
import { keyEnd } from '../core/keyPair.js'
import { inWords, localTime } from '../core/time.js'
import { Failure } from '../errors.js'
import type { World } from '../world.js'
import { begin, settle } from './create.js'
import { exchange, giveUp } from './exchange.js'
import { isDue, readNote } from './notes.js'
import { deleteOld, retire } from './retire.js'
import { note, type Rotating, step } from './rotating.js'

/**
 * Exchanges a key, or goes on where an earlier run was cut short: new beside old, written down before each step. At any
 * moment a key that works is stored, and what is at AWS is found again.
 *
 * Each step is one hold of the lock, in which what is written down is read anew; nobody waits under it.
 *
 * @throws Failure; the next run goes on, or takes it back
 */
export async function rotate(rotating: Rotating): Promise<void> {
  const { run, sourceProfile, deleteNow } = rotating
  let begun = false
  let written = false
  for (;;) {
    const { rotation } = await readNote(run.world, sourceProfile)
    if (rotation === undefined) {
      if (begun) return
      await begin(rotating)
      begun = true
      continue
    }
    if (rotation.phase === 'creating') await settle(rotating, rotation)
    else if (rotation.phase === 'created') written = await exchange(rotating, rotation)
    else if (rotation.phase === 'switched') await retire(rotating, rotation, written)
    else if (deleteNow || isDue(rotation, run.clock.now())) await deleteOld(rotating, rotation)
    else return tellKept(rotating, rotation)
    begun ||= rotation.phase !== 'creating'
  }
}

function tellKept({ run, sourceProfile }: Rotating, { oldKeyId, deleteAt = '' }: Rotation): void {
  const at = new Date(deleteAt)
  const left = inWords((at.getTime() - run.clock.now().getTime()) / 1000)
  tell(run.world, [
    `the old key ${keyEnd(oldKeyId)} is inactive, and any run of awsmfa refresh after ${localTime(at)} deletes it (${left})`,
    `something that still used it? awsmfa keys rotate --profile ${sourceProfile} --undo brings it back`,
  ])
}

function tell({ terminal }: World, lines: readonly string[]): void {
  for (const line of lines) terminal.say(line)
}

/** Takes a rotation back: one that has not come to its end is given up, else the old key takes its place again. */
export async function undo(rotating: Rotating): Promise<void> {
  const { run, sourceProfile, stores } = rotating
  const { rotation } = await readNote(run.world, sourceProfile)
  if (rotation === undefined) {
    throw new Failure('usage', `there is no rotation of source profile ${sourceProfile} to take back`, [
      'an old key that was deleted cannot come back',
    ])
  }
  if (rotation.undo) return await rotate(rotating)
  if (rotation.phase === 'creating') {
    await settle(rotating, rotation)
    // Again for what IAM lists late, or for a key that is beside.
    const { rotation: now } = await readNote(run.world, sourceProfile)
    return now === undefined ? undefined : await undo(rotating)
  }
  const inUse = await stores.main.get()
  if (inUse?.accessKeyId !== rotation.newKeyId) return await giveUp(rotating, rotation)
  const old = await stores.beside.get()
  if (old?.accessKeyId !== rotation.oldKeyId) {
    throw new Failure('act', `the secret of the old key ${keyEnd(rotation.oldKeyId)} is not kept any more`, [
      `awsmfa keys rotate --profile ${sourceProfile} goes on with the new one`,
    ])
  }
  await step(rotating, rotation, () => {
    const { deleteAt: _, oldKeyId, newKeyId = '', ...facts } = rotation
    const back = { oldKeyId: newKeyId, newKeyId: oldKeyId, phase: 'created', keepOldSeconds: 0, undo: true } as const
    return note(rotating, { ...facts, ...back })
  })
  await rotate(rotating)
}
