import { generateSync } from 'otplib'
import type { Seed } from './seed.js'
import { stepStart } from './timeStep.js'

/**
 * The six digits of one time step (RFC 6238 with SHA-1 and 30 seconds, as AWS's virtual devices use it).
 *
 * @param seed - the device's secret
 * @param step - the number of the time step
 */
export function totp(seed: Seed, step: number): string {
  return generateSync({ secret: seed.reveal(), epoch: stepStart(step).getTime() / 1000 })
}
