import { createHmac } from 'node:crypto'

const stepMs = 30_000
/** AWS accepts the codes of two steps to either side of its own. */
const widestDrift = 2
/** Nine verifications a device in each aligned window, good ones and bad ones alike. */
const budget = 9
const budgetWindowMs = 180_000

export type Verdict =
  | { readonly accepted: true; readonly step: number }
  /** `code`: wrong, used or too old; `device`: not known yet, or asked too often */
  | { readonly accepted: false; readonly because: 'code' | 'device'; readonly step?: number }

/** One virtual device as AWS's side knows it: what was used, how often it was asked. */
export class MfaDevice {
  readonly #key: Buffer
  readonly #usableFromMs: number
  readonly #usedSteps = new Set<number>()
  #window = -1
  #verificationsInWindow = 0
  #driftSteps = 0
  #lastSynced = Number.NEGATIVE_INFINITY

  /**
   * @param seed - base32
   * @param usableFromMs - STS knows the device from here on, milliseconds since the epoch
   */
  constructor(seed: string, usableFromMs: number) {
    this.#key = decodeBase32(seed)
    this.#usableFromMs = usableFromMs
  }

  verify(code: string, nowMs: number): Verdict {
    if (nowMs < this.#usableFromMs) return { accepted: false, because: 'device' }
    const window = Math.floor(nowMs / budgetWindowMs)
    if (window !== this.#window) {
      this.#window = window
      this.#verificationsInWindow = 0
    }
    this.#verificationsInWindow += 1
    if (this.#verificationsInWindow > budget) return { accepted: false, because: 'device' }

    const now = Math.floor(nowMs / stepMs) + this.#driftSteps
    const steps = Array.from({ length: 2 * widestDrift + 1 }, (_, index) => now - widestDrift + index)
    const matching = steps.filter((step) => totp(this.#key, step) === code)
    const unused = matching.find((step) => !this.#usedSteps.has(step))
    if (unused !== undefined) {
      this.#usedSteps.add(unused)
      return { accepted: true, step: unused }
    }
    const [used] = matching
    return { accepted: false, because: 'code', ...(used === undefined ? {} : { step: used }) }
  }

  /** How far AWS holds the device's clock to be off, as its last pair of codes told. */
  get driftSteps(): number {
    return this.#driftSteps
  }

  /**
   * Takes the device's clock from two codes, as enabling and resyncing do: of consecutive steps, in order, newer than the
   * last such pair. The window is wide (998 steps back, 1000 ahead), so that a wrong clock is taken for the device's own.
   */
  sync(first: string, second: string, nowMs: number): boolean {
    const now = Math.floor(nowMs / stepMs)
    // From the nearest step outwards: two codes agree by chance once in a while.
    for (let distance = 0; distance <= 1000; distance += 1) {
      for (const drift of [distance, -distance]) {
        const step = now + drift
        if (drift < -998 || step - 1 <= this.#lastSynced) continue
        if (totp(this.#key, step) !== second || totp(this.#key, step - 1) !== first) continue
        this.#driftSteps = drift
        this.#lastSynced = step
        return true
      }
    }
    return false
  }

  /** The code of a step, for tests that type one. */
  code(step: number): string {
    return totp(this.#key, step)
  }
}

/** RFC 6238 with SHA-1 and six digits, on node:crypto alone so that the product's own codes are checked by other code. */
function totp(key: Buffer, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const hash = createHmac('sha1', key).update(counter).digest()
  const offset = (hash.at(-1) ?? 0) & 15
  return String((hash.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

function decodeBase32(text: string): Buffer {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bytes: number[] = []
  let bits = 0
  let value = 0
  for (const character of text) {
    const digit = alphabet.indexOf(character)
    if (digit < 0) throw new Error('the seed of a test device is not base32')
    value = ((value << 5) | digit) & 0xfff
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes.push((value >> bits) & 0xff)
    }
  }
  return Buffer.from(bytes)
}
