import { keyEnd } from '../core/keyPair.js'
import type { LongTermKeys } from '../core/session.js'
import { Failure, StsFailure } from '../errors.js'
import type { Run } from '../session/run.js'
import type { KeyAuthority } from './authority.js'

/** Several endpoints answer in turn, and each hears of a new key in its own time (hashicorp/vault#3115). */
const inARow = 3
const pauseMs = 2_000
/** Seconds are usual, and a minute was seen. */
const patienceMs = 60_000
const waiting = 'AWS makes the key known, which takes seconds to a minute'

/** AWS has not heard of the key for as long as it ever takes. */
export class NeverKnown extends Failure {}

/**
 * Waits until AWS knows a key everywhere. Asks whose it is, which spends no code.
 *
 * @throws NeverKnown `retry` when AWS goes on refusing it; StsFailure when it cannot be reached
 */
export async function waitUntilKnown(
  { world, clock }: Run,
  authority: KeyAuthority,
  keys: LongTermKeys,
): Promise<void> {
  const startMs = world.clock.now().getTime()
  let known = 0
  let told = false
  for (;;) {
    const refusal = await refusalOf(async () => {
      const { clockOffsetMs } = await world.sts.getCallerIdentity(authority.signerFor(keys))
      await clock.learn(clockOffsetMs)
    })
    known = refusal === undefined ? known + 1 : 0
    if (known >= inARow) return
    if (world.clock.now().getTime() - startMs >= patienceMs) {
      if (refusal?.reason !== 'refused') throw refusal ?? neverKnown(keys)
      throw neverKnown(keys)
    }
    if (world.terminal.interactive) await world.terminal.countdown(pauseMs, waiting)
    else {
      // A countdown is a line each time where no terminal is.
      if (known === 0 && !told) world.terminal.say(waiting)
      told ||= known === 0
      await world.clock.sleep(pauseMs)
    }
  }
}

function neverKnown({ accessKeyId }: LongTermKeys): NeverKnown {
  return new NeverKnown('retry', `AWS does not accept the key ${keyEnd(accessKeyId)} yet, after a minute`, [
    'see https://health.aws.amazon.com, then run the same command again',
  ])
}

/** What may pass by itself; anything else is thrown. */
async function refusalOf(ask: () => Promise<void>): Promise<StsFailure | undefined> {
  try {
    await ask()
    return undefined
  } catch (error) {
    if (error instanceof StsFailure && error.reason !== 'clock-refused') return error
    throw error
  }
}
