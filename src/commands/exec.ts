import { credentialVariables, leastForCommand } from '../core/credential.js'
import { inWords, localTime } from '../core/time.js'
import { secondsLeft } from '../session/freshness.js'
import { Run } from '../session/run.js'
import { chooseServed, leastSeconds, serve } from '../session/serve.js'
import type { World } from '../world.js'

export interface ExecOptions {
  readonly mfaProfile?: string | undefined
  /** what must be left at the start */
  readonly minRemainingSeconds?: number | undefined
  readonly command: readonly [name: string, ...args: string[]]
}

/** A session with less before it may end while an ordinary command still runs. */
const longCommandSeconds = 3600

/**
 * Runs a command with the session in its environment, renewed first when too little is left. While it runs, nothing of
 * awsmfa's is held: no lock, no code, and where the system allows it not even a process.
 *
 * @throws CannotStart; Failure when no session is to be had
 */
export async function exec(world: World, options: ExecOptions): Promise<void> {
  // A typing error costs no code.
  const program = await world.exec.find(options.command[0])
  const run = await Run.start(world)
  const profiles = await run.read()
  const enrolment = chooseServed(profiles, options.mfaProfile)
  const { mfaProfile, durationSeconds } = enrolment
  const least = leastSeconds(enrolment, { asked: options.minRemainingSeconds, usual: leastForCommand })
  const session = await serve(run, enrolment, least)
  const left = secondsLeft(session, run.clock.now())
  if (left < Math.min(longCommandSeconds, durationSeconds / 2)) {
    const end = `${localTime(session.expiration)} (${inWords(left)})`
    world.terminal.say(
      `the session of profile ${mfaProfile} ends at ${end}: --min-remaining 2h renews it for a command that runs longer`,
    )
  }
  const variables = credentialVariables(session, profiles.setting(mfaProfile, 'region'))
  await world.exec.leave(await world.exec.become(program, options.command, variables))
}
