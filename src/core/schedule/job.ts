import { Failure } from '../../errors.js'
import { parseRecord } from '../json.js'
import { parseInstant } from '../news.js'
import { formatInstant, parseTimeSpan } from '../time.js'

export const schedulerNames = ['systemd', 'launchd', 'schtasks', 'cron'] as const
export type SchedulerName = (typeof schedulerNames)[number]

/** What a scheduler is to run, and when. */
export interface Job {
  /** absolute paths that start the program, then its arguments */
  readonly command: readonly [program: string, ...rest: string[]]
  /** what the job finds in its environment beside what the scheduler gives it; no secrets */
  readonly env: Readonly<Record<string, string>>
  readonly timetable: Timetable
  readonly installedAt: Date
}

/** The arguments of every job; the run is remembered under the name in `AWSMFA_RUN_BY`. */
export const refreshArguments = ['refresh', '--no-input', '--quiet'] as const

/** Longer than the longest row of attempts that refresh makes unattended. */
export const mostMinutes = 10

/**
 * Refuses what could forge a second line in a unit or a crontab, or what XML 1.0 has no character for.
 *
 * @param text - a path or the value of a variable
 * @param what - how the message calls it
 * @throws Failure `usage`
 */
export function refuseControlCharacters(text: string, what: string): void {
  if (!/[\p{Cc}\u2028\u2029\ufffe\uffff]|\p{Cs}/u.test(text)) return
  throw new Failure(
    'usage',
    `${what} holds a line end or another control character, which no scheduler can be trusted with`,
    'give it another name, or unset it before awsmfa schedule install',
  )
}

/** @throws Failure `usage` when some part of the job cannot be written down safely */
export function checkJob({ command, env }: Job): void {
  for (const word of command) refuseControlCharacters(word, `the path ${JSON.stringify(word)}`)
  for (const [name, value] of Object.entries(env)) refuseControlCharacters(value, name)
}

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

function isTimetable(value: unknown): value is Timetable {
  if (typeof value !== 'object' || value === null) return false
  const { everyMinutes, offsetMinutes } = value as Record<string, unknown>
  if (!choices.includes(everyMinutes as number) || !Number.isInteger(offsetMinutes)) return false
  return (offsetMinutes as number) >= 0 && (offsetMinutes as number) < (everyMinutes as number)
}

/** What an installed job says about itself. */
export interface Marker {
  readonly timetable: Timetable
  /** absolute paths without which it cannot run */
  readonly paths: readonly string[]
  /** `undefined` in jobs of versions that did not write it down */
  readonly installedAt: Date | undefined
}

const title = 'awsmfa schedule'

/**
 * The line that every unit, plist, task and crontab of ours carries, as a comment or a description. It tells our work
 * from a person's, and `status` reads it, so that nobody has to parse four formats.
 *
 * ASCII only, without `--` (XML comments) and without anything that could end a line.
 */
export function formatMarker({ timetable, installedAt, command }: Job): string {
  const paths = command.filter((word) => /^([/\\]|[A-Za-z]:[/\\])/.test(word))
  const json = JSON.stringify({ ...timetable, installedAt: formatInstant(installedAt), paths })
    .replace(/--/g, '\\u002d\\u002d')
    .replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return `${title} ${json}`
}

/** @returns the first marker in `text`, `undefined` when there is none that can be read */
export function findMarker(text: string): Marker | undefined {
  const value = parseRecord(new RegExp(`${title} (\\{[^\\r\\n]*\\})`).exec(text)?.[1])
  const { paths, installedAt } = value
  if (!isTimetable(value) || !Array.isArray(paths)) return undefined
  if (!paths.every((path) => typeof path === 'string')) return undefined
  const { everyMinutes, offsetMinutes } = value
  return { timetable: { everyMinutes, offsetMinutes }, paths, installedAt: parseInstant(installedAt) }
}

/** What `schedule.json` keeps, for whoever wants to know cheaply that a schedule is installed and how often it runs. */
export interface SchedulePlan {
  readonly using: SchedulerName
  readonly everyMinutes: number
  /** RFC 3339 */
  readonly installedAt: string
}

/** @returns `undefined` when there is no schedule, or nothing that can be understood */
export function parsePlan(text: string | undefined): SchedulePlan | undefined {
  const { using, everyMinutes, installedAt } = parseRecord(text)
  const name = schedulerNames.find((each) => each === using)
  const at = parseInstant(installedAt)
  if (name === undefined || at === undefined || !isTimetable({ everyMinutes, offsetMinutes: 0 })) return undefined
  return { using: name, everyMinutes: everyMinutes as number, installedAt: formatInstant(at) }
}
