import { inWords } from '../core/duration.js'
import { codeOriginOf, type Enrolment } from '../core/enrolment.js'
import { expirationOf, isFresh, secondsLeft } from '../core/freshness.js'
import { localTime } from '../core/localTime.js'
import type { Session } from '../core/session.js'
import type { FailureKind } from '../errors.js'
import { Failure } from '../errors.js'
import { recordFailure, recordRefreshed, recordRun } from '../runs/outcome.js'
import { updateStamp } from '../runs/stamp.js'
import { askCode } from '../session/askCode.js'
import { AwsClock } from '../session/awsClock.js'
import { AwsProfiles } from '../session/awsProfiles.js'
import { openCodeSource } from '../session/codeSource.js'
import { getSession } from '../session/session.js'
import type { Settings } from '../session/settings.js'
import { defaultMfaProfile, enrolmentWith } from '../session/settings.js'
import { checkWritable, rehearse, writeSession } from '../session/writeSession.js'
import type { World } from '../world.js'

export interface RefreshOptions extends Settings {
  /** the MFA profiles to renew; none named means every enrolled one */
  readonly mfaProfiles: readonly string[]
  readonly region?: string | undefined
  /** what counts as enough time left; half of the duration when absent */
  readonly minRemainingSeconds?: number | undefined
  /** renew even what is still good */
  readonly force: boolean
  /** a typed code: manual mode */
  readonly code?: string | undefined
  /** say nothing of what the next run mends by itself, when nobody is there: cron would send it as a mail */
  readonly quiet: boolean
}

/** Enrolments that one session serves: of one device, one source profile and one duration. */
type Group = readonly Enrolment[]

/**
 * Renews every chosen MFA profile that needs it. One profile's failure does not stop the others.
 *
 * @returns the kind of the gravest failure that was told, `undefined` when all is well
 * @throws Failure that concerns the whole run: unreadable files, nothing enrolled, wrong flags
 */
export async function refresh(world: World, options: RefreshOptions): Promise<FailureKind | undefined> {
  const report = new Report(world, options)
  try {
    await refreshAll(world, options, report)
  } catch (error) {
    if (error instanceof Failure) await recordRun(world, error.kind)
    throw error
  } finally {
    await updateStamp(world)
  }
  await recordRun(world, report.gravest)
  return report.gravest
}

async function refreshAll(world: World, options: RefreshOptions, report: Report): Promise<void> {
  const clock = await AwsClock.read(world)
  const profiles = await AwsProfiles.read(world)
  const chosen: Enrolment[] = []
  for (const mfaProfile of choose(profiles, options)) {
    await report.attempt([mfaProfile], async () => {
      chosen.push(enrolmentFor(profiles, mfaProfile, options))
    })
  }
  const due = group(dropFresh(world, clock, profiles, chosen, options))
  if (due.length === 0) return
  const answerable = await withTypedCodes(world, due, options, report)
  if (answerable.length === 0) return

  await report.attempt(namesOf(answerable.flatMap(({ group }) => group)), () =>
    world.lock.hold('session', async () => {
      // Another refresh may have done the work, or changed the files, while this one waited.
      const now = await AwsProfiles.read(world)
      await checkWritable(world)
      for (const { group, typed } of answerable) {
        const stale = dropFresh(world, clock, now, group, options)
        await report.attempt(namesOf(stale), () => renew(world, clock, now, stale, typed, options))
      }
    }),
  )
  if (clock.complaint !== undefined) world.terminal.warn(clock.complaint)
}

/** What went wrong in this run: told, kept for `status`, and summed up for the exit code. */
class Report {
  readonly #world: World
  readonly #options: RefreshOptions
  readonly #kinds = new Set<FailureKind>()

  constructor(world: World, options: RefreshOptions) {
    this.#world = world
    this.#options = options
  }

  get gravest(): FailureKind | undefined {
    return (['usage', 'act', 'retry'] as const).find((kind) => this.#kinds.has(kind))
  }

  /** Runs `work`; a foreseen failure is reported for these profiles, a bug goes on up. */
  async attempt(mfaProfiles: readonly string[], work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      await this.fail(mfaProfiles, error)
    }
  }

  /** Tells one failure of these profiles, unless nobody is there to be told and the next run mends it. */
  async fail(mfaProfiles: readonly string[], failure: Failure): Promise<void> {
    const { terminal } = this.#world
    const mendsItself = failure.kind === 'retry' && this.#options.quiet && !terminal.interactive
    if (!mendsItself) terminal.fail(naming(failure, mfaProfiles))
    this.#kinds.add(failure.kind)
    // Whoever typed the code has seen what came of it; it says nothing about the runs that nobody watches.
    if (this.#options.code !== undefined) return
    await recordFailure(this.#world, mfaProfiles, failure)
  }
}

/** The failure with the profiles' names in front, unless it names them itself. */
function naming(failure: Failure, mfaProfiles: readonly string[]): Failure {
  if (mfaProfiles.every((profile) => failure.message.includes(`profile ${profile}`))) return failure
  return new Failure(
    failure.kind,
    `profile ${mfaProfiles.join(', ')}: ${failure.message}`,
    failure.hints,
    failure.cause,
  )
}

/** The names of the MFA profiles that the command line speaks of. */
function choose(profiles: AwsProfiles, options: RefreshOptions): readonly string[] {
  if (options.mfaProfiles.length > 0) return [...new Set(options.mfaProfiles)]
  const describesOne = options.serialNumber !== undefined || options.sourceProfile !== undefined
  const enrolled = profiles.enrolled()
  if (describesOne || (enrolled.length === 0 && options.code !== undefined)) return [defaultMfaProfile]
  if (enrolled.length > 0) return enrolled
  throw new Failure('act', 'no MFA profile is enrolled yet', [
    'run: awsmfa enroll --serial-number arn:aws:iam::123456789012:mfa/NAME',
  ])
}

function enrolmentFor(profiles: AwsProfiles, mfaProfile: string, options: RefreshOptions): Enrolment {
  const manual = options.code !== undefined || options.serialNumber !== undefined || options.sourceProfile !== undefined
  const enrolment = profiles.enrolment(mfaProfile)
  if (manual || (enrolment !== undefined && options.durationSeconds !== undefined)) {
    return enrolmentWith(profiles, mfaProfile, options)
  }
  if (enrolment !== undefined) return enrolment
  throw new Failure('act', `MFA profile ${mfaProfile} is not enrolled`, [
    `run: awsmfa enroll --mfa-profile-name ${mfaProfile}`,
  ])
}

function dropFresh(
  world: World,
  clock: AwsClock,
  profiles: AwsProfiles,
  enrolments: readonly Enrolment[],
  options: RefreshOptions,
): Enrolment[] {
  if (options.force || options.code !== undefined) return [...enrolments]
  return enrolments.filter(({ mfaProfile, durationSeconds }) => {
    if ((options.minRemainingSeconds ?? 0) >= durationSeconds) {
      throw new Failure(
        'usage',
        `--min-remaining is not less than the ${durationSeconds} seconds that profile ${mfaProfile} lasts`,
        ['no session could ever be fresh, and every run would spend a code: give a shorter time'],
      )
    }
    const now = clock.now()
    const expiration = expirationOf(profiles.keys('credentials', mfaProfile))
    if (!isFresh(expiration, now, durationSeconds, options.minRemainingSeconds)) return true
    world.terminal.say(`profile ${mfaProfile} is still good for ${inWords(secondsLeft(expiration, now))}`)
    return false
  })
}

function group(enrolments: readonly Enrolment[]): Group[] {
  const groups = new Map<string, Enrolment[]>()
  for (const enrolment of enrolments) {
    const { serialNumber, sourceProfile, durationSeconds } = enrolment
    const key = JSON.stringify([serialNumber, sourceProfile, durationSeconds, codeOriginOf(enrolment)])
    groups.set(key, [...(groups.get(key) ?? []), enrolment])
  }
  return [...groups.values()]
}

/** A group of which it is known where its code comes from: typed, or else computed later from the seed. */
interface Answerable {
  readonly group: Group
  readonly typed: string | undefined
}

/**
 * Takes the typed code from the command line, or asks for it now, before the lock, so that a slow typist holds nobody up.
 * Groups whose codes are typed and get none are told of and left out.
 */
async function withTypedCodes(
  world: World,
  groups: readonly Group[],
  options: RefreshOptions,
  report: Report,
): Promise<Answerable[]> {
  if (options.code !== undefined) {
    if (groups.length > 1) {
      throw new Failure(
        'usage',
        'one code cannot serve several MFA devices',
        'name one profile with --mfa-profile-name',
      )
    }
    return groups.map((group) => ({ group, typed: options.code }))
  }
  const answerable: Answerable[] = []
  for (const group of groups) {
    const names = namesOf(group)
    if (group.every(({ seedStore }) => seedStore !== 'none')) {
      answerable.push({ group, typed: undefined })
    } else if (world.terminal.interactive) {
      await report.attempt(names, async () => {
        await checkWritable(world)
        const question = `code of ${group[0]?.serialNumber} for profile ${names.join(', ')}:`
        answerable.push({ group, typed: await askCode(world, question) })
      })
    } else if (names.some((name) => options.mfaProfiles.includes(name))) {
      const failure = new Failure(
        'act',
        `profile ${names.join(', ')} needs a typed code and nobody is there to type it`,
        [`run in a terminal: awsmfa --mfa-profile-name ${names[0]} CODE`],
      )
      await report.fail(names, failure)
    } else {
      world.terminal.say(`profile ${names.join(', ')} is skipped: its codes are typed, and nobody is there to type one`)
    }
  }
  return answerable
}

/** One session for a group: everything that can fail without a code comes before the code. */
async function renew(
  world: World,
  clock: AwsClock,
  profiles: AwsProfiles,
  group: Group,
  typed: string | undefined,
  options: RefreshOptions,
): Promise<void> {
  const [first] = group
  if (first === undefined) return
  for (const enrolment of group) profiles.keysFor(enrolment)
  rehearse(profiles, group)
  const source = typed === undefined ? await openCodeSource(world, first) : { typed }
  const session = await getSession(world, clock, profiles, first, source, options.region)
  await writeSession(world, group, session)
  await recordRefreshed(world, namesOf(group))
  announce(world, clock, namesOf(group), session)
}

function announce(world: World, clock: AwsClock, names: readonly string[], session: Session): void {
  const left = inWords(secondsLeft(session.expiration, clock.now()))
  world.terminal.say(`profile ${names.join(', ')} is good until ${localTime(session.expiration)} (${left})`)
  if (world.terminal.interactive && world.env.AWS_ACCESS_KEY_ID !== undefined) {
    world.terminal.warn('AWS_ACCESS_KEY_ID is set in this shell and most tools take it before any profile: unset it')
  }
}

function namesOf(enrolments: readonly Enrolment[]): string[] {
  return enrolments.map(({ mfaProfile }) => mfaProfile)
}
