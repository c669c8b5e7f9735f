import { bad, type Check, type Checks, failed, ok, warn } from '../core/doctor/check.js'
import { exitCodeInWords } from '../core/news.js'
import { inWords } from '../core/time.js'
import { Failure } from '../errors.js'
import { installedSchedules, readRuns, type ScheduleStatus, secondsSince } from '../runs/schedules.js'
import type { World } from '../world.js'

/** Whether something runs `awsmfa refresh` by itself, and how that goes. */
export async function checkSchedule(world: World): Promise<Checks> {
  const about = 'schedule'
  try {
    const schedules = await installedSchedules(world)
    const now = world.clock.now()
    const hook = (await readRuns(world)).hook
    const checks = schedules.flatMap((schedule) => inspect(schedule, now))
    if (hook !== undefined) {
      const words = `a login hook last ran it ${ago(hook.at, now)}: ${exitCodeInWords(hook.exitCode)}`
      checks.push(fine(hook.exitCode) ? ok('hook', words) : bad('hook', words, 'awsmfa status'))
    }
    if (schedules.length > 1) {
      const names = schedules.map(({ using }) => using).join(' and ')
      checks.push(warn('schedule', `there are ${schedules.length} schedules: ${names}`, 'awsmfa schedule install'))
    }
    return { about, checks: checks.length > 0 ? checks : [nothing] }
  } catch (error) {
    if (error instanceof Failure) return { about, checks: [failed('schedule', error)] }
    throw error
  }
}

const nothing = warn(
  'schedule',
  'nothing runs awsmfa refresh by itself',
  'awsmfa schedule install, or a hook in the start-up file of the shell: awsmfa hook --help',
)

function inspect(schedule: ScheduleStatus, now: Date): Check[] {
  const { using, everyMinutes, lastRun, installedAt, overdue, troubles, doubt, needsPerson } = schedule
  if (troubles.length > 0) {
    return troubles.map((trouble) => bad('schedule', `${using} cannot run it: ${trouble}`, 'awsmfa schedule install'))
  }
  const what = doubt?.what ?? ''
  const cures = doubt?.cure === undefined ? [] : [doubt.cure]
  const every = `${using} runs awsmfa refresh every ${inWords(everyMinutes * 60)}`
  const since = installedAt === undefined ? '' : ` since it was installed ${ago(installedAt, now)}`
  const last =
    lastRun === undefined
      ? `not yet run${since}`
      : `the last run was ${ago(lastRun.at, now)}: ${exitCodeInWords(lastRun.exitCode)}`
  const text = `${every}; ${[last, what].filter((part) => part !== '').join('; ')}`
  if (lastRun !== undefined && !fine(lastRun.exitCode)) return [bad('schedule', text, 'awsmfa schedule status')]
  const look = 'unless this machine has slept, see whether the scheduler runs: awsmfa schedule status'
  if (overdue) return [(needsPerson ? bad : warn)('schedule', `${text}; it is overdue`, ...cures, look)]
  return [cures.length > 0 ? warn('schedule', text, ...cures) : ok('schedule', text)]
}

function ago(instant: string, now: Date): string {
  return `${inWords(secondsSince(instant, now))} ago`
}

/** Good, or to be tried again by itself. */
function fine(exitCode: number): boolean {
  return exitCode === 0 || exitCode === 4
}
