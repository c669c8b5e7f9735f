import type { Rotation } from '../core/keyNotes.js'
import type { ListedKey } from '../core/keyPair.js'
import { IamFailure } from '../errors.js'
import type { Enrolment } from '../session/enrolment.js'
import type { Run } from '../session/run.js'
import type { KeySource } from '../session/sourceKeys.js'
import type { KeyAuthority } from './authority.js'
import { changeNote, readNote } from './notes.js'
import type { KeyStores } from './stores.js'

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

/** Runs `work` unless another run has taken the next step meanwhile. */
export async function step(
  { run, sourceProfile }: Rotating,
  expected: Rotation | undefined,
  work: () => Promise<void>,
): Promise<void> {
  await run.world.lock.hold('devices', async () => {
    const { rotation } = await readNote(run.world, sourceProfile)
    if (JSON.stringify(rotation) === JSON.stringify(expected)) await work()
  })
}

export function note({ run, sourceProfile }: Rotating, rotation: Rotation | undefined): Promise<void> {
  return changeNote(run.world, sourceProfile, { rotation })
}

export async function list({ authority, run, userName }: Rotating): Promise<readonly ListedKey[]> {
  return await authority.attempt((signer) => run.world.iam.listAccessKeys(signer, userName))
}

/** What is gone need not be taken away. */
export async function unlessAbsent(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof IamFailure) || error.reason !== 'absent') throw error
  }
}

export const again = 'run the same command again'
