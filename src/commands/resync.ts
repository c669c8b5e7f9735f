import { inWords } from '../core/duration.js'
import type { Enrolment } from '../core/enrolment.js'
import { formatLedger, parseLedger, withSent } from '../core/ledger.js'
import type { AwsCredentials } from '../core/session.js'
import { Authority } from '../device/authority.js'
import { identify } from '../device/identify.js'
import { Failure } from '../errors.js'
import { askCode } from '../session/askCode.js'
import { AwsClock } from '../session/awsClock.js'
import { AwsProfiles } from '../session/awsProfiles.js'
import { chooseEnrolment } from '../session/chooseEnrolment.js'
import { openCodeSource } from '../session/codeSource.js'
import { storedSession } from '../session/storedSession.js'
import type { World } from '../world.js'

export interface ResyncOptions {
  readonly mfaProfile?: string | undefined
  readonly region?: string | undefined
}

/** Two steps and a little; a ledger that asks for more was written by a clock that was far ahead. */
const longestWaitMs = 120_000

/**
 * Makes AWS take the clock of a device anew, from two codes in a row: for a device that was enabled by a wrong clock, or a
 * hardware token that has drifted.
 *
 * @throws Failure; IamFailure `code-refused` when the codes are not of this device
 */
export async function resync(world: World, options: ResyncOptions): Promise<void> {
  const typed = await typedPair(world, chooseEnrolment(await AwsProfiles.read(world), options.mfaProfile))
  await world.lock.hold('session', async () => {
    const profiles = await AwsProfiles.read(world)
    const enrolment = chooseEnrolment(profiles, options.mfaProfile)
    const { mfaProfile, sourceProfile, serialNumber } = enrolment
    const keys = profiles.keysFor(enrolment)
    const clock = await AwsClock.read(world)
    const { user, region } = await identify(world, clock, profiles, {
      sourceProfile,
      keys,
      regionFlag: options.region,
      serialNumber,
    })
    async function* credentials(): AsyncGenerator<AwsCredentials> {
      yield keys
      const session = storedSession(profiles, mfaProfile, clock.now())
      if (session !== undefined) yield session
    }
    const codes = typed ?? (await computedPair(world, clock, enrolment))
    await new Authority(clock, region, credentials()).attempt((signer) =>
      world.iam.resync(signer, { userName: user.userName, serialNumber }, codes),
    )
    world.terminal.say(`AWS has taken the clock of ${serialNumber} anew`)
    if (clock.complaint !== undefined) world.terminal.warn(clock.complaint)
  })
}

/** Asked before the lock is taken: between the two codes half a minute passes. */
async function typedPair(world: World, enrolment: Enrolment): Promise<[string, string] | undefined> {
  const { seedStore, serialNumber, mfaProfile } = enrolment
  if (seedStore === 'keychain' || seedStore === 'file') return undefined
  if (!world.terminal.interactive) {
    throw new Failure('usage', `the codes of profile ${mfaProfile} do not come from a seed, and nobody can be asked`, [
      `run it on a terminal, with ${serialNumber} at hand`,
    ])
  }
  const first = await askCode(world, `code of ${serialNumber}:`)
  const second = await askCode(world, 'the next code, when it shows another:')
  if (first !== second) return [first, second]
  throw new Failure('usage', 'both codes are the same', 'wait until the device shows another one for the second')
}

/** Newer than all that were sent; the second one of the moment, or AWS would take over an error of half a minute. */
async function computedPair(world: World, clock: AwsClock, enrolment: Enrolment): Promise<[string, string]> {
  const { serialNumber } = enrolment
  const source = await openCodeSource(world, enrolment)
  if (!('seed' in source)) throw new Error('a seed store gave no seed')
  const { codePair, newerPair } = await import('../core/codePair.js')
  const ledger = parseLedger(await world.state.read('ledger.json'))
  const { step, waitMs } = newerPair(ledger, serialNumber, clock.now())
  if (waitMs > longestWaitMs) {
    throw new Failure('retry', `no two unused codes of ${serialNumber} can be had for ${inWords(waitMs / 1000)}`, [
      'codes of a later time were sent already, probably while the clock was wrong: try again then',
    ])
  }
  if (waitMs > 0) await world.terminal.countdown(waitMs, 'waiting for two codes that were not used yet')
  const now = clock.now()
  await world.state.edit('ledger.json', (text) => {
    const before = withSent(parseLedger(text), serialNumber, step - 1, now)
    return formatLedger(withSent(before, serialNumber, step, now))
  })
  return codePair(source.seed, step)
}
