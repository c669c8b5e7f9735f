import { Failure } from '../errors.js'

/** GetSessionToken's own default for IAM users: 12 hours (AWS STS API reference). */
export const defaultDurationSeconds = 43_200
/** GetSessionToken's limits for IAM users: 15 minutes to 36 hours (AWS STS API reference). */
const shortestSeconds = 900
const longestSeconds = 129_600

/**
 * Checks how long a session is to last.
 *
 * @param text - whole seconds, 900 to 129600
 * @param origin - where the value stands, for the message: a flag or a key of a file
 * @param kind - `usage` for a flag, `act` for a file
 * @throws Failure of that kind
 */
export function parseDurationSeconds(text: string, origin: string, kind: 'usage' | 'act' = 'usage'): number {
  const seconds = /^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (seconds >= shortestSeconds && seconds <= longestSeconds) return seconds
  throw new Failure(
    kind,
    `${origin} is '${text}'; AWS allows ${shortestSeconds} to ${longestSeconds} seconds`,
    `give whole seconds, such as ${defaultDurationSeconds} for 12 hours`,
  )
}

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/**
 * Reads a length of time such as `2h`, `90m`, `1h30m` or plain seconds.
 *
 * @returns seconds
 * @throws Failure `usage`
 */
export function parseTimeSpan(text: string, origin: string): number {
  if (/^[0-9]{1,9}$/.test(text)) return Number(text)
  if (!/^([0-9]{1,9}[smhd])+$/.test(text)) {
    throw new Failure(
      'usage',
      `${origin} is '${text}', which is no length of time`,
      'write it as 90m, 2h, 1h30m or 5400',
    )
  }
  let seconds = 0
  for (const [, count, unit] of text.matchAll(/([0-9]+)([smhd])/g)) {
    seconds += Number(count) * (unitSeconds[unit ?? ''] ?? 0)
  }
  return seconds
}

/** A length of time in words, two units at most, to the nearest minute: `11 h 58 min`, `4 min`, `12 s`. */
export function inWords(seconds: number): string {
  if (seconds < 60) return `${Math.max(0, Math.floor(seconds))} s`
  const minutes = Math.round(seconds / 60)
  const parts = [
    [Math.floor(minutes / 1440), 'd'],
    [Math.floor(minutes / 60) % 24, 'h'],
    [minutes % 60, 'min'],
  ] as const
  const first = parts.findIndex(([count]) => count > 0)
  const shown = parts.slice(first, first + 2).filter(([count]) => count > 0)
  return shown.map(([count, unit]) => `${count} ${unit}`).join(' ')
}
