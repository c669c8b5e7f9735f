import { StsFailure } from '../errors.js'
import type { World } from '../world.js'
import type { OpenSource } from './codes/codeSource.js'
import { openCodes, takesTime } from './codes/table.js'
import type { Enrolment } from './enrolment.js'
import type { AwsProfiles } from './profiles.js'
import type { Run } from './run.js'
import { type Asked, type Given, type Refused, send } from './send.js'
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

export interface Request extends Asked {
  readonly enrolment: Enrolment
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
  #opened: { readonly key: string; readonly source: OpenSource } | undefined
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
    const source = request.session === undefined ? await this.#sourceFor(request.enrolment) : undefined
    if (source !== undefined && 'between' in source) return source
    const taken = source && (await this.#take(request.serialNumber, source))
    if (taken !== undefined && 'between' in taken) return taken
    const answer = await send(run, request, taken)
    if ('refusal' in answer) return this.#afterRefusal(answer, source)
    return { done: await this.#order.keep(answer, profiles) }
  }

  async #sourceFor(enrolment: Enrolment): Promise<OpenSource | Again> {
    if (this.#order.source !== undefined) return this.#order.source
    const key = JSON.stringify([enrolment.serialNumber, enrolment.codes])
    if (this.#opened?.key === key) return this.#opened.source
    const { world } = this.#run
    const open = async () => {
      this.#code = undefined
      this.#opened = { key, source: await openCodes(world, enrolment, () => loadAhead(world)) }
      return this.#opened.source
    }
    return takesTime(world, enrolment.codes) ? { between: open } : await open()
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
