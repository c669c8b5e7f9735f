import { keptFailure } from '../core/news.js'
import { type Stamp, type Watched, formatStamp, stampFor, stampForFailure } from '../core/stamp.js'
import { Failure, attempt } from '../errors.js'
import { dueAt } from '../session/freshness.js'
import type { AwsProfiles } from '../session/profiles.js'
import type { Run } from '../session/run.js'

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
    typed: !broken && enrolment?.codes.kind === 'none',
    failure: broken ? keptFailure(enrolment, now) : run.outcomes[mfaProfile]?.failure,
  }
}
