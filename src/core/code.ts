import { Failure } from '../errors.js'
import { withoutGaps } from './text.js'

/** Whether the text is six ASCII digits. */
export function isCode(text: string): boolean {
  return /^[0-9]{6}$/.test(text)
}

/**
 * Checks a typed code. It stays text: a leading zero counts. Apps show `123 456`, and many copy the blank too.
 *
 * @throws Failure `usage` when it is not six ASCII digits
 */
export function parseCode(text: string): string {
  const code = withoutGaps(text)
  if (isCode(code)) return code
  // What was typed may be a seed in the wrong place, so it is not repeated.
  throw new Failure('usage', 'the code is not six digits', 'type the six digits that the device shows now')
}

/** AWS's devices count in steps of 30 seconds since 1970 (RFC 6238 §4.1, X = 30, T0 = 0). */
export const stepMs = 30_000

/** The number of the time step that holds `instant`. */
export function stepAt(instant: Date): number {
  return Math.floor(instant.getTime() / stepMs)
}

/** The instant at which `step` begins. */
export function stepStart(step: number): Date {
  return new Date(step * stepMs)
}
