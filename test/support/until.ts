import { setTimeout as sleep } from 'node:timers/promises'

/** Waits for a condition. Throws Error after 30 seconds, which only bounds a test that is going to fail. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  for (let round = 0; round < 3000; round++) {
    if (condition()) return
    await sleep(10)
  }
  throw new Error(`waited in vain for ${what}`)
}
