import type { Enrolment } from '../core/enrolment.js'
import { Failure } from '../errors.js'
import type { World } from '../world.js'
import type { CodeSource } from './session.js'

/**
 * Opens the place that an enrolment's codes come from.
 *
 * @throws Failure `act` when it is closed or empty
 */
export async function openCodeSource(world: World, { serialNumber, mfaProfile }: Enrolment): Promise<CodeSource> {
  const seed = await world.keychain.get(serialNumber)
  if (seed !== undefined) return { seed }
  throw new Failure('act', `the keychain holds no seed for ${serialNumber}`, [
    `it was removed, or enrolled on another machine: run awsmfa enroll again, or type a code: awsmfa --mfa-profile-name ${mfaProfile} CODE`,
  ])
}
