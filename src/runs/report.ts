import { reasonOf, tellsAgain } from '../core/news.js'
import { Failure, type FailureKind } from '../errors.js'
import type { Run } from '../session/run.js'
import { lastRun, recordFailure, recordRun } from './outcome.js'

const dayMs = 24 * 60 * 60_000

/** What went wrong in a refresh: told, kept for `status`, and summed up for the exit code. */
export class Report {
  readonly #run: Run
  readonly #options: { readonly quiet: boolean; readonly code?: string | undefined }
  readonly #kinds = new Set<FailureKind>()
  /** of the failures that a run which nobody watches tells of, or has told of within a day */
  readonly #reasons: string[] = []

  constructor(run: Run, options: { readonly quiet: boolean; readonly code?: string | undefined }) {
    this.#run = run
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
      await this.#fail(mfaProfiles, error)
    }
  }

  /**
   * Whether a failure is told. A quiet run that nobody watches is a mail of cron: it says nothing of what the next run
   * mends by itself, until that has been so for a day, and nothing twice within a day.
   */
  async tells(mfaProfiles: readonly string[], failure: Failure): Promise<boolean> {
    const { world } = this.#run
    if (!this.#options.quiet || world.terminal.interactive) return true
    const mendsItself = failure.kind === 'retry' && mfaProfiles.length > 0
    if (mendsItself && !mfaProfiles.some((name) => this.#isOverdue(name))) return false
    const reason = `${mfaProfiles.join(' ')} ${reasonOf(failure)}`
    this.#reasons.push(reason)
    return tellsAgain(await lastRun(world), reason, world.clock.now())
  }

  /** Remembers for the next run of the same scheduler what this one has told. */
  async keep(ending: FailureKind | undefined): Promise<void> {
    await recordRun(this.#run.world, ending, this.#reasons)
  }

  async #fail(mfaProfiles: readonly string[], failure: Failure): Promise<void> {
    const told = await this.tells(mfaProfiles, failure)
    if (told) this.#run.world.terminal.fail(naming(failure, mfaProfiles))
    this.#kinds.add(failure.kind)
    // Whoever typed the code has seen what came of it; it says nothing about the runs that nobody watches.
    if (this.#options.code === undefined) await recordFailure(this.#run, mfaProfiles, failure, told)
  }

  /** Whether it should have passed by now: for a day nothing was refreshed, or all has failed. */
  #isOverdue(mfaProfile: string): boolean {
    const { refreshedAt, failure } = this.#run.outcomes[mfaProfile] ?? {}
    const since = refreshedAt ?? failure?.since ?? failure?.at
    return since !== undefined && this.#run.world.clock.now().getTime() - Date.parse(since) > dayMs
  }
}

/** The failure with the profiles' names in front, unless it names them itself. */
function naming(failure: Failure, mfaProfiles: readonly string[]): Failure {
  const words = `${failure.message.replace(/[,:;]/g, ' ')} `
  if (mfaProfiles.every((profile) => words.includes(`profile ${profile} `))) return failure
  return new Failure(
    failure.kind,
    `profile ${mfaProfiles.join(', ')}: ${failure.message}`,
    failure.hints,
    failure.cause,
  )
}
