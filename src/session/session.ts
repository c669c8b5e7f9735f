import { inWords } from '../core/duration.js'
import type { Enrolment } from '../core/enrolment.js'
import {
  formatLedger,
  forProgram,
  forSending,
  type Ledger,
  nextStep,
  type Offsets,
  parseLedger,
  withoutSent,
  withSent,
} from '../core/ledger.js'
import { chooseRegion } from '../core/region.js'
import type { Seed } from '../core/seed.js'
import type { Session } from '../core/session.js'
import { stepAt } from '../core/timeStep.js'
import { Failure, StsFailure } from '../errors.js'
import type { World } from '../world.js'
import type { AwsClock } from './awsClock.js'
import type { AwsProfiles } from './awsProfiles.js'

/** Where this run's code comes from: computed from the seed, typed by a person, or printed by a program of theirs. */
export type CodeSource = { readonly seed: Seed } | { readonly typed: string } | { readonly ask: () => Promise<string> }

/** AWS counts nine verifications in three minutes, for all programs of the person together. */
const mostSent = 3
/** How long a run that nobody watches goes on trying; short enough not to meet the next one. */
const patienceMs = 60_000
const firstPauseMs = 2_000
/** With a person: a full window of AWS's budget. Unattended there is the next run. */
const longestWaitMs = { attended: 180_000, unattended: 65_000 }

/**
 * Gets one session. The caller holds the lock: the ledger is shared by every awsmfa of this person.
 *
 * A refused code is tried again at the corrected clock, or with another unused step when the clock was good. What may
 * pass by itself is tried again when nobody is there to do it. A code that is typed, or comes from a program, is sent once:
 * neither has another one at once.
 *
 * @param regionFlag - what `--region` says
 * @throws StsFailure when AWS gives no session; Failure `retry` when no code may be sent for minutes, `act` when the
 * source profile or the ledger is unusable
 */
export async function getSession(
  world: World,
  clock: AwsClock,
  profiles: AwsProfiles,
  enrolment: Enrolment,
  source: CodeSource,
  regionFlag: string | undefined,
): Promise<Session> {
  const { serialNumber, sourceProfile, durationSeconds } = enrolment
  const keys = profiles.keysFor(enrolment)
  const sourceProfileRegion = profiles.setting(sourceProfile, 'region')
  const region = chooseRegion({ flag: regionFlag, env: world.env, sourceProfileRegion, serialNumber })
  const startedMs = world.clock.now().getTime()
  let sent = 0
  let pauseMs = firstPauseMs
  for (;;) {
    const { code, step } = await takeCode(world, clock, serialNumber, source)
    try {
      const answer = await world.sts.getSessionToken({
        keys,
        region,
        serialNumber,
        code,
        durationSeconds,
        clockOffsetMs: clock.offsetMs,
      })
      await clock.learn(answer.clockOffsetMs)
      return answer.session
    } catch (error) {
      // What is no StsFailure came from unusable settings, before anything was sent.
      const surelyUnsent = error instanceof StsFailure ? !error.codeMayBeSpent : error instanceof Failure
      if (surelyUnsent) await changeLedger(world, (ledger) => withoutSent(ledger, serialNumber, step))
      else sent += 1
      if (!(error instanceof StsFailure)) throw error
      const correctionMs = await clock.learn(error.clockOffsetMs)
      if (!('seed' in source) || sent >= mostSent) throw error
      if (error.reason === 'code-refused') {
        world.terminal.detail(
          correctionMs > 0 ? "the code was refused, trying at AWS's time" : 'the code was refused, trying another',
        )
      } else if (error.reason === 'clock-refused') {
        if (correctionMs === 0) throw error
        world.terminal.detail("the signature was refused, trying at AWS's time")
      } else {
        const elapsedMs = world.clock.now().getTime() - startedMs
        if (error.kind !== 'retry' || world.terminal.interactive || elapsedMs + pauseMs > patienceMs) throw error
        world.terminal.detail(`${error.message}, trying again`)
        // Spread out, so that a fleet that lost its network together does not come back in step.
        await world.clock.sleep(pauseMs * (0.5 + Math.random()))
        pauseMs *= 2
      }
    }
  }
}

/**
 * The code to send and its step, written down as sent. The caller holds the lock.
 *
 * Which step a code belongs to that we did not compute is not known; this moment's is the likely one and counts as used.
 *
 * @param offsets - which steps will do, where the code is computed
 * @throws Failure `retry` when no code is free for minutes, `act` or `retry` when the program gives none
 */
export async function takeCode(
  world: World,
  clock: AwsClock,
  serialNumber: string,
  source: CodeSource,
  offsets: Offsets = forSending,
): Promise<{ code: string; step: number }> {
  if ('typed' in source) {
    const now = clock.now()
    await changeLedger(world, (ledger) => withSent(ledger, serialNumber, stepAt(now), now))
    return { code: source.typed, step: stepAt(now) }
  }
  if ('ask' in source) return await askCode(world, serialNumber, source.ask)
  const { totp } = await import('../core/totp.js')
  const step = await takeStep(world, clock, serialNumber, offsets)
  return { code: totp(source.seed, step), step }
}

/** A program knows no other clock than this machine's, so the moment is judged by that. */
async function askCode(
  world: World,
  serialNumber: string,
  ask: () => Promise<string>,
): Promise<{ code: string; step: number }> {
  const step = await takeStep(world, world.clock, serialNumber, forProgram)
  try {
    const code = await ask()
    // It may have waited for a touch, and have computed the code before or after that.
    const end = world.clock.now()
    if (stepAt(end) !== step) await changeLedger(world, (ledger) => withSent(ledger, serialNumber, stepAt(end), end))
    return { code, step }
  } catch (error) {
    await changeLedger(world, (ledger) => withoutSent(ledger, serialNumber, step))
    throw error
  }
}

/**
 * A time step that was never sent, written down as sent; waits when every acceptable one was.
 *
 * @throws Failure `retry` when the wait would be longer than anybody has patience for
 */
async function takeStep(
  world: World,
  clock: Pick<AwsClock, 'now'>,
  serialNumber: string,
  offsets: Offsets = forSending,
): Promise<number> {
  for (;;) {
    const now = clock.now()
    const { step, waitMs } = nextStep(parseLedger(await world.state.read('ledger.json')), serialNumber, now, offsets)
    if (waitMs === 0) {
      await changeLedger(world, (ledger) => withSent(ledger, serialNumber, step, now))
      return step
    }
    const { interactive } = world.terminal
    if (waitMs > longestWaitMs[interactive ? 'attended' : 'unattended']) {
      throw new Failure('retry', `no code of ${serialNumber} may be sent for ${inWords(waitMs / 1000)}`, [
        'AWS takes nine codes in three minutes, and these are used up: try again later',
      ])
    }
    await world.terminal.countdown(waitMs, 'the codes of this moment are used, waiting for the next')
  }
}

async function changeLedger(world: World, change: (ledger: Ledger) => Ledger): Promise<void> {
  await world.state.edit('ledger.json', (text) => formatLedger(change(parseLedger(text))))
}
