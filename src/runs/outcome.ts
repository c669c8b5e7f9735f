import { formatInstant } from '../core/instant.js'
import { type Outcomes, withFailure, withoutProfile, withRefreshed } from '../core/outcomes.js'
import { type Run as EndedRun, formatRuns, parseRuns, toldAfter } from '../core/runs.js'
import type { Session } from '../core/session.js'
import { attempt, exitCodes, Failure, type FailureKind } from '../errors.js'
import { fingerprint } from '../session/freshness.js'
import { keepNews, type Run } from '../session/run.js'
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
 *
 * @param told - whether this run tells of it, which for what passes by itself means: it has not passed
 */
export async function recordFailure(
  run: Run,
  mfaProfiles: readonly string[],
  failure: Failure,
  told = failure.kind !== 'retry',
): Promise<void> {
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
  if (kept && (told || failure.kind !== 'retry')) await notifyOnce(run, before, concerned, failure)
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
 * @param reasons - of the failures that it told, or an earlier one has told within a day
 */
export async function recordRun(
  world: World,
  ending: FailureKind | undefined,
  reasons: readonly string[],
): Promise<void> {
  const runBy = startedBy(world)
  if (runBy === undefined) return
  const at = formatInstant(world.clock.now())
  const ended = { at, exitCode: ending === undefined ? 0 : exitCodes[ending] }
  await keepNews(world, 'runs.json', (text) => {
    const runs = parseRuns(text)
    return formatRuns({ ...runs, [runBy]: { ...ended, ...toldAfter(runs[runBy], reasons, at) } })
  })
}

/** How the last run ended that the same scheduler has started. */
export async function lastRun(world: World): Promise<EndedRun | undefined> {
  const runBy = startedBy(world)
  const text = await attempt(() => world.state.read('runs.json'))
  return runBy === undefined || text instanceof Failure ? undefined : parseRuns(text)[runBy]
}

function startedBy({ env }: World): string | undefined {
  return /^[a-z]{1,20}$/.exec(env.AWSMFA_RUN_BY ?? '')?.[0]
}
