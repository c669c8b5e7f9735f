import { askingRoles, cureOfAsking } from '../core/doctor/checks.js'
import type { Session } from '../core/session.js'
import { inWords, localTime } from '../core/time.js'
import { updateStamp } from '../runs/outcome.js'
import { isSeedSource, seedStore } from './codes/table.js'
import type { Enrolment } from './enrolment.js'
import { secondsLeft } from './freshness.js'
import type { Run } from './run.js'

/** Tells that a profile is enrolled, who can have its seed, and what is next. */
export async function tellEnrolled(
  run: Run,
  { mfaProfile, sourceProfile, codes, serialNumber }: Enrolment,
  session: Session,
): Promise<void> {
  await updateStamp(run)
  const { terminal } = run.world
  const left = inWords(secondsLeft(session, run.clock.now()))
  terminal.say(`profile ${mfaProfile} is enrolled and good until ${localTime(session.expiration)} (${left})`)
  const asking = askingRoles(sourceProfile, run.profiles?.roles ?? {})
  if (asking.length > 0) {
    terminal.say(
      `tools still ask for a code for role profile ${asking.join(', ')}: ${cureOfAsking(mfaProfile, sourceProfile)}`,
    )
  }
  if (codes.kind === 'none') return
  if (codes.kind === 'process') terminal.say('from now on `awsmfa refresh` asks the command for codes')
  else terminal.say('from now on `awsmfa refresh` needs no input')
  if (codes.kind === 'file' && isSeedSource(codes)) {
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
