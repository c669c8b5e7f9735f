import type { Enrolment } from '../enrolment.js'
import type { OpenSource, SeedStore } from './codeSource.js'

/** Gets the seed out of its store. */
export async function openSeed(store: SeedStore, { mfaProfile }: Enrolment): Promise<OpenSource> {
  const seed = await store.get()
  if (seed !== undefined) return { seed }
  const absence = store.absence()
  const otherwise = `run awsmfa enroll again, or type a code: awsmfa --mfa-profile-name ${mfaProfile} CODE`
  throw absence.withHints([...absence.hints, otherwise])
}
