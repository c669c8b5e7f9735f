import { setTimeout as sleep } from 'node:timers/promises'
import { limitMs } from './limit.js'

/** Waits for a condition. Throws Error after {@link limitMs}. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  for (const end = Date.now() + limitMs; !condition(); await sleep(10)) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`)
  }
}
