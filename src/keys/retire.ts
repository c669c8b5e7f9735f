import type { Rotation } from '../core/keyNotes.js'
import { keyEnd } from '../core/keyPair.js'
import { isChained } from '../core/role.js'
import { formatInstant } from '../core/time.js'
import { attempt, Failure } from '../errors.js'
import type { Enrolment } from '../session/enrolment.js'
import { sessionFor } from '../session/sessionFor.js'
import { changeNote, keepMade } from './notes.js'
import { note, type Rotating, step, unlessAbsent } from './rotating.js'

/** Makes the old key inactive, once every session that hangs on it has another in its place. */
export async function retire(rotating: Rotating, rotation: Rotation, written: boolean): Promise<void> {
  const { run, authority } = rotating
  const { userName, oldKeyId, keepOldSeconds } = rotation
  const keepSeconds = rotating.deleteNow ? 0 : keepOldSeconds
  if (!written) await sessionFor(run, await authority.wanted())
  await renewOthers(rotating)
  // Who has read the old key a moment ago has sent it by the time that this lock is free.
  await run.world.lock.hold('session', async () => {})
  await step(rotating, rotation, async () => {
    const key = { userName, accessKeyId: oldKeyId }
    await unlessAbsent(authority.attempt((signer) => run.world.iam.setKeyActive(signer, key, false)))
    const deleteAt = formatInstant(new Date(run.clock.now().getTime() + keepSeconds * 1000))
    await note(rotating, { ...rotation, phase: 'inactive', deleteAt })
  })
  // Of an old key that is back its age is not known until IAM is asked.
  const made = rotation.undo ? undefined : rotation.newKeyId
  await keepMade(run.world, rotating.sourceProfile, made, rotation.at)
}

/** Whether sessions outlive the key that they were got with is nowhere promised. */
async function renewOthers({ run, enrolments, authority }: Rotating): Promise<void> {
  const [first, ...others] = enrolments
  const keyOf = ({ mfaProfile: _, ...facts }: Enrolment) => JSON.stringify(facts)
  const done = new Set([keyOf(first)])
  for (const each of others) {
    const isTyped = each.codes.kind === 'none' && !isChained(each)
    if (done.has(keyOf(each)) || (isTyped && !run.world.terminal.interactive)) continue
    done.add(keyOf(each))
    const renewed = await attempt(async () => sessionFor(run, await authority.wanted(each)))
    if (!(renewed instanceof Failure)) continue
    run.world.terminal.warn(`profile ${each.mfaProfile} has no session with the new key yet: ${renewed.message}`)
    run.world.terminal.warn(`its session may end with the old key: awsmfa refresh --force renews it`)
  }
}

/** Deletes the key that is not in use any more, and what is left of its secret. */
export async function deleteOld(rotating: Rotating, rotation: Rotation): Promise<void> {
  const { run, authority } = rotating
  const { userName, oldKeyId: accessKeyId } = rotation
  await authority.open()
  await step(rotating, rotation, () =>
    forgetOld(rotating, rotation, () =>
      authority.attempt((signer) => run.world.iam.deleteAccessKey(signer, { userName, accessKeyId })),
    ),
  )
}

/** The order in which it can be cut short. */
export async function forgetOld(
  { run, sourceProfile, stores }: Pick<Rotating, 'run' | 'sourceProfile' | 'stores'>,
  { oldKeyId }: Rotation,
  remove: () => Promise<void>,
): Promise<void> {
  await unlessAbsent(remove())
  await stores.beside.delete()
  await changeNote(run.world, sourceProfile, { rotation: undefined })
  run.world.terminal.say(`the old key ${keyEnd(oldKeyId)} of source profile ${sourceProfile} is deleted`)
}
