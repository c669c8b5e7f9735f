import { accountIn, credentialObject, leastForProcess } from '../core/credential.js'
import { processLine, profileSection } from '../core/processLine.js'
import type { Session } from '../core/session.js'
import { inWords } from '../core/time.js'
import { attempt, exitCodes, Failure, type FailureKind } from '../errors.js'
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

/**
 * How long the program that has asked is kept waiting. While a session lives: less than the five seconds that the Rust SDK
 * waits, with the start of Node. Else: less than the minute of Go's, so that Terraform hears why.
 */
const patienceMs = { living: 3_400, none: 50_000 }
/** One pause at most when AWS cannot be reached and somebody waits. */
const tryingMs = 4_000

/**
 * Answers with the session for `credential_process`. Never goes by AWS_PROFILE: programs pass on their own environment.
 * When no new session comes while the old one lives, that is told, and the old one is the answer.
 *
 * @returns the kind of a failure that was told
 */
export async function credentialProcess(
  world: World,
  options: CredentialProcessOptions,
): Promise<FailureKind | undefined> {
  const run = await Run.start(world)
  const profiles = await run.read()
  const enrolment = chooseServed(profiles, options.mfaProfile)
  if (options.printConfig) return await printConfig(world, profiles, enrolment)
  const answer = (session: Session) =>
    world.terminal.answer(credentialObject(session, accountIn(profiles.keys('config', enrolment.mfaProfile) ?? {})))

  const { session } = run.standing(enrolment.mfaProfile, enrolment.durationSeconds)
  const living = secondsLeft(session, run.clock.now()) > 0 ? session : undefined
  const limitMs = living === undefined ? patienceMs.none : patienceMs.living
  const least = leastSeconds(enrolment, { usual: leastForProcess })
  const served = await world.clock.within(
    limitMs,
    attempt(() => serve(run, enrolment, least, tryingMs)),
  )
  if (served !== undefined && !(served instanceof Failure)) {
    answer(served)
    return undefined
  }
  const failure = served ?? tooLate(enrolment, limitMs)
  world.terminal.fail(failure)
  if (living !== undefined) answer(living)
  const ending = living === undefined ? failure.kind : undefined
  // What still waits for AWS, or for a lock, is given up.
  if (served === undefined) await world.exec.leave(ending === undefined ? 0 : exitCodes[ending])
  return ending
}

function tooLate({ mfaProfile }: Enrolment, limitMs: number): Failure {
  return new Failure('retry', `profile ${mfaProfile} could not be renewed within ${inWords(limitMs / 1000)}`, [
    'AWS, or another run of awsmfa, is slow: awsmfa status shows what failed last',
  ])
}

/** Answers with a profile that programs may be given: one of its own, since keys go before `credential_process`. */
async function printConfig(world: World, profiles: AwsProfiles, { mfaProfile }: Enrolment): Promise<undefined> {
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
  return undefined
}
