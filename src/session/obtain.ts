import type { AwsCredentials, Session } from '../core/session.js'
import { StsFailure } from '../errors.js'
import type { World } from '../world.js'
import type { OpenSource } from './codes/codeSource.js'
import { openCodes, takesTime } from './codes/table.js'
import type { Enrolment } from './enrolment.js'
import type { AwsProfiles } from './profiles.js'
import type { Run } from './run.js'
import { type Asked, type Given, type Refused, send } from './send.js'
import { type KeySource, keysTakeTime, openKeys } from './sourceKeys.js'
import { codeAt, type TakenCode, takeStep, waitingFor } from './takeCode.js'

/** What a new session is wanted for. Its two halves run in the same hold of the lock. */
export interface Order<T> {
  /** an open source of codes, when it is not the enrolment's own */
  readonly source?: OpenSource | undefined
  /** instead of {@link patienceMs} */
  readonly patienceMs?: number | undefined
  /**
   * What to ask AWS for, from the files as they are now. Everything that can fail without a code fails here.
   *
   * @returns `undefined` when there is nothing to ask for any more; what is to be done outside of the lock before it can be
   */
  request(profiles: AwsProfiles): Promise<Request | Again | undefined>
  /** Takes the session that AWS has given. */
  keep(given: Given, profiles: AwsProfiles): Promise<T>
}

export interface Request extends Omit<Asked, 'credentials'> {
  readonly enrolment: Enrolment
  readonly keys: KeySource
  /** the MFA session with which a role is taken, instead of the keys and a code */
  readonly session?: Session | undefined
}

/** What a request is made with, once it is open. */
interface Opened {
  /** what was opened, to tell whether it is still what is wanted */
  readonly places?: string
  /** absent where no code is needed */
  readonly source?: OpenSource
  readonly credentials: AwsCredentials
}

/** AWS counts nine verifications in three minutes, for all programs of the person together. */
const mostSent = 3
/** How long a run that nobody watches goes on trying; short enough not to meet the next one. */
const patienceMs = 60_000
const firstPauseMs = 2_000

/**
 * Gets one session, in as many holds of the lock as it takes: nobody waits under it. Back-off, countdowns, dialogs and the
 * person's own programs run between two holds, and what was read before one is only a guess in the next.
 *
 * A refused code is tried again at the corrected clock, or with another unused step when the clock was good. What may
 * pass by itself is tried again when nobody is there to do it. A code that is typed, or comes from a program, is sent once:
 * neither has another one at once.
 *
 * @returns what `order.keep` gives; `undefined` when there was nothing to ask for
 * @throws StsFailure when AWS gives no session; Failure `retry` when no code may be sent for minutes; what `order` throws
 */
export async function obtain<T>(run: Run, order: Order<T>): Promise<T | undefined> {
  const attempts = new Attempts(run, order)
  for (;;) {
    const step = await run.world.lock.hold('session', () => attempts.once())
    if ('done' in step) return step.done
    await step.between()
  }
}

/** What comes after the code takes as long to load as a keychain takes to answer. */
function loadAhead({ sts }: World): void {
  // Whatever fails here fails again where it is needed, and is told there.
  for (const part of [sts.expectCall?.(), import('../core/totp.js')]) part?.catch(() => {})
}

/** What is to be done between this hold of the lock and the next. */
export interface Again {
  between(): Promise<unknown>
}

class Attempts<T> {
  readonly #run: Run
  readonly #order: Order<T>
  readonly #startedMs: number
  #sent = 0
  #pauseMs = firstPauseMs
  #opened: Opened | undefined
  #code: TakenCode | undefined

  constructor(run: Run, order: Order<T>) {
    this.#run = run
    this.#order = order
    this.#startedMs = run.world.clock.now().getTime()
  }

  /** One hold of the lock: one code at most. */
  async once(): Promise<{ readonly done: T | undefined } | Again> {
    const run = this.#run
    const profiles = await run.read()
    await run.clock.reread()
    const request = await this.#order.request(profiles)
    if (request === undefined) return { done: undefined }
    if ('between' in request) return request
    const opened = await this.#open(request)
    if ('between' in opened) return opened
    const { source, credentials } = opened
    const taken = source && (await this.#take(request.serialNumber, source))
    if (taken !== undefined && 'between' in taken) return taken
    const answer = await send(run, { ...request, credentials }, taken)
    if ('refusal' in answer) return this.#afterRefusal(answer, source)
    return { done: await this.#order.keep(answer, profiles) }
  }

  /** The codes and the keys together: where both are in the keychain, that is one question to it. */
  async #open({ enrolment, keys, session }: Request): Promise<Opened | Again> {
    if (session !== undefined) return { credentials: session }
    const { world } = this.#run
    const given = this.#order.source
    const places = JSON.stringify([enrolment.serialNumber, enrolment.codes, 'place' in keys ? keys.place : undefined])
    if (this.#opened?.places === places) {
      // A file's are those that it holds now.
      return 'keys' in keys ? { ...this.#opened, credentials: keys.keys } : this.#opened
    }
    const open = async () => {
      if (given === undefined) this.#code = undefined
      const ahead = () => loadAhead(world)
      const [source, credentials] = await Promise.all([
        given ?? openCodes(world, enrolment, ahead),
        openKeys(world, keys, ahead),
      ])
      this.#opened = { places, source, credentials }
      return this.#opened
    }
    const waits = keysTakeTime(world, keys) || (given === undefined && takesTime(world, enrolment.codes))
    return waits ? { between: open } : await open()
  }

  async #take(serialNumber: string, source: OpenSource): Promise<TakenCode | Again> {
    const run = this.#run
    const inHand = this.#code
    this.#code = undefined
    if (inHand !== undefined) return inHand
    const { step, waitMs } = await takeStep(run, serialNumber, source)
    if (waitMs > 0) return { between: () => run.world.terminal.countdown(waitMs, waitingFor) }
    if (!('ask' in source)) return await codeAt(run, serialNumber, source, step)
    return {
      between: async () => {
        this.#code = await codeAt(run, serialNumber, source, step)
      },
    }
  }

  /**
   * @param source - absent where no code was needed
   * @throws the refusal, when it is the last word
   */
  #afterRefusal({ refusal, correctionMs }: Refused, source: OpenSource | undefined): Again {
    const { terminal, clock } = this.#run.world
    if (refusal.codeMayBeSpent) this.#sent += 1
    if ((source !== undefined && !('seed' in source)) || this.#sent >= mostSent) throw refusal
    if (refusal.reason === 'code-refused') {
      terminal.detail(
        correctionMs > 0 ? "the code was refused, trying at AWS's time" : 'the code was refused, trying another',
      )
      return { between: async () => {} }
    }
    if (refusal.reason === 'clock-refused') {
      if (correctionMs === 0) throw refusal
      terminal.detail("the signature was refused, trying at AWS's time")
      return { between: async () => {} }
    }
    // Spread out, so that a fleet that lost its network together does not come back in step.
    const pauseMs = this.#pauseMs * (0.5 + Math.random())
    const patience = this.#order.patienceMs ?? patienceMs
    const elapsedMs = clock.now().getTime() - this.#startedMs
    if (refusal.kind !== 'retry' || terminal.interactive || elapsedMs + pauseMs > patience) throw refusal
    terminal.detail(`${refusal.message}, trying again`)
    this.#pauseMs *= 2
    return { between: () => clock.sleep(pauseMs) }
  }
}

/** Whether AWS has answered as it does while it has not heard of a device that was enabled just now. */
export function isUnknownDevice(error: unknown): boolean {
  return error instanceof StsFailure && error.reason === 'device-refused'
}
