import type { World } from '../world.js'
import { AwsProfiles } from './awsProfiles.js'

/**
 * Makes the age identity that `--new-identity` names, for `work`. It goes again when `work` fails.
 *
 * @param newIdentity - the flag's value; without one there is only `work`
 * @param owner - the device that it is for, or the user who is to have one
 * @param work - may keep the identity before its end, when it must outlast a failure
 * @throws Failure `usage` when there is such a file already, `act` when it cannot be made; what `work` throws
 */
export async function withNewIdentity<T>(
  world: World,
  newIdentity: string | undefined,
  owner: string,
  work: (keep: () => void) => Promise<T>,
): Promise<T> {
  if (newIdentity === undefined) return await work(() => {})
  const path = world.seedFile.absolute(newIdentity)
  const profiles = await AwsProfiles.read(world)
  const isNamed = profiles.enrolled().some((name) => profiles.keys('config', name)?.awsmfa_seed_identity === path)
  const identity = await world.seedFile.makeIdentity(path, owner, !isNamed)
  let kept = false
  const keep = () => {
    kept = true
    identity.keep()
  }
  try {
    const result = await work(keep)
    keep()
    return result
  } catch (error) {
    if (!kept) identity.remove()
    throw error
  }
}
