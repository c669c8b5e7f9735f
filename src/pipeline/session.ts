import { inWords } from '../core/duration.js'
import type { Enrolment } from '../core/enrolment.js'
import { formatLedger, type Ledger, nextStep, parseLedger, withoutSent, withSent } from '../core/ledger.js'
import { chooseRegion } from '../core/region.js'
import type { Seed } from '../core/seed.js'
import type { Session } from '../core/session.js'
import { stepAt } from '../core/timeStep.js'
import { Failure, StsFailure } from '../errors.js'
import type { World } from '../world.js'
import type { AwsClock } from './awsClock.js'
import type { AwsProfiles } from './awsProfiles.js'

/** Where this run's code comes from: computed from the seed, or typed by a person. */
export type CodeSource = { readonly seed: Seed } | { readonly typed: string }

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
 * pass by itself is tried again when nobody is there to do it. A typed code is sent once.
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
      if ('typed' in source || sent >= mostSent) throw error
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
 * The code to send and its step, written down as sent.
 *
 * Which step a typed code belongs to is not known; this moment's is the likely one and counts as used.
 */
async function takeCode(
  world: World,
  clock: AwsClock,
  serialNumber: string,
  source: CodeSource,
): Promise<{ code: string; step: number }> {
  if ('typed' in source) {
    const now = clock.now()
    await changeLedger(world, (ledger) => withSent(ledger, serialNumber, stepAt(now), now))
    return { code: source.typed, step: stepAt(now) }
  }
  const { totp } = await import('../core/totp.js')
  const step = await takeStep(world, clock, serialNumber)
  return { code: totp(source.seed, step), step }
}

/**
 * A time step that was never sent, written down as sent; waits when every acceptable one was.
 *
 * @throws Failure `retry` when the wait would be longer than anybody has patience for
 */
export async function takeStep(world: World, clock: AwsClock, serialNumber: string): Promise<number> {
  for (;;) {
    const now = clock.now()
    const { step, waitMs } = nextStep(parseLedger(await world.state.read('ledger.json')), serialNumber, now)
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
