import { Failure } from '../../errors.js'
import type { Enrolment } from '../enrolment.js'
import type { OpenSource, SeedStore } from './codeSource.js'

/** Gets the seed out of its store. */
export async function openSeed(store: SeedStore, { serialNumber, mfaProfile }: Enrolment): Promise<OpenSource> {
  const seed = await store.get()
  if (seed !== undefined) return { seed }
  throw new Failure('act', `${store.name} holds no seed for ${serialNumber}`, [
    `it was removed, or enrolled on another machine: run awsmfa enroll again, or type a code: awsmfa --mfa-profile-name ${mfaProfile} CODE`,
  ])
}
