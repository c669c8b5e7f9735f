import type { World } from '../../world.js'

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
 * @param serialNumber - of the device whose seed it opens
 * @throws Failure `usage` when there is such a file already, `act` when it cannot be made
 */
export async function newIdentity(
  { seedFile }: World,
  path: string | undefined,
  serialNumber: string,
): Promise<NewIdentity> {
  if (path === undefined) return { keep: () => {}, drop: () => {} }
  const { keep, remove } = await seedFile.makeIdentity(seedFile.absolute(path), serialNumber)
  return { keep, drop: remove }
}
