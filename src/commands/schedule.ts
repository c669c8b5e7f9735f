import { inWords } from '../core/duration.js'
import { formatInstant, localTime } from '../core/instant.js'
import type { Outcome } from '../core/outcomes.js'
import { parseOutcomes } from '../core/outcomes.js'
import { carriedEnv } from '../core/schedule/carriedEnv.js'
import { exitCodeInWords } from '../core/schedule/exitCode.js'
import type { Job, SchedulerName } from '../core/schedule/job.js'
import { refreshArguments } from '../core/schedule/job.js'
import { defaultEveryMinutes, nextRun, timetableFor } from '../core/schedule/timetable.js'
import type { FailureKind } from '../errors.js'
import { Failure } from '../errors.js'
import { installedSchedules, type ScheduleStatus, secondsSince } from '../runs/schedules.js'
import { AwsProfiles } from '../session/awsProfiles.js'
import type { InstalledJob, ScheduleFacts, Scheduler, World } from '../world.js'

export interface InstallOptions {
  readonly everyMinutes?: number | undefined
  /** the best of the platform when absent */
  readonly using?: SchedulerName | undefined
}

/**
 * Has a scheduler of the platform run `awsmfa refresh`, in the place of any earlier schedule.
 *
 * @throws Failure `usage` when that scheduler does not belong to this platform or the job cannot be written down,
 *   `act` when no scheduler can be used
 */
export async function installSchedule(world: World, options: InstallOptions): Promise<void> {
  const { everyMinutes = defaultEveryMinutes, using } = options
  const facts = await world.schedule.facts()
  const scheduler = using === undefined ? await best(world) : await named(world, using)
  const carried = carriedEnv(world.env, scheduler.name, facts)
  const job: Job = {
    command: [facts.node.path, facts.program.path, ...refreshArguments],
    env: { AWSMFA_RUN_BY: scheduler.name, ...carried.env },
    timetable: timetableFor(everyMinutes, facts.key),
  }
  const cautions = [...pathCautions(facts), ...carried.warnings, ...(await profileCautions(world, everyMinutes))]
  await installOrNothing(scheduler, job)
  // The new one first: there is no moment without any.
  for (const other of await world.schedule.schedulers()) {
    if (other.name !== scheduler.name && (await other.installed()) !== undefined) {
      await other.remove()
      world.terminal.say(`the earlier schedule with ${other.name} is removed`)
    }
  }
  for (const [name, value] of Object.entries(carried.env)) world.terminal.say(`carried over: ${name}=${value}`)
  for (const caution of cautions) world.terminal.warn(caution)
  const { nextRun: next, where } = await expectInstalled(scheduler)
  const first = localTime(next ?? nextRun(job.timetable, world.clock.now()))
  world.terminal.say(`${scheduler.name} runs awsmfa refresh every ${inWords(everyMinutes * 60)}, next at ${first}`)
  world.terminal.say(`look at it in ${where}; awsmfa schedule status tells how it goes`)
}

async function best(world: World): Promise<Scheduler> {
  const obstacles: string[] = []
  for (const scheduler of await world.schedule.schedulers()) {
    const obstacle = await scheduler.obstacle()
    if (obstacle === undefined) return scheduler
    obstacles.push(`${scheduler.name}: ${obstacle}`)
  }
  throw new Failure('act', `no scheduler can be used here (${obstacles.join('; ')})`, [
    'log in to the desktop and run it there, or put "awsmfa refresh" in a login hook: awsmfa hook --help',
  ])
}

async function named(world: World, using: SchedulerName): Promise<Scheduler> {
  const schedulers = await world.schedule.schedulers()
  const scheduler = schedulers.find(({ name }) => name === using)
  if (scheduler === undefined) {
    const choice = schedulers.map(({ name }) => name).join(' or ')
    throw new Failure('usage', `awsmfa cannot use ${using} on this system`, `leave --using away, or say ${choice}`)
  }
  const obstacle = await scheduler.obstacle()
  if (obstacle === undefined) return scheduler
  throw new Failure('act', `${using} cannot be used here: ${obstacle}`, 'leave --using away to take what there is')
}

/** A job that was refused half-way leaves nothing, unless it was to replace one. */
async function installOrNothing(scheduler: Scheduler, job: Job): Promise<void> {
  const replaces = (await scheduler.installed()) !== undefined
  try {
    await scheduler.install(job)
  } catch (error) {
    if (!replaces) await scheduler.remove()
    throw error
  }
}

async function expectInstalled(scheduler: Scheduler): Promise<InstalledJob> {
  const job = await scheduler.installed()
  if (job !== undefined && job.trouble === undefined) return job
  const why = job?.trouble ?? 'it is not there'
  throw new Failure('act', `${scheduler.name} took the job, and yet it will not run: ${why}`, 'awsmfa schedule status')
}

function pathCautions({ node, program }: ScheduleFacts): string[] {
  const cautions: string[] = []
  if (program.kind === 'cache') {
    cautions.push(
      `${program.path} is in a cache that is emptied now and then: install awsmfa with npm install -g first`,
    )
  }
  for (const { kind, path } of [node, program]) {
    if (kind === 'versioned')
      cautions.push(`${path} belongs to one version: after an upgrade run awsmfa schedule install`)
  }
  return cautions
}

async function profileCautions(world: World, everyMinutes: number): Promise<string[]> {
  const profiles = await AwsProfiles.read(world)
  const enrolled = profiles.enrolled()
  if (enrolled.length === 0) return ['no MFA profile is enrolled yet, so there is nothing to refresh: awsmfa enroll']
  return enrolled.flatMap((mfaProfile) => {
    const seconds = durationOf(profiles, mfaProfile)
    // It is renewed when less than half is left: a longer interval can miss that half.
    if (seconds === undefined || everyMinutes * 60 <= seconds / 2) return []
    return [`profile ${mfaProfile} lasts ${inWords(seconds)} and can run out between two runs: give a shorter --every`]
  })
}

/** A profile that cannot be read is for `status` to tell of. */
function durationOf(profiles: AwsProfiles, mfaProfile: string): number | undefined {
  try {
    return profiles.enrolment(mfaProfile)?.durationSeconds
  } catch (error) {
    if (error instanceof Failure) return undefined
    throw error
  }
}

/** Takes away every schedule of ours. */
export async function removeSchedule(world: World): Promise<void> {
  const removed: string[] = []
  for (const scheduler of await world.schedule.schedulers()) if (await scheduler.remove()) removed.push(scheduler.name)
  world.terminal.say(
    removed.length === 0 ? 'there is no schedule' : `the schedule with ${removed.join(', ')} is removed`,
  )
}

/**
 * Shows with what and how often refresh runs, how it last went, and what stands in the way.
 *
 * @returns `act` when there is no schedule or a person is needed
 */
export async function scheduleStatus(world: World, options: { json: boolean }): Promise<FailureKind | undefined> {
  const now = world.clock.now()
  const schedules = await installedSchedules(world)
  const outcomes = Object.entries(parseOutcomes(await world.state.read('outcomes.json')))
  const failures = outcomes.flatMap(([mfaProfile, { failure }]) =>
    failure === undefined ? [] : [{ mfaProfile, ...failure }],
  )
  if (options.json) {
    const news = { schemaVersion: 1, now: formatInstant(now), schedules, failures }
    world.terminal.answer(JSON.stringify(news, undefined, 2))
  } else {
    const none = 'nothing runs awsmfa refresh by itself; awsmfa schedule install changes that'
    const parts = [...schedules.map((each) => describe(each, now)), ...failures.map(describeFailure)]
    world.terminal.answer((schedules.length === 0 ? [none, ...parts] : parts).join('\n'))
  }
  const standing = failures.some(({ kind }) => kind !== 'retry')
  return schedules.length === 0 || standing || schedules.some(({ needsPerson }) => needsPerson) ? 'act' : undefined
}

function describe(status: ScheduleStatus, now: Date): string {
  const { using, everyMinutes, where, lastRun } = status
  const last =
    lastRun === undefined
      ? 'not yet'
      : `${localTime(new Date(lastRun.at))} (${inWords(secondsSince(lastRun.at, now))} ago): ${exitCodeInWords(lastRun.exitCode)}`
  return [
    `${using} runs awsmfa refresh every ${inWords(everyMinutes * 60)}`,
    `  installed in  ${where}`,
    `  last run      ${last}`,
    ...(status.overdue ? ['                overdue: has this machine slept, or is the scheduler not running?'] : []),
    `  next run      ${localTime(new Date(status.nextRun))}`,
    ...status.troubles.map((trouble) => `  trouble       ${trouble}`),
  ].join('\n')
}

function describeFailure(failure: NonNullable<Outcome['failure']> & { readonly mfaProfile: string }): string {
  const { mfaProfile, at, message, hints } = failure
  return [
    `profile ${mfaProfile} failed at ${localTime(new Date(at))}: ${message}`,
    ...hints.map((hint) => `  hint: ${hint}`),
  ].join('\n')
}
