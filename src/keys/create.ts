import { setProfile } from '../core/awsFileEdit.js'
import type { Rotation } from '../core/keyNotes.js'
import { keyEnd, type ListedKey } from '../core/keyPair.js'
import type { LongTermKeys } from '../core/session.js'
import { formatInstant } from '../core/time.js'
import { attempt, Failure, IamFailure } from '../errors.js'
import type { Run } from '../session/run.js'
import { checkWritable } from '../session/write.js'
import { again, list, note, type Rotating, step, unlessAbsent } from './rotating.js'
import { profileBeside } from './stores.js'
import { twoKeys } from './twoKeys.js'

/** CreateAccessKey, with all its repetitions, takes no longer. */
const creationMs = 90_000
/** IAM lists a new key within seconds. */
const listingMs = 20_000

/** Everything that can fail does so before there is a key. */
export async function begin(rotating: Rotating): Promise<void> {
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
export async function settle(rotating: Rotating, rotation: Rotation): Promise<void> {
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
