import { formatRecord } from '../core/json.js'
import { exitCodeInWords, type KeptFailure, parseOutcomes } from '../core/news.js'
import {
  defaultEveryMinutes,
  type Job,
  nextRun,
  refreshArguments,
  type SchedulerName,
  timetableFor,
} from '../core/schedule/job.js'
import { carriedEnv } from '../core/schedule/surroundings.js'
import { printable } from '../core/text.js'
import { formatInstant, inWords, localTime } from '../core/time.js'
import { Failure, type FailureKind } from '../errors.js'
import type { InstalledJob, ScheduleFacts, Scheduler } from '../outside/schedule.js'
import {
  doubtOf,
  type Enrolled,
  installedSchedules,
  readEnrolled,
  type ScheduleStatus,
  secondsSince,
  worksWithoutLogin,
} from '../runs/schedules.js'
import { firstStep } from '../session/choose.js'
import { runsProgram } from '../session/codes/table.js'
import { canOutlast } from '../session/freshness.js'
import type { World } from '../world.js'

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
  const { everyMinutes = defaultEveryMinutes } = options
  const facts = await world.schedule.facts()
  const scheduler = options.using === undefined ? await best(world) : await named(world, options.using)
  const using = scheduler.name
  const enrolled = await readEnrolled(world)
  const carried = carriedEnv(
    world.env,
    using,
    facts,
    [...(enrolled?.values() ?? [])].some((each) => each !== undefined && runsProgram(each.codes)),
  )
  const job: Job = {
    command: jobCommand(facts),
    env: { AWSMFA_RUN_BY: using, ...carried.env },
    timetable: timetableFor(everyMinutes, facts.key),
    installedAt: world.clock.now(),
  }
  await installOrNothing(scheduler, job)
  // The new one first: there is no moment without any.
  for (const other of await world.schedule.schedulers()) {
    if (other.name !== using && (await other.installed()) !== undefined) {
      await other.remove()
      world.terminal.say(`the earlier schedule with ${other.name} is removed`)
    }
  }
  const plan = formatRecord({ using, everyMinutes, installedAt: formatInstant(job.installedAt) })
  await keeping(world, () => world.state.edit('schedule.json', () => plan))
  for (const [name, value] of Object.entries(carried.env)) world.terminal.say(`carried over: ${name}=${value}`)
  const cautions = [...pathCautions(facts), ...carried.warnings, ...profileCautions(enrolled, everyMinutes)]
  for (const caution of cautions) world.terminal.warn(caution)
  tellInstalled(world, job, using, await expectInstalled(scheduler), enrolled)
}

function tellInstalled(
  world: World,
  job: Job,
  using: SchedulerName,
  installed: InstalledJob,
  enrolled: Enrolled,
): void {
  const { terminal, clock } = world
  const { timetable } = job
  const first = localTime(installed.nextRun ?? nextRun(timetable, clock.now()))
  terminal.say(`${using} runs awsmfa refresh every ${inWords(timetable.everyMinutes * 60)}, next at ${first}`)
  const { what, cure } = doubtOf(installed, worksWithoutLogin(enrolled)) ?? {}
  if (cure !== undefined) terminal.warn(`${what}: ${cure}`)
  else if (what !== undefined) terminal.say(what)
  terminal.say(`look at it in ${installed.where}; awsmfa schedule status tells how it goes`)
  const [mfaProfile] = enrolled?.keys() ?? []
  terminal.say(`next: ${mfaProfile === undefined ? firstStep : `aws s3 ls --profile ${mfaProfile}`}`)
}

/** What is only kept to be known cheaply must not hide that the schedule itself is there, or gone. */
async function keeping(world: World, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    world.terminal.warn(error.message)
  }
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

/** The executable is its own Node: one word starts it. */
function jobCommand({ node, program }: ScheduleFacts): Job['command'] {
  const programs = node.path === program.path ? [] : [program.path]
  return [node.path, ...programs, ...refreshArguments]
}

function pathCautions({ node, program }: ScheduleFacts): string[] {
  const cautions: string[] = []
  if (program.kind === 'cache') {
    cautions.push(
      `${program.path} is in a cache that is emptied now and then: install awsmfa with npm install -g first`,
    )
  }
  for (const { kind, path } of node.path === program.path ? [program] : [node, program]) {
    if (kind === 'versioned')
      cautions.push(`${path} belongs to one version: after an upgrade run awsmfa schedule install`)
  }
  return cautions
}

function profileCautions(enrolled: Enrolled, everyMinutes: number): string[] {
  if (enrolled === undefined) return ['the AWS files cannot be read now: awsmfa doctor tells why']
  if (enrolled.size === 0) return ['no MFA profile is enrolled yet, so there is nothing to refresh']
  return [...enrolled].flatMap(([mfaProfile, enrolment]) => {
    // A profile that cannot be read is for `status` to tell of.
    if (enrolment === undefined) return []
    if (enrolment.codes.kind === 'none') {
      return [`the codes of profile ${mfaProfile} are typed, so no schedule can renew it`]
    }
    if (canOutlast(enrolment.durationSeconds, everyMinutes)) return []
    const lasts = inWords(enrolment.durationSeconds)
    return [`profile ${mfaProfile} lasts ${lasts} and can run out between two runs: give a shorter --every`]
  })
}

/** Takes away every schedule of ours. */
export async function removeSchedule(world: World): Promise<void> {
  const removed: string[] = []
  for (const scheduler of await world.schedule.schedulers()) if (await scheduler.remove()) removed.push(scheduler.name)
  await keeping(world, () => world.state.remove('schedule.json'))
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
  const failures = await standingFailures(world)
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

type StandingFailure = KeptFailure & { readonly mfaProfile: string }

/**
 * The failures of the profiles that are enrolled. Of others there may be old news, of a name mistyped once, that no refresh
 * will ever take back.
 */
async function standingFailures(world: World): Promise<readonly StandingFailure[]> {
  const outcomes = parseOutcomes(await world.state.read('outcomes.json'))
  const enrolled = await readEnrolled(world)
  return Object.entries(outcomes).flatMap(([mfaProfile, { failure }]) => {
    if (failure === undefined || enrolled?.has(mfaProfile) === false) return []
    return [{ mfaProfile: printable(mfaProfile), ...failure }]
  })
}

function describe(status: ScheduleStatus, now: Date): string {
  const { using, everyMinutes, where, lastRun, installedAt, doubt } = status
  const last =
    lastRun === undefined
      ? `not yet${installedAt === undefined ? '' : ` (installed ${inWords(secondsSince(installedAt, now))} ago)`}`
      : `${localTime(new Date(lastRun.at))} (${inWords(secondsSince(lastRun.at, now))} ago): ${exitCodeInWords(lastRun.exitCode)}`
  return [
    `${using} runs awsmfa refresh every ${inWords(everyMinutes * 60)}`,
    `  installed in  ${where}`,
    `  last run      ${last}`,
    ...(status.overdue ? ['                overdue: has this machine slept, or is the scheduler not running?'] : []),
    `  next run      ${localTime(new Date(status.nextRun))}`,
    ...status.troubles.map((trouble) => `  trouble       ${trouble}`),
    ...(doubt === undefined ? [] : [`  note          ${doubt.what}`]),
    ...(doubt?.cure === undefined ? [] : [`                ${doubt.cure}`]),
  ].join('\n')
}

function describeFailure({ mfaProfile, at, message, hints }: StandingFailure): string {
  const what = `profile ${mfaProfile} failed at ${localTime(new Date(at))}: ${message}`
  return [what, ...hints.map((hint) => `  hint: ${hint}`)].join('\n')
}
