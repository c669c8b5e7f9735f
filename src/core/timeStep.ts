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
