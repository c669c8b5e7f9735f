import { formatRecord } from '../core/json.js'
import { type Outcomes, parseOutcomes } from '../core/news.js'
import { parsePlan } from '../core/schedule/job.js'
import type { Session } from '../core/session.js'
import type { Failure } from '../errors.js'
import type { World } from '../world.js'
import { AwsClock } from './awsClock.js'
import type { Enrolment } from './enrolment.js'
import { isFresh, type Standing, secondsLeft, standing } from './freshness.js'
import { keepNews, readNews } from './news.js'
import { AwsProfiles } from './profiles.js'

/** Enough for the few calls that are made with it. */
const fewestSeconds = 60

/** One run of the program: the World, AWS's clock, and what stood in the files when they were last read. */
export class Run {
  readonly world: World
  readonly clock: AwsClock
  /** why MFA profiles could not be renewed in this run: each costs codes, and is not tried again for every role on it */
  readonly failed = new Map<string, Failure>()
  #profiles: AwsProfiles | undefined
  #outcomes: Outcomes = {}
  #everyMinutes: number | undefined

  private constructor(world: World, clock: AwsClock) {
    this.world = world
    this.clock = clock
  }

  static async start(world: World): Promise<Run> {
    return new Run(world, await AwsClock.read(world))
  }

  /**
   * Reads everything that is decided by, as it is now.
   *
   * @throws Failure `act` when an AWS file cannot be read, or not by the AWS CLI
   */
  async read(): Promise<AwsProfiles> {
    const [profiles, outcomes, schedule] = await Promise.all([
      AwsProfiles.read(this.world, this.#profiles),
      readNews(this.world, 'outcomes.json'),
      readNews(this.world, 'schedule.json'),
    ])
    this.#profiles = profiles
    this.#outcomes = parseOutcomes(outcomes)
    this.#everyMinutes = parsePlan(schedule)?.everyMinutes
    return profiles
  }

  /** The files as they were last read. */
  get profiles(): AwsProfiles | undefined {
    return this.#profiles
  }

  /** What became of earlier runs, as it was last read. */
  get outcomes(): Outcomes {
    return this.#outcomes
  }

  /** Changes what is kept of earlier runs. What cannot be kept is news only, and hides nothing else. */
  async changeOutcomes(edit: (outcomes: Outcomes) => Outcomes): Promise<boolean> {
    return await keepNews(this.world, 'outcomes.json', (text) => {
      this.#outcomes = edit(parseOutcomes(text))
      return formatRecord(this.#outcomes)
    })
  }

  get everyMinutes(): number | undefined {
    return this.#everyMinutes
  }

  /** The session of an MFA profile as it was last read. */
  standing(mfaProfile: string, durationSeconds: number): Standing {
    const keys = this.#profiles?.keys('credentials', mfaProfile)
    return standing(keys, durationSeconds, this.clock.now(), this.#outcomes[mfaProfile]?.session)
  }

  /** A session that is good for a few calls yet, of the user or of the role that the profile is enrolled for. */
  usableSession({ mfaProfile }: Pick<Enrolment, 'mfaProfile'>): Session | undefined {
    const { session } = this.standing(mfaProfile, 0)
    return secondsLeft(session, this.clock.now()) < fewestSeconds ? undefined : session
  }

  /** The same for calls that the user alone may make. */
  ownSession(enrolment: Enrolment): Session | undefined {
    return enrolment.role === undefined ? this.usableSession(enrolment) : undefined
  }

  /** Whether an MFA profile need not be renewed, as it was last read. */
  isFresh(mfaProfile: string, durationSeconds: number, minRemainingSeconds?: number): boolean {
    const stands = this.standing(mfaProfile, durationSeconds)
    return isFresh(stands, this.clock.now(), this.#everyMinutes, minRemainingSeconds)
  }
}
