import { parseRuns, type Run, type Runs } from '../core/news.js'
import type { SchedulerName } from '../core/schedule/job.js'
import { nextRun, parsePlan } from '../core/schedule/job.js'
import { printable } from '../core/text.js'
import { formatInstant, inWords } from '../core/time.js'
import { attempt, Failure } from '../errors.js'
import type { InstalledJob } from '../outside/schedule.js'
import { usableEnrolment } from '../session/choose.js'
import { worksUnattended } from '../session/codes/table.js'
import type { Enrolment } from '../session/enrolment.js'
import { AwsProfiles } from '../session/profiles.js'
import type { World } from '../world.js'

/** One schedule as `schedule status --json` shows it: RFC 3339 instants, no secrets, printable text. */
export interface ScheduleStatus {
  readonly using: SchedulerName
  readonly everyMinutes: number
  readonly where: string
  /** absent for a job that does not say */
  readonly installedAt?: string
  readonly nextRun: string
  /** absent when it has not run yet */
  readonly lastRun?: Pick<Run, 'at' | 'exitCode'>
  /** it should have run more than once since its last run, or since it was installed */
  readonly overdue: boolean
  /** why it cannot run */
  readonly troubles: readonly string[]
  /** why it may not run when it should; without a cure where there is nothing to gain by one */
  readonly doubt?: { readonly what: string; readonly cure?: string }
  readonly needsPerson: boolean
}

/** What is enrolled, by MFA profile, as far as the settings can be read; `undefined` when the files cannot. */
export type Enrolled = ReadonlyMap<string, Enrolment | undefined> | undefined

/**
 * The schedules of ours that are installed, and how they go. More than one is an accident.
 *
 * @throws Failure `act` when a scheduler cannot be asked
 */
export async function installedSchedules(world: World): Promise<readonly ScheduleStatus[]> {
  const runs = await readRuns(world)
  const unattended = worksWithoutLogin(await readEnrolled(world))
  const schedules: ScheduleStatus[] = []
  for (const scheduler of await world.schedule.schedulers()) {
    const job = await scheduler.installed()
    if (job === undefined) continue
    schedules.push(inspect(scheduler.name, job, runs[scheduler.name], world.clock.now(), unattended))
  }
  return schedules
}

/** How runs ended; what a clock that was wrong has dated later than now, nobody can say anything about. */
export async function readRuns(world: World): Promise<Runs> {
  const now = world.clock.now()
  const runs = Object.entries(parseRuns(await world.state.read('runs.json')))
  return Object.fromEntries(runs.filter(([, { at }]) => secondsSince(at, now) > -60))
}

export async function readEnrolled(world: World): Promise<Enrolled> {
  const profiles = await attempt(() => AwsProfiles.read(world))
  if (profiles instanceof Failure) return undefined
  const enrolled = new Map<string, Enrolment | undefined>()
  for (const mfaProfile of profiles.enrolled()) enrolled.set(mfaProfile, await usableEnrolment(profiles, mfaProfile))
  return enrolled
}

/** Whether some codes could be had without a login: a keychain opens with it, a seed in a file needs none. */
export function worksWithoutLogin(enrolled: Enrolled): boolean {
  return [...(enrolled?.values() ?? [])].some((each) => each !== undefined && worksUnattended(each.codes))
}

/** What stands in the way of a job, as the person is to be told of it. */
export function doubtOf({ doubt }: InstalledJob, unattended: boolean): ScheduleStatus['doubt'] {
  if (doubt === undefined) return undefined
  const { what, cure, withoutLogin = false } = doubt
  return withoutLogin && !unattended ? { what } : { what, cure }
}

/** One line for whoever takes away the last enrolment; costs a small file, not the question to a scheduler. */
export async function scheduleNote(world: World): Promise<string | undefined> {
  const plan = parsePlan(await world.state.read('schedule.json'))
  if (plan === undefined) return undefined
  const { using, everyMinutes } = plan
  return `${using} still runs awsmfa refresh every ${inWords(everyMinutes * 60)}: awsmfa schedule remove ends that`
}

function inspect(
  using: SchedulerName,
  job: InstalledJob,
  recorded: Run | undefined,
  now: Date,
  unattended: boolean,
): ScheduleStatus {
  const { timetable, installedAt, missing, trouble } = job
  const lastRun = later(recorded, job.lastRun)
  const doubt = doubtOf(job, unattended)
  const troubles = [
    ...missing.map((path) => `${path} is gone: run awsmfa schedule install again`),
    ...(trouble === undefined ? [] : [trouble]),
  ].map(printable)
  const since = Math.max(lastRun === undefined ? 0 : Date.parse(lastRun.at), installedAt?.getTime() ?? 0)
  const overdue = since > 0 && now.getTime() - since > 2 * timetable.everyMinutes * 60_000
  const neverRan = lastRun === undefined || Date.parse(lastRun.at) < (installedAt?.getTime() ?? 0)
  const broken = lastRun !== undefined && ![0, 4].includes(lastRun.exitCode)
  return {
    using,
    everyMinutes: timetable.everyMinutes,
    where: printable(job.where),
    ...(installedAt === undefined ? {} : { installedAt: formatInstant(installedAt) }),
    nextRun: formatInstant(job.nextRun ?? nextRun(timetable, now)),
    ...(lastRun === undefined ? {} : { lastRun }),
    overdue,
    troubles,
    ...(doubt === undefined ? {} : { doubt }),
    // A machine that slept is late too, but one that was awake to install it has seldom slept through all of it.
    needsPerson: troubles.length > 0 || broken || (overdue && (neverRan || doubt?.cure !== undefined)),
  }
}

/** The scheduler knows of runs that died before they could write anything down. */
function later(recorded: Run | undefined, seen: InstalledJob['lastRun']): ScheduleStatus['lastRun'] {
  const known = seen === undefined ? undefined : { at: formatInstant(seen.at), exitCode: seen.exitCode }
  if (recorded === undefined) return known
  if (known !== undefined && Date.parse(recorded.at) < Date.parse(known.at)) return known
  const { at, exitCode } = recorded
  return { at, exitCode }
}

/** How long ago an RFC 3339 instant was, in seconds. */
export function secondsSince(instant: string, now: Date): number {
  return (now.getTime() - Date.parse(instant)) / 1000
}
