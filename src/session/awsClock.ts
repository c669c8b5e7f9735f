import { describeOffset, formatOffset, parseOffset, significantOffset } from '../core/clockOffset.js'
import type { World } from '../world.js'
import { keepNews, readNews } from './news.js'

/**
 * AWS's clock, as far as this machine knows it: its own, corrected by what the last answer's `Date` said. Codes,
 * signatures and the end of a session are all judged by it.
 */
export class AwsClock {
  readonly #world: World
  #offsetMs: number
  #knownMs = 0

  private constructor(world: World, offsetMs: number) {
    this.#world = world
    this.#offsetMs = offsetMs
  }

  static async read(world: World): Promise<AwsClock> {
    const clock = new AwsClock(world, 0)
    await clock.reread()
    return clock
  }

  /** Takes over what the last run has learnt, unless the clock was set since. */
  async reread(): Promise<void> {
    const text = await readNews(this.#world, 'clock.json')
    const knownMs = text === undefined ? 0 : parseOffset(text, this.#world.clock.bootedAt())
    // What this run has learnt itself may not have reached the file.
    if (knownMs !== this.#knownMs) this.#offsetMs = knownMs
    this.#knownMs = knownMs
  }

  /** AWS's clock minus this machine's, in milliseconds; 0 when they agree or nothing is known. */
  get offsetMs(): number {
    return this.#offsetMs
  }

  now(): Date {
    return new Date(this.#world.clock.now().getTime() + this.#offsetMs)
  }

  /** The offset in words with the command that sets the clock right, `undefined` when the clock is good enough. */
  get complaint(): string | undefined {
    const words = describeOffset(this.#offsetMs)
    return words === undefined
      ? undefined
      : `${words}; awsmfa allows for it, other tools may not: ${this.#world.clock.mending}`
  }

  /**
   * Takes over what an answer has told, and keeps it for the next run where that is possible: a clock that cannot be
   * written down costs nobody a session.
   *
   * @param measuredMs - `undefined` when the answer told nothing
   * @returns how far the clock was corrected, in milliseconds
   */
  async learn(measuredMs: number | undefined): Promise<number> {
    if (measuredMs === undefined) return 0
    const before = this.#offsetMs
    const measured = significantOffset(measuredMs)
    const correctionMs = Math.abs(measured - before)
    if (significantOffset(correctionMs) === 0) return 0
    this.#offsetMs = measured
    const { clock } = this.#world
    await keepNews(this.#world, 'clock.json', () => formatOffset(measured, clock.bootedAt()))
    return correctionMs
  }
}
