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

/** RFC 3339 in UTC with whole seconds, as awsmfa writes every instant. */
export function formatInstant(instant: Date): string {
  return `${instant.toISOString().slice(0, 19)}Z`
}

/** RFC 3339, also with a blank for the `T`, without colon in the zone, or without zone, which then means UTC. */
export function parseInstant(text: string): Date | undefined {
  const match = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2}(?:\.\d+)?)\s*(Z|[+-]\d{2}:?\d{2})?$/i.exec(text.trim())
  if (match === null) return undefined
  const [, day, time, zone = 'Z'] = match
  const instant = new Date(`${day}T${time}${zone.replace(/^([+-]\d{2})(\d{2})$/, '$1:$2').toUpperCase()}`)
  return Number.isNaN(instant.getTime()) ? undefined : instant
}

/** An instant as a person reads it: local time to the minute, with the zone, such as `2026-11-22 19:05 +01:00`. */
export function localTime(instant: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${instant.getFullYear()}-${two(instant.getMonth() + 1)}-${two(instant.getDate())}`
  const minutesEast = -instant.getTimezoneOffset()
  const zone = `${two(Math.floor(Math.abs(minutesEast) / 60))}:${two(Math.abs(minutesEast) % 60)}`
  return `${day} ${two(instant.getHours())}:${two(instant.getMinutes())} ${minutesEast < 0 ? '-' : '+'}${zone}`
}
