import { generateSync } from 'otplib'
import { stepAt, stepStart } from './code.js'
import type { Ledger } from './ledger.js'
import type { Seed } from './seed.js'

/**
 * The six digits of one time step (RFC 6238 with SHA-1 and 30 seconds, as AWS's virtual devices use it).
 *
 * @param seed - the device's secret
 * @param step - the number of the time step
 */
export function totp(seed: Seed, step: number): string {
  return generateSync({ secret: seed.reveal(), epoch: stepStart(step).getTime() / 1000 })
}

/**
 * The codes of a step and of the one before it, as EnableMFADevice and ResyncMFADevice want them. AWS takes the later one
 * for its own moment, so `step` must be the step of now at AWS's clock; any other would be kept as the device's error.
 */
export function codePair(seed: Seed, step: number): [string, string] {
  return [totp(seed, step - 1), totp(seed, step)]
}

/**
 * When two codes can be had that are newer than all that were sent.
 *
 * @param now - the instant by the corrected clock
 * @returns the later one's step, and how long until it is that of the moment
 */
export function newerPair(ledger: Ledger, serialNumber: string, now: Date): { step: number; waitMs: number } {
  const sent = (ledger.devices[serialNumber] ?? []).map((entry) => entry.step)
  const step = Math.max(stepAt(now), ...sent.map((each) => each + 2))
  return { step, waitMs: Math.max(0, stepStart(step).getTime() - now.getTime()) }
}
