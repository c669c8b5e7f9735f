import { accountIn, credentialObject, leastForProcess } from '../core/credential.js'
import type { Session } from '../core/session.js'
import { attempt, Failure } from '../errors.js'
import { recordFailure, updateStamp } from '../runs/outcome.js'
import type { Enrolment } from '../session/enrolment.js'
import { secondsLeft } from '../session/freshness.js'
import type { AwsProfiles } from '../session/profiles.js'
import { Run } from '../session/run.js'
import { chooseServed, leastSeconds, serve } from '../session/serve.js'
import type { World } from '../world.js'

export interface CredentialProcessOptions {
  readonly mfaProfile?: string | undefined
  /** show the lines for the config file instead */
  readonly printConfig: boolean
}

/** How long the program that has asked is kept waiting while a session lives: less than the five seconds of the Rust SDK. */
const limitMs = 3_500
/**
 * How long it goes on when AWS cannot be reached and no session lives. With the longest wait for the lock and for AWS that is
 * less than the minute of the Go SDK, so that Terraform hears why.
 */
const patienceMs = 4_000

/**
 * Answers with the session for `credential_process`. Never goes by AWS_PROFILE: programs pass on their own environment.
 * When no new session comes while the old one lives, that is told, and the old one is the answer.
 *
 * @throws Failure when there is no session at all
 */
export async function credentialProcess(world: World, options: CredentialProcessOptions): Promise<void> {
  const run = await Run.start(world)
  const profiles = await run.read()
  const enrolment = chooseServed(profiles, options.mfaProfile)
  if (options.printConfig) return await printConfig(world, profiles, enrolment)
  const answer = (session: Session) =>
    world.terminal.answer(credentialObject(session, accountIn(profiles.keys('config', enrolment.mfaProfile) ?? {})))

  const { session } = run.standing(enrolment.mfaProfile, enrolment.durationSeconds)
  const living = secondsLeft(session, run.clock.now()) > 0 ? session : undefined
  const least = leastSeconds(enrolment, { usual: leastForProcess })
  if (living === undefined) {
    answer(await serve(run, enrolment, least, patienceMs))
    return
  }
  // One try: the next request asks anew.
  const renewed = await world.clock.within(
    limitMs,
    attempt(() => serve(run, enrolment, least, 0)),
  )
  if (renewed !== undefined && !(renewed instanceof Failure)) return answer(renewed)
  answer(living)
  if (renewed !== undefined) return world.terminal.fail(renewed)
  const late = tooLate(enrolment)
  world.terminal.fail(late)
  await recordFailure(run, [enrolment.mfaProfile], late, true)
  await updateStamp(run)
  // What still waits for AWS, or for a lock, is given up.
  await world.exec.leave(0)
}

function tooLate({ mfaProfile }: Enrolment): Failure {
  return new Failure('retry', `profile ${mfaProfile} was not renewed within ${Math.ceil(limitMs / 1000)} s`, [
    'AWS, or another run of awsmfa, is slow: awsmfa status shows what failed last',
  ])
}

/** Answers with a profile that programs may be given: one of its own, since keys go before `credential_process`. */
async function printConfig(world: World, profiles: AwsProfiles, { mfaProfile }: Enrolment): Promise<void> {
  const { processLine, profileSection } = await import('../core/processLine.js')
  const { node, program } = await world.schedule.facts()
  const words = [...new Set([node.path, program.path])]
  const { line, cautions } = processLine([...words, 'credential-process', '--mfa-profile-name', mfaProfile])
  const name = `${mfaProfile}-process`
  world.terminal.answer(
    profileSection(name, { region: profiles.setting(mfaProfile, 'region'), credential_process: line }),
  )
  for (const { kind, path } of [node, program]) {
    if (kind === 'versioned')
      world.terminal.warn(`${path} belongs to one version: write the line anew after an upgrade`)
    if (kind === 'cache')
      world.terminal.warn(`${path} is in a cache that is emptied now and then: install awsmfa first`)
  }
  for (const caution of cautions) world.terminal.warn(caution)
  if (profiles.keys('config', name) !== undefined || profiles.keys('credentials', name) !== undefined) {
    world.terminal.warn(`there is a profile ${name} already: take another name in the first line`)
  }
  world.terminal.say(`nothing was written: put this into ${profiles.path('config')}, and use --profile ${name}`)
}
