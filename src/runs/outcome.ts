import { formatRecord } from '../core/json.js'
import {
  type Run as EndedRun,
  keptFailure,
  type Outcomes,
  parseRuns,
  reasonOf,
  toldAfter,
  withFailure,
  withoutProfile,
  withRefreshed,
} from '../core/news.js'
import type { Session } from '../core/session.js'
import { formatStamp, type Stamp, stampFor, stampForFailure, type Watched } from '../core/stamp.js'
import { formatInstant } from '../core/time.js'
import { attempt, exitCodes, Failure, type FailureKind } from '../errors.js'
import { wantsNotifications } from '../session/enrolment.js'
import { dueAt, fingerprint } from '../session/freshness.js'
import { keepNews } from '../session/news.js'
import type { AwsProfiles } from '../session/profiles.js'
import { needsCode } from '../session/role.js'
import type { Run } from '../session/run.js'
import type { World } from '../world.js'

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
    return formatRecord({ ...runs, [runBy]: { ...ended, ...toldAfter(runs[runBy], reasons, at) } })
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

/**
 * Raises one desktop notification for a failure that is told when no person is watching this run. A profile whose last run
 * failed for the same reason was told of already.
 *
 * @param before - the outcomes before this failure was recorded
 * @param mfaProfiles - the enrolled profiles that failed
 */
async function notifyOnce(
  { world, profiles }: Run,
  before: Outcomes,
  mfaProfiles: readonly string[],
  failure: Failure,
): Promise<void> {
  if (world.terminal.interactive || !world.env.AWSMFA_RUN_BY) return
  // What passes by itself was kept by earlier runs without a word: that it is told now is what is new.
  const isNew = (name: string) => failure.kind === 'retry' || before[name]?.failure?.reason !== reasonOf(failure)
  const wanted = mfaProfiles.filter((name) => isNew(name) && wantsNotifications(profiles?.keys('config', name)))
  if (wanted.length === 0) return
  const [hint] = failure.hints
  const text = hint === undefined ? failure.message : `${failure.message}. ${hint}`
  await world.notifier.notify(`awsmfa: profile ${wanted.join(', ')} needs you`, text)
}

/**
 * Tells the shells' hooks when the next refresh is due and what to say to the person. To be called at the end of whatever
 * may have changed a session, an outcome or an enrolment, also when it failed; it goes by what the run has read last. Never
 * throws a Failure: a stamp that cannot be written costs a needless refresh, and must not hide how this run went.
 */
export async function updateStamp(run: Run): Promise<void> {
  const { hookStamp, terminal } = run.world
  const written = await attempt(async () => {
    const stamp = await currentStamp(run)
    await hookStamp.write(formatStamp(stamp), stamp.due)
  })
  if (written instanceof Failure) terminal.detail(`the hook's stamp was not kept: ${written.message}`)
}

async function currentStamp(run: Run): Promise<Stamp> {
  const now = run.world.clock.now()
  const profiles = run.profiles ?? (await attempt(() => run.read()))
  if (profiles instanceof Failure) return stampForFailure(profiles, now)
  const watched: Watched[] = []
  for (const mfaProfile of profiles.enrolled()) watched.push(await watch(run, profiles, mfaProfile, now))
  return stampFor(watched, now, run.clock.offsetMs)
}

async function watch(run: Run, profiles: AwsProfiles, mfaProfile: string, now: Date): Promise<Watched> {
  const enrolment = await attempt(async () => profiles.enrolment(mfaProfile))
  const broken = enrolment instanceof Failure
  const standing = run.standing(mfaProfile, broken ? 0 : (enrolment?.durationSeconds ?? 0))
  return {
    mfaProfile,
    expiration: standing.session?.expiration,
    renewal: dueAt(standing, run.everyMinutes),
    typed: !broken && enrolment?.codes.kind === 'none' && (await needsCode(run, profiles, enrolment)),
    failure: broken ? keptFailure(enrolment, now) : run.outcomes[mfaProfile]?.failure,
  }
}
