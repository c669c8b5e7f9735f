import type { Enrolment } from '../enrolment.js'
import type { OpenSource, SeedStore } from './codeSource.js'

/**
 * Gets the seed out of its store.
 *
 * @param meanwhile - what can be done while the store is on its way to an answer
 */
export async function openSeed(
  store: SeedStore,
  { mfaProfile }: Enrolment,
  meanwhile: () => void,
): Promise<OpenSource> {
  const seed = await store.get(meanwhile)
  if (seed !== undefined) return { seed }
  const absence = store.absence()
  const otherwise = `run awsmfa enroll again, or type a code: awsmfa --mfa-profile-name ${mfaProfile} CODE`
  throw absence.withHints([...absence.hints, otherwise])
}
