import { stepStart } from '../core/code.js'
import { forTyping } from '../core/ledger.js'
import { Failure } from '../errors.js'
import { chooseEnrolment } from '../session/choose.js'
import { openCodes } from '../session/codes/table.js'
import type { Enrolment } from '../session/enrolment.js'
import type { AwsProfiles } from '../session/profiles.js'
import { Run } from '../session/run.js'
import { takeCode } from '../session/takeCode.js'
import type { World } from '../world.js'

export interface CodeOptions {
  readonly mfaProfile?: string | undefined
  /** to the clipboard instead of stdout */
  readonly copy: boolean
}

/**
 * Gives one code that was never used, for the console sign-in. It goes through the ledger, so that no refresh sends the
 * same one; a refresh that waits for the network holds nobody up here.
 *
 * @throws Failure `act` when the profile's codes are typed, or their place is closed; `retry` when no code is free for
 * minutes
 */
export async function code(world: World, options: CodeOptions): Promise<void> {
  const run = await Run.start(world)
  const enrolment = choose(await run.read(), options.mfaProfile)
  const source = await openCodes(world, enrolment)
  const taken = await takeCode(run, enrolment.serialNumber, source, forTyping)
  if (options.copy) await world.clipboard.copy(taken.code)
  else world.terminal.answer(taken.code)
  const seconds = Math.floor((stepStart(taken.step + 1).getTime() - run.clock.now().getTime()) / 1000)
  if (options.copy || world.terminal.interactive) {
    world.terminal.say(
      `${options.copy ? 'the code is in the clipboard, ' : ''}good once, for ${seconds} s; AWS usually takes it a little longer`,
    )
  }
  if (run.clock.complaint !== undefined) world.terminal.warn(run.clock.complaint)
}

/** A device that several profiles share has one code for all of them. */
function choose(profiles: AwsProfiles, mfaProfile: string | undefined): Enrolment {
  const enrolled = profiles.enrolled()
  const [first, ...others] = enrolled
  if (mfaProfile !== undefined || first === undefined) return chooseEnrolment(profiles, mfaProfile)
  const deviceOf = (name: string) => profiles.keys('config', name)?.mfa_serial
  if (others.every((name) => deviceOf(name) === deviceOf(first))) return chooseEnrolment(profiles, first)
  throw new Failure('usage', `several MFA devices are enrolled, for profile ${enrolled.join(', ')}`, [
    'name one profile with --mfa-profile-name',
  ])
}
