import { formatInstant } from '../core/instant.js'
import type { Run } from '../core/runs.js'
import { parseRuns } from '../core/runs.js'
import type { SchedulerName } from '../core/schedule/job.js'
import { nextRun } from '../core/schedule/timetable.js'
import type { InstalledJob, World } from '../world.js'

/** One schedule as `schedule status --json` shows it: RFC 3339 instants, no secrets. */
export interface ScheduleStatus {
  readonly using: SchedulerName
  readonly everyMinutes: number
  readonly where: string
  readonly nextRun: string
  /** absent when it has not run yet */
  readonly lastRun?: Run
  /** it should have run more than once since */
  readonly overdue: boolean
  /** why it cannot run */
  readonly troubles: readonly string[]
  readonly needsPerson: boolean
}

/**
 * The schedules of ours that are installed, and how they go. More than one is an accident.
 *
 * @throws Failure `act` when a scheduler cannot be asked
 */
export async function installedSchedules(world: World): Promise<readonly ScheduleStatus[]> {
  const now = world.clock.now()
  const runs = parseRuns(await world.state.read('runs.json'))
  const schedules: ScheduleStatus[] = []
  for (const scheduler of await world.schedule.schedulers()) {
    const job = await scheduler.installed()
    if (job !== undefined) schedules.push(inspect(scheduler.name, job, runs[scheduler.name], now))
  }
  return schedules
}

function inspect(using: SchedulerName, job: InstalledJob, recorded: Run | undefined, now: Date): ScheduleStatus {
  const { timetable, where, missing, trouble } = job
  const lastRun = later(recorded, job.lastRun)
  const troubles = [
    ...missing.map((path) => `${path} is gone: run awsmfa schedule install again`),
    ...(trouble === undefined ? [] : [trouble]),
  ]
  return {
    using,
    everyMinutes: timetable.everyMinutes,
    where,
    nextRun: formatInstant(job.nextRun ?? nextRun(timetable, now)),
    ...(lastRun === undefined ? {} : { lastRun }),
    overdue: lastRun !== undefined && secondsSince(lastRun.at, now) > 2 * timetable.everyMinutes * 60,
    troubles,
    needsPerson: troubles.length > 0 || (lastRun !== undefined && ![0, 4].includes(lastRun.exitCode)),
  }
}

/** The scheduler knows of runs that died before they could write anything down. */
function later(recorded: Run | undefined, seen: InstalledJob['lastRun']): Run | undefined {
  if (seen === undefined) return recorded
  const known = { at: formatInstant(seen.at), exitCode: seen.exitCode }
  return recorded === undefined || Date.parse(recorded.at) < Date.parse(known.at) ? known : recorded
}

/** How long ago an RFC 3339 instant was, in seconds. */
export function secondsSince(instant: string, now: Date): number {
  return (now.getTime() - Date.parse(instant)) / 1000
}
