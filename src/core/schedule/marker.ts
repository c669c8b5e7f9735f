import type { Job } from './job.js'
import { isTimetable, type Timetable } from './timetable.js'

/** What an installed job says about itself. */
export interface Marker {
  readonly timetable: Timetable
  /** absolute paths without which it cannot run */
  readonly paths: readonly string[]
}

const title = 'awsmfa schedule'

/**
 * The line that every unit, plist, task and crontab of ours carries, as a comment or a description. It tells our work
 * from a person's, and `status` reads it, so that nobody has to parse four formats.
 *
 * ASCII only, without `--` (XML comments) and without anything that could end a line.
 */
export function formatMarker({ timetable, command }: Job): string {
  const paths = command.filter((word) => /^([/\\]|[A-Za-z]:[/\\])/.test(word))
  const json = JSON.stringify({ ...timetable, paths })
    .replace(/--/g, '\\u002d\\u002d')
    .replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return `${title} ${json}`
}

/** @returns the first marker in `text`, `undefined` when there is none that can be read */
export function findMarker(text: string): Marker | undefined {
  const json = new RegExp(`${title} (\\{[^\\r\\n]*\\})`).exec(text)?.[1]
  if (json === undefined) return undefined
  try {
    const value = JSON.parse(json) as Timetable & { readonly paths: unknown }
    const { everyMinutes, offsetMinutes, paths } = value
    if (!isTimetable(value) || !Array.isArray(paths) || !paths.every((path) => typeof path === 'string'))
      return undefined
    return { timetable: { everyMinutes, offsetMinutes }, paths }
  } catch {
    return undefined
  }
}
