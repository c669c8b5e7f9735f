import type { Ledger } from '../core/ledger.js'
import { formatLedger, nextStep, parseLedger, withoutSent, withSent } from '../core/ledger.js'
import type { Seed } from '../core/seed.js'
import type { Session } from '../core/session.js'
import { stepAt } from '../core/timeStep.js'
import { StsFailure } from '../errors.js'
import type { SessionRequest, World } from '../world.js'

/** Where this run's code comes from: computed from the seed, or typed by a person. */
export type CodeSource = { readonly seed: Seed } | { readonly typed: string }

/**
 * Gets one session with one code. The caller holds the lock: the ledger is shared by every awsmfa of this person.
 *
 * @throws StsFailure when AWS gives no session; Failure `act` when the ledger cannot be written
 */
export async function getSession(
  world: World,
  request: Omit<SessionRequest, 'code'>,
  source: CodeSource,
): Promise<Session> {
  const { serialNumber } = request
  const { code, step } =
    'seed' in source
      ? await computedCode(world, serialNumber, source.seed)
      : await typedCode(world, serialNumber, source.typed)
  try {
    const { session } = await world.sts.getSessionToken({ ...request, code })
    return session
  } catch (error) {
    if (error instanceof StsFailure && !error.codeMayBeSpent) {
      await changeLedger(world, (ledger) => withoutSent(ledger, serialNumber, step))
    }
    throw error
  }
}

/** A code that was never sent, written down as sent; waits when every acceptable one was. */
async function computedCode(world: World, serialNumber: string, seed: Seed): Promise<{ code: string; step: number }> {
  const { totp } = await import('../core/totp.js')
  for (;;) {
    const now = world.clock.now()
    const { step, waitMs } = nextStep(parseLedger(await world.state.read('ledger.json')), serialNumber, now)
    if (waitMs > 0) {
      await world.terminal.countdown(waitMs, 'the codes of this moment are used, waiting for the next')
      continue
    }
    await changeLedger(world, (ledger) => withSent(ledger, serialNumber, step, now))
    return { code: totp(seed, step), step }
  }
}

/** Which step a typed code belongs to is not known; this moment's is the likely one and counts as used. */
async function typedCode(world: World, serialNumber: string, code: string): Promise<{ code: string; step: number }> {
  const now = world.clock.now()
  const step = stepAt(now)
  await changeLedger(world, (ledger) => withSent(ledger, serialNumber, step, now))
  return { code, step }
}

async function changeLedger(world: World, change: (ledger: Ledger) => Ledger): Promise<void> {
  await world.state.edit('ledger.json', (text) => formatLedger(change(parseLedger(text))))
}
