import { Failure } from '../../errors.js'
import type { Timetable } from './timetable.js'

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
