import type { Enrolment } from '../core/enrolment.js'
import type { Seed } from '../core/seed.js'
import type { Session } from '../core/session.js'
import { StsFailure } from '../errors.js'
import type { AwsClock } from '../session/awsClock.js'
import type { AwsProfiles } from '../session/awsProfiles.js'
import { getSession } from '../session/session.js'
import type { World } from '../world.js'

/** STS was seen to hear of a device 8 to 14 seconds after IAM has enabled it. */
const firstWaitMs = 15_000
const pauseMs = 10_000
/** With the two codes that enabled the device, this stays below AWS's nine in three minutes. */
const mostAttempts = 5

/**
 * The first session of a device that was enabled just now: until STS has heard of it, it answers as if there were none.
 *
 * @param justEnabled - by this run; a device of an earlier one is probably known by now
 * @throws as {@link getSession} does
 */
export async function firstSession(
  world: World,
  clock: AwsClock,
  profiles: AwsProfiles,
  enrolment: Enrolment,
  seed: Seed,
  regionFlag: string | undefined,
  justEnabled: boolean,
): Promise<Session> {
  if (justEnabled) await world.terminal.countdown(firstWaitMs, 'AWS takes some seconds to make the new device known')
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await getSession(world, clock, profiles, enrolment, { seed }, regionFlag)
    } catch (error) {
      const unknownYet = error instanceof StsFailure && error.reason === 'device-refused'
      if (!unknownYet || attempt === mostAttempts) throw error
    }
    await world.terminal.countdown(pauseMs, 'the new device is not known everywhere yet')
  }
}
