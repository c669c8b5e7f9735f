import type { World } from '../world.js'

/**
 * Makes the age identity that `--new-identity` names, for `work`. It goes again when `work` fails.
 *
 * @param newIdentity - the flag's value; without one there is only `work`
 * @param work - may keep the identity before its end, when it must outlast a failure
 * @throws Failure `usage` when there is such a file already, `act` when it cannot be made; what `work` throws
 */
export async function withNewIdentity<T>(
  { seedFile }: World,
  newIdentity: string | undefined,
  work: (keep: () => void) => Promise<T>,
): Promise<T> {
  if (newIdentity === undefined) return await work(() => {})
  const identity = await seedFile.makeIdentity(seedFile.absolute(newIdentity))
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
