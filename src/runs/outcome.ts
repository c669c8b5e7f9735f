import { formatInstant } from '../core/freshness.js'
import type { Outcomes } from '../core/outcomes.js'
import { formatOutcomes, parseOutcomes, withFailure, withoutProfile, withRefreshed } from '../core/outcomes.js'
import { formatRuns, parseRuns } from '../core/runs.js'
import { exitCodes, type Failure, type FailureKind } from '../errors.js'
import type { StateName, World } from '../world.js'
import { notifyOnce } from './notify.js'

/** Remembers for `status` that these profiles were refreshed. */
export async function recordRefreshed(world: World, mfaProfiles: readonly string[]): Promise<void> {
  await changeOutcomes(world, (outcomes) => withRefreshed(outcomes, mfaProfiles, world.clock.now()))
}

/** Remembers for `status` why these profiles could not be refreshed, and tells a person who is not watching. */
export async function recordFailure(world: World, mfaProfiles: readonly string[], failure: Failure): Promise<void> {
  let before: Outcomes = {}
  const kept = await changeOutcomes(world, (outcomes) => {
    before = outcomes
    return withFailure(outcomes, mfaProfiles, failure, world.clock.now())
  })
  // What is not remembered would be told again by every run.
  if (kept) await notifyOnce(world, before, mfaProfiles, failure)
}

/** Forgets a profile that is no longer enrolled. */
export async function forgetOutcome(world: World, mfaProfile: string): Promise<void> {
  await changeOutcomes(world, (outcomes) => withoutProfile(outcomes, mfaProfile))
}

/**
 * Remembers for `schedule status` how a run ended that a scheduler or a login hook has started: those say who they are in
 * AWSMFA_RUN_BY.
 *
 * @param ending - `undefined` when all was well
 */
export async function recordRun(world: World, ending: FailureKind | undefined): Promise<void> {
  const runBy = world.env.AWSMFA_RUN_BY
  if (runBy === undefined || !/^[a-z]{1,20}$/.test(runBy)) return
  const run = { at: formatInstant(world.clock.now()), exitCode: ending === undefined ? 0 : exitCodes[ending] }
  await change(world, 'runs.json', (text) => formatRuns({ ...parseRuns(text), [runBy]: run }))
}

async function changeOutcomes(world: World, edit: (outcomes: Outcomes) => Outcomes): Promise<boolean> {
  return await change(world, 'outcomes.json', (text) => formatOutcomes(edit(parseOutcomes(text))))
}

/** News that cannot be kept must not turn a good refresh into a failure, nor hide the failure they are about. */
async function change(world: World, name: StateName, edit: (text: string) => string): Promise<boolean> {
  try {
    await world.state.edit(name, edit)
    return true
  } catch (error) {
    world.terminal.detail(`${name} was not kept: ${error instanceof Error ? error.message : 'unknown error'}`)
    return false
  }
}
