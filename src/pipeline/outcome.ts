import type { Outcomes } from '../core/outcomes.js'
import { formatOutcomes, parseOutcomes, withFailure, withoutProfile, withRefreshed } from '../core/outcomes.js'
import type { Failure } from '../errors.js'
import type { World } from '../world.js'

/** Remembers for `status` that these profiles were refreshed. */
export async function recordRefreshed(world: World, mfaProfiles: readonly string[]): Promise<void> {
  await change(world, (outcomes) => withRefreshed(outcomes, mfaProfiles, world.clock.now()))
}

/** Remembers for `status` why these profiles could not be refreshed. */
export async function recordFailure(world: World, mfaProfiles: readonly string[], failure: Failure): Promise<void> {
  await change(world, (outcomes) => withFailure(outcomes, mfaProfiles, failure, world.clock.now()))
}

/** Forgets a profile that is no longer enrolled. */
export async function forgetOutcome(world: World, mfaProfile: string): Promise<void> {
  await change(world, (outcomes) => withoutProfile(outcomes, mfaProfile))
}

/** An outcome that cannot be kept must not turn a good refresh into a failure, nor hide the failure it is about. */
async function change(world: World, edit: (outcomes: Outcomes) => Outcomes): Promise<void> {
  try {
    await world.state.edit('outcomes.json', (text) => formatOutcomes(edit(parseOutcomes(text))))
  } catch (error) {
    world.terminal.detail(`the outcome was not kept: ${error instanceof Error ? error.message : 'unknown error'}`)
  }
}
