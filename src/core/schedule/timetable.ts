import { Failure } from '../../errors.js'
import { parseTimeSpan } from '../time.js'

/** Runs at every local time whose minutes since midnight are `offsetMinutes` more than a multiple of `everyMinutes`. */
export interface Timetable {
  readonly everyMinutes: number
  /** 0 to `everyMinutes` - 1 */
  readonly offsetMinutes: number
}

export const defaultEveryMinutes = 30
/** What a run may come late by: the schedulers' random delay, a machine that is busy, AWS that lets it wait. */
export const lateMinutes = 5
const minutesOfDay = 1440

/** What divides the hour or the day evenly: cron has no other steps, and one rule for all is easier to know. */
const choices = [5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720, minutesOfDay]

/**
 * Reads how often the job is to run.
 *
 * @returns minutes
 * @throws Failure `usage`
 */
export function parseEvery(text: string): number {
  const minutes = parseTimeSpan(text, '--every') / 60
  if (choices.includes(minutes)) return minutes
  throw new Failure('usage', `--every is '${text}', which does not divide the hour or the day evenly`, [
    'take 5m, 6m, 10m, 12m, 15m, 20m, 30m, 1h, 2h, 3h, 4h, 6h, 8h, 12h or 24h',
  ])
}

/**
 * A timetable whose offset follows from `key`: always the same on one machine, spread evenly over many, so that a fleet
 * does not strike at :00.
 *
 * @param key - the names of the machine and the person
 */
export function timetableFor(everyMinutes: number, key: string): Timetable {
  // FNV-1a, 32 bits: http://www.isthe.com/chongo/tech/comp/fnv/
  let hash = 0x811c9dc5
  for (const unit of key) hash = Math.imul(hash ^ (unit.codePointAt(0) ?? 0), 0x01000193) >>> 0
  return { everyMinutes, offsetMinutes: hash % everyMinutes }
}

/** The timetable as minutes of the hour and hours of the day; `hours` is `undefined` when it runs in every hour. */
export function clockTimes({ everyMinutes, offsetMinutes }: Timetable): {
  readonly minutes: readonly number[]
  readonly hours: readonly number[] | undefined
} {
  const steps = (every: number, offset: number, end: number) =>
    Array.from({ length: end / every }, (_, index) => offset + index * every)
  if (everyMinutes < 60) return { minutes: steps(everyMinutes, offsetMinutes, 60), hours: undefined }
  const hours = everyMinutes === 60 ? undefined : steps(everyMinutes / 60, Math.floor(offsetMinutes / 60), 24)
  return { minutes: [offsetMinutes % 60], hours }
}

/** When it runs next, by this machine's time zone. */
export function nextRun({ everyMinutes, offsetMinutes }: Timetable, now: Date): Date {
  for (let minutes = offsetMinutes; ; minutes += everyMinutes) {
    const time = new Date(now.getFullYear(), now.getMonth(), now.getDate(), 0, minutes)
    if (time > now) return time
  }
}

export function isTimetable(value: unknown): value is Timetable {
  if (typeof value !== 'object' || value === null) return false
  const { everyMinutes, offsetMinutes } = value as Record<string, unknown>
  if (!choices.includes(everyMinutes as number) || !Number.isInteger(offsetMinutes)) return false
  return (offsetMinutes as number) >= 0 && (offsetMinutes as number) < (everyMinutes as number)
}
