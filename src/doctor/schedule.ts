import { bad, type Check, type Checks, failed, ok, warn } from '../core/doctor/check.js'
import { inWords } from '../core/duration.js'
import { parseRuns } from '../core/runs.js'
import { exitCodeInWords } from '../core/schedule/exitCode.js'
import { Failure } from '../errors.js'
import { installedSchedules, type ScheduleStatus, secondsSince } from '../runs/schedules.js'
import type { World } from '../world.js'

/** Whether something runs `awsmfa refresh` by itself, and how that goes. */
export async function checkSchedule(world: World): Promise<Checks> {
  const about = 'schedule'
  try {
    const schedules = await installedSchedules(world)
    const now = world.clock.now()
    const hook = parseRuns(await world.state.read('runs.json')).hook
    const checks = schedules.flatMap((schedule) => inspect(schedule, now))
    if (hook !== undefined) {
      const words = `a login hook last ran it ${inWords(secondsSince(hook.at, now))} ago: ${exitCodeInWords(hook.exitCode)}`
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
  const { using, everyMinutes, lastRun, overdue, troubles } = schedule
  if (troubles.length > 0) {
    return troubles.map((trouble) => bad('schedule', `${using} cannot run it: ${trouble}`, 'awsmfa schedule install'))
  }
  const every = `${using} runs awsmfa refresh every ${inWords(everyMinutes * 60)}`
  if (lastRun === undefined) return [ok('schedule', `${every}; not yet run`)]
  const ago = `the last run was ${inWords(secondsSince(lastRun.at, now))} ago`
  if (!fine(lastRun.exitCode)) {
    return [bad('schedule', `${every}; ${ago}: ${exitCodeInWords(lastRun.exitCode)}`, 'awsmfa schedule status')]
  }
  if (overdue) {
    return [
      warn(
        'schedule',
        `${every}, and ${ago}`,
        'unless this machine has slept, see whether the scheduler runs: awsmfa schedule status',
      ),
    ]
  }
  return [ok('schedule', `${every}; ${ago}: ${exitCodeInWords(lastRun.exitCode)}`)]
}

/** Good, or to be tried again by itself. */
function fine(exitCode: number): boolean {
  return exitCode === 0 || exitCode === 4
}
