import { stepAt } from '../core/code.js'
import {
  formatLedger,
  forProgram,
  forSending,
  isSent,
  type Ledger,
  type NextStep,
  nextStep,
  type Offsets,
  parseLedger,
  withoutSent,
  withSent,
} from '../core/ledger.js'
import { inWords } from '../core/time.js'
import { Failure } from '../errors.js'
import type { World } from '../world.js'
import type { OpenSource } from './codes/codeSource.js'
import type { Run } from './run.js'

/** A code and its time step, written down as sent. */
export interface TakenCode {
  readonly code: string
  readonly step: number
}

/** With a person: a full window of AWS's budget. Unattended there is the next run. */
const longestWaitMs = { attended: 180_000, unattended: 65_000 }

/**
 * A code to send. May take as long as the next unused step, or a program, takes: not to be called under a lock that others
 * need.
 *
 * @param offsets - which steps will do, where the code is computed
 * @throws Failure `retry` when no code is free for minutes, `act` or `retry` when the program gives none
 */
export async function takeCode(
  run: Run,
  serialNumber: string,
  source: OpenSource,
  offsets: Offsets = forSending,
): Promise<TakenCode> {
  for (;;) {
    const step = await takeStep(run, serialNumber, source, offsets)
    if (step.waitMs === 0) return await codeAt(run, serialNumber, source, step.step)
    await run.world.terminal.countdown(step.waitMs, waitingFor)
  }
}

export const waitingFor = 'the codes of this moment are used, waiting for the next'

/**
 * The code of a step that {@link takeStep} has taken. Asks the person's program, where there is one: that is given the time
 * that it needs, and may compute the code before or after.
 */
export async function codeAt(run: Run, serialNumber: string, source: OpenSource, step: number): Promise<TakenCode> {
  if ('typed' in source) return { code: source.typed, step }
  if ('seed' in source) {
    const { totp } = await import('../core/totp.js')
    return { code: totp(source.seed, step), step }
  }
  const { world } = run
  try {
    const code = await source.ask()
    const end = world.clock.now()
    if (stepAt(end) === step || (await takeUnused(world, serialNumber, end))) return { code, step }
    throw new Failure('retry', `another run has sent the code of ${serialNumber} meanwhile`, 'run the same again')
  } catch (error) {
    await giveBack(world, serialNumber, step)
    throw error
  }
}

/**
 * A time step that was never sent, written down as sent; or how long until there is one.
 *
 * Which step a typed code belongs to is not known; this moment's is the likely one and counts as used. A program knows no
 * other clock than this machine's, so its moment is judged by that.
 *
 * @throws Failure `retry` when the wait would be longer than anybody has patience for
 */
export async function takeStep(
  { world, clock }: Run,
  serialNumber: string,
  source: OpenSource,
  offsets: Offsets = forSending,
): Promise<{ step: number; waitMs: number }> {
  const now = 'ask' in source ? world.clock.now() : clock.now()
  const taken = await world.lock.hold('ledger', async () => {
    const ledger = parseLedger(await world.state.read('ledger.json'))
    const next =
      'typed' in source
        ? { step: stepAt(now), waitMs: 0 }
        : nextStep(ledger, serialNumber, now, 'ask' in source ? forProgram : offsets)
    if (next.waitMs > 0) return next
    await world.state.edit('ledger.json', (text) =>
      formatLedger(withSent(parseLedger(text), serialNumber, next.step, now)),
    )
    return next
  })
  if (taken.waitMs > longestWaitMs[world.terminal.interactive ? 'attended' : 'unattended']) {
    throw new Failure('retry', `no code of ${serialNumber} may be sent for ${inWords(taken.waitMs / 1000)}`, [
      `AWS takes nine codes in three minutes, and these are used up: ${world.terminal.interactive ? 'try again later' : 'the next run goes on'}`,
    ])
  }
  return taken
}

/** Writes the step of a moment down as sent. @returns whether nobody has before */
async function takeUnused(world: World, serialNumber: string, at: Date): Promise<boolean> {
  let isUnused = false
  await changeLedger(world, (ledger) => {
    isUnused = !isSent(ledger, serialNumber, stepAt(at))
    return isUnused ? withSent(ledger, serialNumber, stepAt(at), at) : ledger
  })
  return isUnused
}

/** Takes a step off the ledger again: only for one whose code surely never left this machine. */
export async function giveBack(world: World, serialNumber: string, step: number): Promise<void> {
  await changeLedger(world, (ledger) => withoutSent(ledger, serialNumber, step))
}

/**
 * Takes the two steps of a pair of codes, as devices are enabled and resynchronised with, and writes them down as sent.
 *
 * @param choose - the later one of the two, as {@link newerPair} does; nothing is taken while it is to be waited for
 */
export async function takePair(
  { world, clock }: Run,
  serialNumber: string,
  choose: (ledger: Ledger, serialNumber: string, now: Date) => NextStep,
): Promise<NextStep> {
  const now = clock.now()
  let next: NextStep = { step: 0, waitMs: 0 }
  await changeLedger(world, (ledger) => {
    next = choose(ledger, serialNumber, now)
    if (next.waitMs > 0) return ledger
    return withSent(withSent(ledger, serialNumber, next.step - 1, now), serialNumber, next.step, now)
  })
  return next
}

async function changeLedger(world: World, change: (ledger: Ledger) => Ledger): Promise<void> {
  await world.lock.hold('ledger', () =>
    world.state.edit('ledger.json', (text) => formatLedger(change(parseLedger(text)))),
  )
}
