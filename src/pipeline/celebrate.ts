import { inWords } from '../core/duration.js'
import { secondsLeft } from '../core/freshness.js'
import { localTime } from '../core/localTime.js'
import type { Session } from '../core/session.js'
import type { World } from '../world.js'
import { AwsClock } from './awsClock.js'
import { recordRefreshed } from './outcome.js'
import { updateStamp } from './stamp.js'

/** Tells that a profile is enrolled, and remembers that it works. */
export async function celebrate(world: World, mfaProfile: string, session: Session): Promise<void> {
  await recordRefreshed(world, [mfaProfile])
  await updateStamp(world)
  const left = inWords(secondsLeft(session.expiration, (await AwsClock.read(world)).now()))
  world.terminal.say(`profile ${mfaProfile} is enrolled and good until ${localTime(session.expiration)} (${left})`)
}
