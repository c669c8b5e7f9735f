import { uptime } from 'node:os'
import process from 'node:process'
import { setTimeout } from 'node:timers/promises'
import type { Clock } from '../world.js'

/** This machine's clock. */
export function makeClock(): Clock {
  return {
    now: () => new Date(),
    sleep: (ms) => setTimeout(ms),
    async within(ms, work) {
      const ended = new AbortController()
      const left = Math.max(500, ms - performance.now())
      const late = setTimeout(left, undefined, { signal: ended.signal }).catch(() => undefined)
      try {
        return await Promise.race([work, late])
      } finally {
        ended.abort()
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
