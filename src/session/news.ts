import { attempt, Failure } from '../errors.js'
import type { StateName, World } from '../world.js'

/* What awsmfa knows of earlier runs. It is news, not settings: that it cannot be read or kept costs nobody a session. */

/** @returns `undefined` when there is none, or none that can be read */
export async function readNews({ state, terminal }: World, name: StateName): Promise<string | undefined> {
  const text = await attempt(() => state.read(name))
  if (!(text instanceof Failure)) return text
  terminal.detail(`${name} is left aside: ${text.message}`)
  return undefined
}

/**
 * @returns whether the news were kept: that they were not must neither turn a good run into a failure, nor hide the failure
 * that they are about
 */
export async function keepNews(
  { state, terminal }: World,
  name: StateName,
  edit: (text: string) => string,
): Promise<boolean> {
  try {
    await state.edit(name, edit)
    return true
  } catch (error) {
    terminal.detail(`${name} was not kept: ${error instanceof Error ? error.message : 'unknown error'}`)
    return false
  }
}
