import { type Checks, warn } from '../core/doctor/check.js'
import { readCreation } from '../device/creation.js'
import type { World } from '../world.js'

/** Whether the making of a device was cut short, which leaves things at AWS and a seed in its store; nothing when not. */
export async function checkCreation(world: World): Promise<readonly Checks[]> {
  const creation = await readCreation(world)
  if (creation === undefined) return []
  const { serialNumber, sourceProfile } = creation
  const check = warn(
    'creation',
    `the making of ${serialNumber} was cut short`,
    `awsmfa enroll --create --profile ${sourceProfile} goes on with it, or takes it back`,
  )
  return [{ about: 'enroll --create', checks: [check] }]
}
