import type { World } from '../../world.js'
import type { AwsProfiles } from '../profiles.js'

/** An age identity that was made for a seed file, and goes again unless something needs it. */
export interface NewIdentity {
  /** From now on it stays when this run is cut short. */
  keep(): void
  /** Takes it away: what it was made for did not come to be. */
  drop(): void
}

/**
 * Makes the identity that `--new-identity` names. One that a run before this was making for the same device is taken over.
 *
 * @param path - the flag's value; without one there is nothing to make
 * @param owner - the device that it is for, or the user who is to have one
 * @throws Failure `usage` when there is such a file already, `act` when it cannot be made
 */
export async function newIdentity(
  { seedFile }: World,
  profiles: AwsProfiles,
  path: string | undefined,
  owner: string,
): Promise<NewIdentity> {
  if (path === undefined) return { keep: () => {}, drop: () => {} }
  const file = seedFile.absolute(path)
  // One that the same device names already is of the same command, cut short after the profile was written.
  const isNamed = profiles.enrolled().some((name) => {
    const keys = profiles.keys('config', name)
    return keys?.awsmfa_seed_identity === file && keys.mfa_serial !== owner
  })
  const { keep, remove } = await seedFile.makeIdentity(file, owner, !isNamed)
  return { keep, drop: remove }
}
