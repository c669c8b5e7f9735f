import { askingRoles, cureOfAsking } from '../core/doctor/checks.js'
import { isChained } from '../core/role.js'
import type { Session } from '../core/session.js'
import { inWords, localTime } from '../core/time.js'
import { updateStamp } from '../runs/outcome.js'
import { isSeedSource, seedStore } from './codes/table.js'
import type { Enrolment } from './enrolment.js'
import { secondsLeft } from './freshness.js'
import type { Run } from './run.js'

/** Tells that a profile is enrolled, who can have its seed, and what is next. */
export async function tellEnrolled(run: Run, enrolment: Enrolment, session: Session): Promise<void> {
  const { mfaProfile, sourceProfile, codes, serialNumber } = enrolment
  await updateStamp(run)
  const { terminal } = run.world
  const left = inWords(secondsLeft(session, run.clock.now()))
  terminal.say(`profile ${mfaProfile} is enrolled and good until ${localTime(session.expiration)} (${left})`)
  const asking = askingRoles(enrolment, run.profiles?.roles ?? {}, run.profiles?.keptRoles)
  if (asking.length > 0) {
    terminal.say(
      `tools still ask for a code for role profile ${asking.join(', ')}: ${cureOfAsking(mfaProfile, sourceProfile)}`,
    )
  }
  if (codes.kind === 'none') {
    if (isChained(enrolment)) terminal.say('it is renewed while the MFA session lasts, for which you type the code')
    return
  }
  if (codes.kind === 'process') terminal.say('from now on `awsmfa refresh` asks the command for codes')
  else terminal.say('from now on `awsmfa refresh` needs no input')
  if (codes.kind === 'file' && isSeedSource(codes) && enrolment.role === undefined) {
    const { name } = seedStore(run.world, { serialNumber, codes })
    terminal.say(`the seed is in ${name}; whoever can read that and its key has the seed`)
  }
  terminal.say(`use it: aws s3 ls --profile ${mfaProfile}`)
  if (run.everyMinutes === undefined) {
    terminal.say(
      'nothing runs refresh by itself yet: awsmfa schedule install, or a hook in your shell: awsmfa hook --help',
    )
  }
}
