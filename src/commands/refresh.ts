import { parseCode } from '../core/code.js'
import { inWords } from '../core/duration.js'
import type { Enrolment } from '../core/enrolment.js'
import { expirationOf, isFresh, secondsLeft } from '../core/freshness.js'
import { localTime } from '../core/localTime.js'
import { chooseRegion } from '../core/region.js'
import type { Session } from '../core/session.js'
import type { FailureKind } from '../errors.js'
import { Failure } from '../errors.js'
import { AwsProfiles } from '../pipeline/awsProfiles.js'
import { recordFailure, recordRefreshed } from '../pipeline/outcome.js'
import type { CodeSource } from '../pipeline/session.js'
import { getSession } from '../pipeline/session.js'
import type { Settings } from '../pipeline/settings.js'
import { defaultMfaProfile, enrolmentWith } from '../pipeline/settings.js'
import { checkWritable, writeSession } from '../pipeline/writeSession.js'
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
}

/** Enrolments that one session serves: of one device, one source profile and one duration. */
type Group = readonly Enrolment[]

/**
 * Renews every chosen MFA profile that needs it. One profile's failure does not stop the others.
 *
 * @returns the kind of the gravest failure that was told, `undefined` when all is well
 * @throws Failure that concerns the whole run: unreadable files, nothing enrolled, the lock
 */
export async function refresh(world: World, options: RefreshOptions): Promise<FailureKind | undefined> {
  const failures: Failure[] = []
  const tell = async (failure: Failure, mfaProfiles: readonly string[]) => {
    world.terminal.fail(naming(failure, mfaProfiles))
    failures.push(failure)
    await recordFailure(world, mfaProfiles, failure)
  }

  const profiles = await AwsProfiles.read(world)
  const chosen: Enrolment[] = []
  for (const mfaProfile of choose(profiles, options)) {
    await attempt(
      async () => void chosen.push(enrolmentFor(profiles, mfaProfile, options)),
      async (failure) => tell(failure, [mfaProfile]),
    )
  }
  const due = dropFresh(world, profiles, chosen, options)
  const groups = group(due)
  if (groups.length === 0) return gravest(failures)

  const codes = await typedCodes(world, groups, options, tell)
  const answerable = groups.filter((each) => codes.has(each))
  if (answerable.length === 0) return gravest(failures)

  const waiting = answerable.flat()
  await attempt(
    () =>
      world.lock.hold(async () => {
        // Another refresh may have done the work, or changed the files, while this one waited.
        const now = await AwsProfiles.read(world)
        await checkWritable(world)
        for (const each of answerable) {
          const stale = dropFresh(world, now, each, options)
          if (stale.length === 0) continue
          await attempt(
            () => renew(world, now, stale, codes.get(each), options),
            async (failure) =>
              tell(
                failure,
                stale.map((enrolment) => enrolment.mfaProfile),
              ),
          )
        }
      }),
    async (failure) => {
      await recordFailure(
        world,
        waiting.map((enrolment) => enrolment.mfaProfile),
        failure,
      )
      throw failure
    },
  )
  return gravest(failures)
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
    const now = world.clock.now()
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
    const key = JSON.stringify([serialNumber, sourceProfile, durationSeconds])
    groups.set(key, [...(groups.get(key) ?? []), enrolment])
  }
  return [...groups.values()]
}

/**
 * The typed code of each group that needs one: from the command line, or asked for now, before the lock, so that a slow
 * typist holds nobody up. A group that computes its codes maps to `undefined`; one that gets none is left out.
 */
async function typedCodes(
  world: World,
  groups: readonly Group[],
  options: RefreshOptions,
  tell: (failure: Failure, mfaProfiles: readonly string[]) => Promise<void>,
): Promise<Map<Group, string | undefined>> {
  const codes = new Map<Group, string | undefined>()
  if (options.code !== undefined) {
    const [only, another] = groups
    if (another !== undefined) {
      throw new Failure(
        'usage',
        'one code cannot serve several MFA devices',
        'name one profile with --mfa-profile-name',
      )
    }
    if (only !== undefined) codes.set(only, options.code)
    return codes
  }
  for (const each of groups) {
    const [first] = each
    if (first === undefined) continue
    const names = each.map((enrolment) => enrolment.mfaProfile)
    const anyone = names.join(', ')
    if (first.seedStore !== 'none') {
      codes.set(each, undefined)
    } else if (world.terminal.interactive) {
      await checkWritable(world)
      codes.set(each, parseCode(await world.terminal.ask(`code of ${first.serialNumber} for profile ${anyone}:`)))
    } else if (names.some((name) => options.mfaProfiles.includes(name))) {
      const failure = new Failure('act', `profile ${anyone} needs a typed code and nobody is there to type it`, [
        `run in a terminal: awsmfa --mfa-profile-name ${names[0]} CODE`,
      ])
      await tell(failure, names)
    } else {
      world.terminal.say(`profile ${anyone} is skipped: its codes are typed, and nobody is there to type one`)
    }
  }
  return codes
}

/** One session for a group: everything that can fail without a code comes before the code. */
async function renew(
  world: World,
  profiles: AwsProfiles,
  group: Group,
  typed: string | undefined,
  options: RefreshOptions,
): Promise<void> {
  const [first] = group
  if (first === undefined) return
  const { serialNumber, sourceProfile, durationSeconds } = first
  for (const enrolment of group) profiles.keysFor(enrolment)
  const region = chooseRegion({
    flag: options.region,
    env: world.env,
    sourceProfileRegion: profiles.setting(sourceProfile, 'region'),
    serialNumber,
  })
  const source = typed === undefined ? await seedOf(world, serialNumber) : { typed }
  const session = await getSession(
    world,
    { keys: profiles.keysFor(first), region, serialNumber, durationSeconds },
    source,
  )
  await writeSession(world, group, session)
  const names = group.map((enrolment) => enrolment.mfaProfile)
  await recordRefreshed(world, names)
  announce(world, names, session)
}

async function seedOf(world: World, serialNumber: string): Promise<CodeSource> {
  const seed = await world.keychain.get(serialNumber)
  if (seed !== undefined) return { seed }
  throw new Failure('act', `the keychain holds no seed for ${serialNumber}`, [
    'it was removed, or enrolled on another machine: run awsmfa enroll again, or type a code: awsmfa CODE',
  ])
}

function announce(world: World, names: readonly string[], session: Session): void {
  const left = inWords(secondsLeft(session.expiration, world.clock.now()))
  world.terminal.say(`profile ${names.join(', ')} is good until ${localTime(session.expiration)} (${left})`)
  if (world.terminal.interactive && world.env.AWS_ACCESS_KEY_ID !== undefined) {
    world.terminal.warn('AWS_ACCESS_KEY_ID is set in this shell and most tools take it before any profile: unset it')
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

/** Runs `work`; a foreseen failure goes to `otherwise`, a bug goes on up. */
async function attempt(work: () => Promise<void>, otherwise: (failure: Failure) => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    await otherwise(error)
  }
}

function gravest(failures: readonly Failure[]): FailureKind | undefined {
  const kinds = failures.map((failure) => failure.kind)
  return (['usage', 'act', 'retry'] as const).find((kind) => kinds.includes(kind))
}
