import { uptime } from 'node:os'
import process from 'node:process'
import type { Clock } from '../world.js'

/** As `node:timers/promises` has it, which takes longer to load than a fresh session takes to find. */
export async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms))
}

/** This machine's clock. */
export function makeClock(): Clock {
  return {
    now: () => new Date(),
    sleep,
    async within(ms, work) {
      let timer: NodeJS.Timeout | undefined
      // Counted from the start of the process, whose caller counts too.
      const left = Math.max(500, ms - process.uptime() * 1000)
      const late = new Promise<undefined>((resolve) => {
        timer = setTimeout(() => resolve(undefined), left)
      })
      try {
        return await Promise.race([work, late])
      } finally {
        clearTimeout(timer)
      }
    },
    bootedAt: () => new Date(Date.now() - uptime() * 1000),
    mending: mending[process.platform] ?? "set it with your system's tools",
  }
}

const mending: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'run sudo timedatectl set-ntp true (under WSL: sudo hwclock -s)',
  darwin: 'run sudo sntp -sS time.apple.com',
  win32: 'run w32tm /resync as administrator',
}
