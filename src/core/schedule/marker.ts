import { parseInstant } from '../news.js'
import { formatInstant } from '../time.js'
import { type Job, type SchedulerName, schedulerNames } from './job.js'
import { type Timetable, isTimetable } from './timetable.js'

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
  const value = parseObject(new RegExp(`${title} (\\{[^\\r\\n]*\\})`).exec(text)?.[1])
  const paths = value?.paths
  if (value === undefined || !isTimetable(value) || !Array.isArray(paths)) return undefined
  if (!paths.every((path) => typeof path === 'string')) return undefined
  const { everyMinutes, offsetMinutes } = value
  return { timetable: { everyMinutes, offsetMinutes }, paths, installedAt: parseInstant(value.installedAt) }
}

/** What `schedule.json` keeps, for whoever wants to know cheaply that a schedule is installed and how often it runs. */
export interface SchedulePlan {
  readonly using: SchedulerName
  readonly everyMinutes: number
  /** RFC 3339 */
  readonly installedAt: string
}

export function formatPlan(plan: SchedulePlan): string {
  return `${JSON.stringify(plan, undefined, 2)}\n`
}

/** @returns `undefined` when there is no schedule, or nothing that can be understood */
export function parsePlan(text: string | undefined): SchedulePlan | undefined {
  const { using, everyMinutes, installedAt } = parseObject(text) ?? {}
  const name = schedulerNames.find((each) => each === using)
  const at = parseInstant(installedAt)
  if (name === undefined || at === undefined || !isTimetable({ everyMinutes, offsetMinutes: 0 })) return undefined
  return { using: name, everyMinutes: everyMinutes as number, installedAt: formatInstant(at) }
}

function parseObject(json: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json ?? '')
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
