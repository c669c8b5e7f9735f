import { parseCode } from '../core/code.js'
import type { AwsCredentials } from '../core/session.js'
import { inWords } from '../core/time.js'
import { Authority } from '../device/authority.js'
import { Failure } from '../errors.js'
import { askCode, askFor } from '../session/askCode.js'
import { chooseEnrolment } from '../session/choose.js'
import { isSeedSource, openCodes } from '../session/codes/table.js'
import type { Enrolment } from '../session/enrolment.js'
import { passGate } from '../session/gate.js'
import { identify } from '../session/identify.js'
import { Run } from '../session/run.js'
import { openKeys } from '../session/sourceKeys.js'
import { takePair } from '../session/takeCode.js'
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
  const run = await Run.start(world)
  const profiles = await run.read()
  const enrolment = chooseEnrolment(profiles, options.mfaProfile)
  const { sourceProfile, serialNumber } = enrolment
  const typed = await typedPair(world, enrolment)
  const keys = await openKeys(world, passGate(profiles, enrolment))
  const identified = await identify(run, profiles, {
    sourceProfile,
    keys,
    regionFlag: options.region,
    serialNumber,
  })
  async function* credentials(): AsyncGenerator<AwsCredentials> {
    yield keys
    const session = run.ownSession(enrolment)
    if (session !== undefined) yield session
  }
  const codes = typed ?? (await computedPair(run, enrolment))
  await new Authority(run.clock, identified, credentials()).attempt((signer) =>
    world.iam.resync(signer, { userName: identified.user.userName, serialNumber }, codes),
  )
  world.terminal.say(`AWS has taken the clock of ${serialNumber} anew`)
  if (run.clock.complaint !== undefined) world.terminal.warn(run.clock.complaint)
}

async function typedPair(world: World, enrolment: Enrolment): Promise<[string, string] | undefined> {
  const { codes, serialNumber, mfaProfile } = enrolment
  if (isSeedSource(codes)) return undefined
  if (!world.terminal.interactive) {
    throw new Failure('usage', `the codes of profile ${mfaProfile} do not come from a seed, and nobody can be asked`, [
      `run it on a terminal, with ${serialNumber} at hand`,
    ])
  }
  const first = await askCode(world, `code of ${serialNumber}:`)
  const ask = () => world.terminal.ask('the next code, when it shows another:')
  const second = await askFor(world, ask, (answer) => {
    const code = parseCode(answer)
    if (code !== first) return code
    throw new Failure('usage', 'both codes are the same', 'wait until the device shows another one for the second')
  })
  return [first, second]
}

/** Newer than all that were sent; the second one of the moment, or AWS would take over an error of half a minute. */
async function computedPair(run: Run, enrolment: Enrolment): Promise<[string, string]> {
  const { serialNumber } = enrolment
  const source = await openCodes(run.world, enrolment)
  if (!('seed' in source)) throw new Error('a seed store gave no seed')
  const { codePair, newerPair } = await import('../core/totp.js')
  for (;;) {
    const { step, waitMs } = await takePair(run, serialNumber, newerPair)
    if (waitMs === 0) return codePair(source.seed, step)
    if (waitMs > longestWaitMs) {
      throw new Failure('retry', `no two unused codes of ${serialNumber} can be had for ${inWords(waitMs / 1000)}`, [
        'codes of a later time were sent already, probably while the clock was wrong: try again then',
      ])
    }
    await run.world.terminal.countdown(waitMs, 'waiting for two codes that were not used yet')
  }
}
