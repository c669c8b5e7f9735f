import { type Outcomes, formatRuns, parseRuns, withFailure, withRefreshed, withoutProfile } from '../core/news.js'
import type { Session } from '../core/session.js'
import { formatInstant } from '../core/time.js'
import { type Failure, type FailureKind, exitCodes } from '../errors.js'
import { fingerprint } from '../session/freshness.js'
import { type Run, keepNews } from '../session/run.js'
import type { World } from '../world.js'
import { notifyOnce } from './notify.js'

/** Remembers what was written into these profiles: for `status`, and to know the session again. */
export async function recordRefreshed(
  run: Run,
  mfaProfiles: readonly string[],
  session: Session,
  seconds: number,
): Promise<void> {
  const written = { expiration: formatInstant(session.expiration), seconds, print: fingerprint(session) }
  await run.changeOutcomes((outcomes) => withRefreshed(outcomes, mfaProfiles, written, run.world.clock.now()))
}

/**
 * Remembers for `status` why these profiles could not be refreshed, and tells a person who is not watching. What a person
 * has seen fail is not kept, and neither is what is not enrolled: nothing could ever clear it again.
 */
export async function recordFailure(run: Run, mfaProfiles: readonly string[], failure: Failure): Promise<void> {
  if (run.world.terminal.interactive) return
  const enrolled = run.profiles?.enrolled() ?? []
  const concerned = mfaProfiles.filter((name) => enrolled.includes(name))
  if (concerned.length === 0) return
  let before: Outcomes = {}
  const kept = await run.changeOutcomes((outcomes) => {
    before = outcomes
    return withFailure(outcomes, concerned, failure, run.world.clock.now())
  })
  // What is not remembered would be told again by every run.
  if (kept) await notifyOnce(run, before, concerned, failure)
}

/** Forgets a profile that is no longer enrolled. */
export async function forgetOutcome(run: Run, mfaProfile: string): Promise<void> {
  await run.changeOutcomes((outcomes) => withoutProfile(outcomes, mfaProfile))
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
  const ended = { at: formatInstant(world.clock.now()), exitCode: ending === undefined ? 0 : exitCodes[ending] }
  await keepNews(world, 'runs.json', (text) => formatRuns({ ...parseRuns(text), [runBy]: ended }))
}
