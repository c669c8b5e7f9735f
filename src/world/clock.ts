import { setTimeout } from 'node:timers/promises'
import type { Clock } from '../world.js'

/** This machine's clock. */
export function makeClock(): Clock {
  return {
    now: () => new Date(),
    sleep: (ms) => setTimeout(ms),
  }
}
