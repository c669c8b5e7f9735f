import { chooseRegion } from '../core/region.js'
import type { Session } from '../core/session.js'
import { recordRefreshed } from '../runs/outcome.js'
import type { OpenSource } from './codes/codeSource.js'
import type { Enrolment } from './enrolment.js'
import { passGate } from './gate.js'
import { obtain, type Request } from './obtain.js'
import type { AwsProfiles } from './profiles.js'
import type { Run } from './run.js'
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
  /** a typed code, or a seed that is about to be enrolled, instead of the enrolment's own source */
  readonly source?: OpenSource
  /** hears of the session as soon as AWS has given it, before it is written */
  given?(session: Session): void
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
  const session = await obtain(run, {
    source: wanted.source,
    async request(profiles) {
      renewed = due(profiles)
      return await requestFor(run, profiles, renewed, wanted.region)
    },
    async keep({ session, lifeSeconds }, profiles) {
      wanted.given?.(session)
      await writeSession(run, profiles, renewed, session)
      await recordRefreshed(
        run,
        renewed.map(({ mfaProfile }) => mfaProfile),
        session,
        lifeSeconds,
      )
      return session
    },
  })
  return session === undefined ? fromFile(run, wanted) : { session, renewed }
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
  regionFlag: string | undefined,
): Promise<Request | undefined> {
  const [enrolment] = enrolments
  if (enrolment === undefined) return undefined
  for (const each of enrolments) passGate(profiles, each)
  await rehearse(run, profiles, enrolments)
  return unwrittenRequest(run, profiles, enrolment, regionFlag)
}

/** The same for a session that no file gets: nothing is checked but the keys. */
export function unwrittenRequest(
  { world }: Run,
  profiles: AwsProfiles,
  enrolment: Enrolment,
  regionFlag: string | undefined,
): Request {
  const { serialNumber, sourceProfile, durationSeconds } = enrolment
  const sourceProfileRegion = profiles.setting(sourceProfile, 'region')
  const region = chooseRegion({ flag: regionFlag, env: world.env, sourceProfileRegion, serialNumber })
  return { enrolment, keys: passGate(profiles, enrolment), region, serialNumber, durationSeconds }
}

/**
 * A session for a few calls of this run, which no file gets.
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
    request: async (profiles) => unwrittenRequest(run, profiles, { ...enrolment, durationSeconds: 900 }, regionFlag),
    keep: async ({ session }) => session,
  })
  if (session === undefined) throw new Error('a session was not even asked for')
  return session
}
