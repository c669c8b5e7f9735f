import { attempt } from '../../src/errors.js'
import { Run } from '../../src/session/run.js'
import type { World } from '../../src/world.js'

/** A run that has read everything, as far as it can be read. */
export async function runOf(world: World): Promise<Run> {
  const run = await Run.start(world)
  await attempt(() => run.read())
  return run
}
