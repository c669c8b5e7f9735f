import { chooseRegion } from '../core/region.js'
import { isChained } from '../core/role.js'
import type { LongTermKeys, Session } from '../core/session.js'
import { inWords } from '../core/time.js'
import { attempt, Failure } from '../errors.js'
import { recordRefreshed } from '../runs/outcome.js'
import type { OpenSource } from './codes/codeSource.js'
import { expectNoSeedLost } from './codes/seeds.js'
import type { Enrolment } from './enrolment.js'
import { passGate } from './gate.js'
import { type Again, type Order, obtain, type Request } from './obtain.js'
import type { AwsProfiles } from './profiles.js'
import { baseOf, baseSession, enoughForCalls } from './role.js'
import type { Run } from './run.js'
import type { Given } from './send.js'
import { rehearse, writeSession } from './write.js'

/** Which session is wanted, and with how much time left. */
export interface Wanted {
  /**
   * Whose session: enrolments of one device, source profile and duration, which one session serves. Asked again whenever
   * the files have been read.
   */
  enrolments(profiles: AwsProfiles): readonly Enrolment[]
  /** not what stands in the file, however much is left of it */
  readonly force?: boolean
  /** what counts as enough time left, instead of the rule */
  readonly minRemainingSeconds?: number | undefined
  /** what `--region` says */
  readonly region?: string | undefined
  /** how long it goes on trying what may pass by itself; as long as suits a run that nobody waits for when absent */
  readonly patienceMs?: number | undefined
  /** a typed code, or a seed that is about to be enrolled, instead of the enrolment's own source */
  readonly source?: OpenSource
  /** keys that are about to take the place of the source profile's */
  readonly keys?: LongTermKeys
  /**
   * Runs once AWS has given the session and before anything is written, between two holds of the lock: what must be safe
   * before the profile names it.
   */
  first?(session: Session): Promise<void>
}

export interface Served {
  /** `undefined` when what was wanted is not enrolled any more */
  readonly session: Session | undefined
  /** the enrolments whose profiles were written now */
  readonly renewed: readonly Enrolment[]
}

/**
 * The one way to a session: from the file when it is fresh; else renewed, written and read back. In the hold of the lock
 * everything is decided anew: another run may have done the work, or ended the enrolment, while this one waited.
 *
 * @throws Failure
 */
export async function sessionFor(run: Run, wanted: Wanted): Promise<Served> {
  const due = (profiles: AwsProfiles) => wanted.enrolments(profiles).filter((each) => isDue(run, wanted, each))
  if (due(await run.read()).length === 0) return fromFile(run, wanted)
  let renewed: readonly Enrolment[] = []
  const order: Order<Given> = {
    source: wanted.source,
    patienceMs: wanted.patienceMs,
    async request(profiles) {
      renewed = due(profiles)
      const request = await requestFor(run, profiles, renewed, wanted)
      const isReady = request !== undefined && 'keys' in request
      return isReady && wanted.keys ? { ...request, keys: { file: 'credentials', keys: wanted.keys } } : request
    },
    async keep(given, profiles) {
      if (wanted.first === undefined) await keep(run, profiles, renewed, given)
      return given
    },
  }
  const given = await attempt(() => obtain(run, order))
  if (given instanceof Failure) {
    for (const { mfaProfile } of renewed) run.failed.set(mfaProfile, given)
    throw given
  }
  if (given === undefined) return fromFile(run, wanted)
  if (wanted.first !== undefined) {
    await wanted.first(given.session)
    await run.world.lock.hold('session', async () => {
      const profiles = await run.read()
      for (const each of renewed) passGate(profiles, each)
      await keep(run, profiles, renewed, given)
    })
  }
  return { session: given.session, renewed }
}

async function keep(run: Run, profiles: AwsProfiles, enrolments: readonly Enrolment[], given: Given): Promise<void> {
  const { session, lifeSeconds } = given
  await writeSession(run, profiles, enrolments, session)
  tellShorter(run, enrolments, lifeSeconds)
  const names = enrolments.map(({ mfaProfile }) => mfaProfile)
  await recordRefreshed(run, names, session, lifeSeconds)
}

/** AWS silently gives the root user one hour, whatever was asked for. That is told when it is news. */
function tellShorter(run: Run, [first]: readonly Enrolment[], lifeSeconds: number): void {
  if (first === undefined || lifeSeconds > first.durationSeconds - 600) return
  const before = run.outcomes[first.mfaProfile]?.session?.seconds
  if (before !== undefined && Math.abs(before - lifeSeconds) < 600) return
  const [given, asked] = [inWords(lifeSeconds), inWords(first.durationSeconds)]
  run.world.terminal.warn(`AWS gave ${given} instead of ${asked}, as it does for the root user`)
}

function isDue(run: Run, { force, minRemainingSeconds }: Wanted, { mfaProfile, durationSeconds }: Enrolment): boolean {
  return force === true || !run.isFresh(mfaProfile, durationSeconds, minRemainingSeconds)
}

function fromFile(run: Run, wanted: Wanted): Served {
  const [first] = run.profiles === undefined ? [] : wanted.enrolments(run.profiles)
  return { session: first && run.standing(first.mfaProfile, first.durationSeconds).session, renewed: [] }
}

/**
 * What to ask AWS for, once the gate is passed and the files are known to be writable.
 *
 * @returns `undefined` when there are no enrolments
 * @throws Failure `act`
 */
async function requestFor(
  run: Run,
  profiles: AwsProfiles,
  enrolments: readonly Enrolment[],
  wanted: Wanted,
): Promise<Request | Again | undefined> {
  const [enrolment] = enrolments
  if (enrolment === undefined) return undefined
  for (const each of enrolments) {
    passGate(profiles, each)
    await expectNoSeedLost(profiles, each)
  }
  await rehearse(run, profiles, enrolments)
  const request = unwrittenRequest(run, profiles, enrolment, wanted.region)
  return isChained(enrolment) ? await withSession(run, profiles, request, wanted) : request
}

/** A role of up to an hour is taken with the MFA session of the same keys, which is renewed first where it has to be. */
async function withSession(run: Run, profiles: AwsProfiles, request: Request, wanted: Wanted) {
  const base = await baseOf(profiles, request.enrolment)
  const { mfaProfile } = base
  const session = baseSession(run, base)
  if (session !== undefined) return { ...request, session }
  const failure = run.failed.get(mfaProfile)
  if (failure !== undefined) {
    const what = `the role is taken with the MFA session of profile ${mfaProfile}, which could not be renewed`
    throw new Failure(failure.kind, what, failure.hints)
  }
  const { region, source } = wanted
  const renewal = { minRemainingSeconds: enoughForCalls, region, ...(source === undefined ? {} : { source }) }
  const enrolments = (now: AwsProfiles) => [now.enrolment(mfaProfile) ?? []].flat()
  return { between: async () => sessionFor(run, { enrolments, ...renewal }) }
}

/** The same for a session that no file gets: nothing is checked but the keys. */
function unwrittenRequest(
  { world }: Run,
  profiles: AwsProfiles,
  enrolment: Enrolment,
  regionFlag: string | undefined,
): Request {
  const { serialNumber, sourceProfile, durationSeconds } = enrolment
  const sourceProfileRegion = profiles.setting(sourceProfile, 'region')
  const region = chooseRegion({ flag: regionFlag, env: world.env, sourceProfileRegion, serialNumber })
  const settings = profiles.keys('config', sourceProfile)
  const keys = passGate(profiles, enrolment)
  return { enrolment, keys, region, serialNumber, durationSeconds, role: enrolment.role, settings }
}

/**
 * A session of the user for a few calls of this run, which no file gets.
 *
 * @param source - instead of the enrolment's own
 * @throws as {@link obtain} does
 */
export async function passingSession(
  run: Run,
  enrolment: Enrolment,
  source: OpenSource | undefined,
  regionFlag: string | undefined,
): Promise<Session> {
  const session = await obtain(run, {
    source,
    request: async (profiles) => {
      const request = unwrittenRequest(run, profiles, { ...enrolment, durationSeconds: 900 }, regionFlag)
      return { ...request, role: undefined }
    },
    keep: async ({ session }) => session,
  })
  if (session === undefined) throw new Error('a session was not even asked for')
  return session
}
