import { forTyping } from '../core/ledger.js'
import { stepStart } from '../core/timeStep.js'
import { Failure } from '../errors.js'
import { AwsClock } from '../session/awsClock.js'
import { AwsProfiles } from '../session/awsProfiles.js'
import { openCodeSource } from '../session/codeSource.js'
import { takeCode } from '../session/session.js'
import { defaultMfaProfile } from '../session/settings.js'
import type { World } from '../world.js'

export interface CodeOptions {
  readonly mfaProfile?: string | undefined
  /** to the clipboard instead of stdout */
  readonly copy: boolean
}

/**
 * Gives one code that was never used, for the console sign-in. It goes through the ledger, so that no refresh sends the
 * same one.
 *
 * @throws Failure `act` when the profile's codes are typed, or their place is closed; `retry` when no code is free for
 * minutes
 */
export async function code(world: World, options: CodeOptions): Promise<void> {
  await world.lock.hold('session', async () => {
    const profiles = await AwsProfiles.read(world)
    const enrolment = profiles.enrolment(choose(profiles, options))
    if (enrolment === undefined) {
      throw new Failure(
        'act',
        `MFA profile ${choose(profiles, options)} is not enrolled`,
        'awsmfa status shows what is',
      )
    }
    const clock = await AwsClock.read(world)
    const source = await openCodeSource(world, enrolment)
    const taken = await takeCode(world, clock, enrolment.serialNumber, source, forTyping)
    if (options.copy) await world.clipboard.copy(taken.code)
    else world.terminal.answer(taken.code)
    const seconds = Math.floor((stepStart(taken.step + 1).getTime() - clock.now().getTime()) / 1000)
    if (options.copy || world.terminal.interactive) {
      world.terminal.say(
        `${options.copy ? 'the code is in the clipboard, ' : ''}good once, for ${seconds} s; AWS usually takes it a little longer`,
      )
    }
    if (clock.complaint !== undefined) world.terminal.warn(clock.complaint)
  })
}

/** A device that several profiles share has one code for all of them. */
function choose(profiles: AwsProfiles, options: CodeOptions): string {
  if (options.mfaProfile !== undefined) return options.mfaProfile
  const enrolled = profiles.enrolled()
  const [first = defaultMfaProfile] = enrolled
  const devices = new Set(enrolled.map((name) => profiles.keys('config', name)?.mfa_serial))
  if (devices.size <= 1) return first
  throw new Failure('usage', `several MFA devices are enrolled, for profile ${enrolled.join(', ')}`, [
    'name one profile with --mfa-profile-name',
  ])
}
