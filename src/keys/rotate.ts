import { setProfile } from '../core/awsFile.js'
import type { Rotation } from '../core/keyNotes.js'
import { keyEnd, type ListedKey } from '../core/keyPair.js'
import type { LongTermKeys } from '../core/session.js'
import { formatInstant, inWords, localTime } from '../core/time.js'
import { attempt, Failure, IamFailure, StsFailure } from '../errors.js'
import type { Enrolment } from '../session/enrolment.js'
import type { Run } from '../session/run.js'
import { sessionFor } from '../session/sessionFor.js'
import type { KeySource } from '../session/sourceKeys.js'
import { checkWritable } from '../session/write.js'
import type { World } from '../world.js'
import type { KeyAuthority } from './authority.js'
import { changeNote, isDue, keepMade, readNote } from './notes.js'
import { NeverKnown, waitUntilKnown } from './prove.js'
import { type KeyStores, profileBeside } from './stores.js'
import { twoKeys } from './twoKeys.js'

/** CreateAccessKey, with all its repetitions, takes no longer. */
const creationMs = 90_000
/** IAM lists a new key within seconds. */
const listingMs = 20_000

/** One source profile whose key is exchanged, and all that this takes. */
export interface Rotating {
  readonly run: Run
  readonly sourceProfile: string
  readonly source: KeySource
  readonly userName: string
  readonly authority: KeyAuthority
  readonly stores: KeyStores
  /** the enrolments with this source profile; the first one's session is the one in whose name it is done */
  readonly enrolments: readonly [Enrolment, ...Enrolment[]]
  readonly keepOldSeconds: number
  readonly deleteNow: boolean
}

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

/** Runs `work` unless another run has taken the next step meanwhile. */
async function step(
  { run, sourceProfile }: Rotating,
  expected: Rotation | undefined,
  work: () => Promise<void>,
): Promise<void> {
  await run.world.lock.hold('devices', async () => {
    const { rotation } = await readNote(run.world, sourceProfile)
    if (JSON.stringify(rotation) === JSON.stringify(expected)) await work()
  })
}

function note({ run, sourceProfile }: Rotating, rotation: Rotation | undefined): Promise<void> {
  return changeNote(run.world, sourceProfile, { rotation })
}

async function list({ authority, run, userName }: Rotating): Promise<readonly ListedKey[]> {
  return await authority.attempt((signer) => run.world.iam.listAccessKeys(signer, userName))
}

/** Everything that can fail does so before there is a key. */
async function begin(rotating: Rotating): Promise<void> {
  const { run, authority, stores, userName, sourceProfile, source, keepOldSeconds } = rotating
  const { world } = run
  await authority.open()
  const current = await stores.main.get()
  if (current === undefined) throw new Failure('retry', `${stores.main.name} held a key, and does not any more`, again)
  if ('keys' in source) await rehearse(run, profileBeside(sourceProfile))
  const listed = await list(rotating)
  const own = listed.find(({ accessKeyId }) => accessKeyId === current.accessKeyId)
  if (own === undefined) {
    throw new Failure('retry', `IAM does not list the key ${keyEnd(current.accessKeyId)} of ${userName}`, again)
  }
  if (listed.length > 1) throw await twoKeys(rotating, listed, current.accessKeyId)
  await step(rotating, undefined, async () => {
    const at = formatInstant(run.clock.now())
    await note(rotating, { userName, oldKeyId: current.accessKeyId, phase: 'creating', at, keepOldSeconds })
    let made: LongTermKeys
    try {
      made = await authority.attempt((signer) => world.iam.createAccessKey(signer, userName))
    } catch (error) {
      // Where it is not sure, the next run finds out.
      const surelyNot = error instanceof IamFailure ? !error.mayHaveWorked : error instanceof Failure
      if (surelyNot) await note(rotating, undefined)
      throw error
    }
    const { accessKeyId } = made
    try {
      await stores.beside.set(made)
    } catch (error) {
      if (error instanceof Failure) await takeBack(rotating, accessKeyId)
      throw error
    }
    await note(rotating, { ...begunWith(userName, current, at, keepOldSeconds), newKeyId: accessKeyId })
    world.terminal.say(`AWS has made the key ${keyEnd(accessKeyId)}; it is in ${stores.beside.name}`)
  })
}

function begunWith(userName: string, { accessKeyId: oldKeyId }: LongTermKeys, at: string, keepOldSeconds: number) {
  return { userName, oldKeyId, phase: 'created', at, keepOldSeconds } as const
}

const again = 'run the same command again'

/** Finds out whether the other key can lie in the credentials file. */
async function rehearse(run: Run, profile: string): Promise<void> {
  const profiles = await run.read()
  setProfile(profiles.file('credentials'), profile, { aws_access_key_id: 'A', aws_secret_access_key: 'A' })
  await checkWritable(run, 'credentials')
}

/** A key whose secret could not be kept is of no use to anybody. Never throws a Failure: why it failed is told. */
async function takeBack(rotating: Rotating, accessKeyId: string): Promise<void> {
  const { run, authority, stores, userName } = rotating
  const gone = await attempt(async () => {
    await unlessAbsent(authority.attempt((signer) => run.world.iam.deleteAccessKey(signer, { userName, accessKeyId })))
    await attempt(() => stores.beside.delete())
    await note(rotating, undefined)
  })
  if (!(gone instanceof Failure)) return
  run.world.terminal.warn(`the key ${keyEnd(accessKeyId)} could not be deleted again: ${gone.message}`)
  run.world.terminal.warn('run the same command again: it deletes that key first')
}

/** What became of a creation that was cut short: its key is beside the old one, or it is deleted, or there is none. */
async function settle(rotating: Rotating, rotation: Rotation): Promise<void> {
  const { run, stores, authority, userName } = rotating
  const listed = await list(rotating)
  const beside = await attempt(() => stores.beside.get())
  const others = listed.filter(({ accessKeyId }) => accessKeyId !== rotation.oldKeyId)
  const [other] = others
  const sinceMs = run.clock.now().getTime() - Date.parse(rotation.at)
  if (other === undefined && sinceMs >= 0 && sinceMs < listingMs) {
    return await run.world.terminal.countdown(
      listingMs - sinceMs,
      'an earlier run was cut short, IAM lists its key soon',
    )
  }
  await step(rotating, rotation, async () => {
    if (other !== undefined && !(beside instanceof Failure) && beside?.accessKeyId === other.accessKeyId) {
      return await note(rotating, { ...rotation, phase: 'created', newKeyId: other.accessKeyId })
    }
    if (other !== undefined && isMadeSince(other, rotation)) {
      const { accessKeyId } = other
      await unlessAbsent(
        authority.attempt((signer) => run.world.iam.deleteAccessKey(signer, { userName, accessKeyId })),
      )
      run.world.terminal.say(`the key ${keyEnd(accessKeyId)}, whose secret an earlier run could not keep, is deleted`)
    }
    await stores.beside.delete()
    await note(rotating, undefined)
  })
}

/** Any other key is somebody's, and is left alone. */
function isMadeSince({ createdAt }: ListedKey, { at }: Rotation): boolean {
  const lateMs = (createdAt?.getTime() ?? 0) - Date.parse(at)
  return lateMs >= -5_000 && lateMs <= creationMs
}

/**
 * Proves the key that lies beside, and lets it take the other one's place, which lies beside then.
 *
 * @returns whether a session was written that was got with it
 */
async function exchange(rotating: Rotating, rotation: Rotation): Promise<boolean> {
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
async function giveUp(rotating: Rotating, rotation: Rotation): Promise<void> {
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

/** Makes the old key inactive, once every session that hangs on it has another in its place. */
async function retire(rotating: Rotating, rotation: Rotation, written: boolean): Promise<void> {
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
  if (rotation.newKeyId !== undefined && !rotation.undo) {
    await keepMade(run.world, rotating.sourceProfile, rotation.newKeyId, rotation.at)
  }
}

/** Whether sessions outlive the key that they were got with is nowhere promised. */
async function renewOthers({ run, enrolments, authority }: Rotating): Promise<void> {
  const [first, ...others] = enrolments
  const keyOf = ({ mfaProfile: _, ...facts }: Enrolment) => JSON.stringify(facts)
  const done = new Set([keyOf(first)])
  for (const each of others) {
    if (done.has(keyOf(each)) || (each.codes.kind === 'none' && !run.world.terminal.interactive)) continue
    done.add(keyOf(each))
    const renewed = await attempt(async () => sessionFor(run, await authority.wanted(each)))
    if (!(renewed instanceof Failure)) continue
    run.world.terminal.warn(`profile ${each.mfaProfile} has no session with the new key yet: ${renewed.message}`)
    run.world.terminal.warn(`its session may end with the old key: awsmfa refresh --force renews it`)
  }
}

/** Deletes the key that is not in use any more, and what is left of its secret. */
async function deleteOld(rotating: Rotating, rotation: Rotation): Promise<void> {
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

async function unlessAbsent(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof IamFailure) || error.reason !== 'absent') throw error
  }
}
