import { parseRecord } from './json.js'
import { inWords } from './time.js'

/** The `Date` header has whole seconds and the way takes time: less than this is no error of the clock. */
const noiseMs = 2_000
/** Below this a clock is not worth a word: AWS takes codes of a minute to either side. */
const worthMentioningMs = 20_000
/** Two readings of the start-up instant differ by rounding and by gentle corrections; a clock that was set differs more. */
const sameBootMs = 5_000

/** AWS's clock is in these years, however wrong this machine's is: without a battery it begins in 1970. */
const possible = { fromMs: Date.UTC(2011, 0), toMs: Date.UTC(2100, 0) }

/**
 * @param text - the clock file's content
 * @param bootedAt - when this machine started, by its clock now
 * @returns the offset in milliseconds; 0 when it is not known or not possible, or was measured before the clock was set
 * or the machine started anew
 */
export function parseOffset(text: string | undefined, bootedAt: Date): number {
  const { offsetMs, bootedAtMs } = parseRecord(text)
  if (typeof offsetMs !== 'number' || typeof bootedAtMs !== 'number') return 0
  const awsMs = bootedAt.getTime() + offsetMs
  if (!(awsMs > possible.fromMs && awsMs < possible.toMs)) return 0
  return Math.abs(bootedAtMs - bootedAt.getTime()) < sameBootMs ? offsetMs : 0
}

export function formatOffset(offsetMs: number, bootedAt: Date): string {
  return `${JSON.stringify({ offsetMs, bootedAtMs: bootedAt.getTime() })}\n`
}

/** A measured offset without its noise. */
export function significantOffset(offsetMs: number): number {
  return Math.abs(offsetMs) < noiseMs ? 0 : Math.round(offsetMs)
}

/**
 * @param offsetMs - AWS's clock minus this machine's
 * @returns such as `this machine's clock is 2 min behind AWS's`, `undefined` when it is good enough
 */
export function describeOffset(offsetMs: number | undefined): string | undefined {
  if (offsetMs === undefined || Math.abs(offsetMs) < worthMentioningMs) return undefined
  return `this machine's clock is ${inWords(Math.abs(offsetMs) / 1000)} ${offsetMs > 0 ? 'behind' : 'ahead of'} AWS's`
}
