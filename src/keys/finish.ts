import { chooseRegion } from '../core/region.js'
import { attempt, Failure } from '../errors.js'
import type { Signer } from '../outside/aws.js'
import { sourceKeys } from '../session/gate.js'
import type { AwsProfiles } from '../session/profiles.js'
import type { Run } from '../session/run.js'
import { enrolmentsOf } from './chooseSource.js'
import { isDue, readNote, readNotes } from './notes.js'
import { forgetOld } from './retire.js'
import { keyStores } from './stores.js'

/**
 * Deletes the old keys whose time has come, in the name of a session that is there: no code is spent for it, and what fails
 * is left to the next run.
 */
export async function deleteDueKeys(run: Run): Promise<void> {
  const notes = await readNotes(run.world)
  for (const [sourceProfile, { rotation }] of Object.entries(notes)) {
    if (rotation?.phase !== 'inactive' || !isDue(rotation, run.clock.now())) continue
    const gone = await attempt(() => deleteDue(run, sourceProfile))
    if (gone instanceof Failure) run.world.terminal.detail(`the old key is not deleted yet: ${gone.message}`)
  }
}

async function deleteDue(run: Run, sourceProfile: string): Promise<void> {
  const profiles = await run.read()
  const signer = await signerFor(run, profiles, sourceProfile)
  if (signer === undefined) return
  await run.world.lock.hold('devices', async () => {
    const { rotation } = await readNote(run.world, sourceProfile)
    if (rotation?.phase !== 'inactive' || !isDue(rotation, run.clock.now())) return
    const { userName, oldKeyId: accessKeyId } = rotation
    const stores = keyStores(run, sourceProfile, sourceKeys(profiles, sourceProfile))
    await forgetOld({ run, sourceProfile, stores }, rotation, () =>
      run.world.iam.deleteAccessKey(signer, { userName, accessKeyId }),
    )
  })
}

/** By the session of any profile that builds on these keys; `undefined` while there is none. */
export async function signerFor(run: Run, profiles: AwsProfiles, sourceProfile: string): Promise<Signer | undefined> {
  for (const enrolment of await enrolmentsOf(profiles, sourceProfile)) {
    const credentials = run.ownSession(enrolment)
    if (credentials === undefined) continue
    const { serialNumber } = enrolment
    const sourceProfileRegion = profiles.setting(sourceProfile, 'region')
    const region = chooseRegion({ flag: undefined, env: run.world.env, sourceProfileRegion, serialNumber })
    const settings = profiles.keys('config', sourceProfile)
    return { credentials, region, settings, clockOffsetMs: run.clock.offsetMs }
  }
  return undefined
}
