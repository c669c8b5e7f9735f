import { inWords } from '../core/duration.js'
import type { Enrolment } from '../core/enrolment.js'
import { secondsLeft } from '../core/freshness.js'
import { localTime } from '../core/localTime.js'
import type { Session } from '../core/session.js'
import { recordRefreshed } from '../runs/outcome.js'
import { updateStamp } from '../runs/stamp.js'
import type { World } from '../world.js'
import { AwsClock } from './awsClock.js'
import { seedStoreOf } from './seedStore.js'

/** Tells that a profile is enrolled, and remembers that it works. */
export async function celebrate(world: World, mfaProfile: string, session: Session): Promise<void> {
  await recordRefreshed(world, [mfaProfile])
  await updateStamp(world)
  const left = inWords(secondsLeft(session.expiration, (await AwsClock.read(world)).now()))
  world.terminal.say(`profile ${mfaProfile} is enrolled and good until ${localTime(session.expiration)} (${left})`)
}

/** The same, when awsmfa has the seed; tells who can have it, too, where that is not the keychain's business. */
export async function celebrateSeed(world: World, enrolment: Enrolment, session: Session): Promise<void> {
  await celebrate(world, enrolment.mfaProfile, session)
  world.terminal.say('from now on `awsmfa refresh` needs no input')
  if (enrolment.seedStore !== 'file') return
  const { name } = seedStoreOf(world, enrolment)
  world.terminal.say(`the seed is in ${name}; whoever can read that and its key has the seed`)
}
