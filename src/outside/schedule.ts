/** What runs `awsmfa refresh` by itself: the platform's schedulers. */

import type { Job, SchedulerName, Timetable } from '../core/schedule/job.js'
import type { StablePath } from '../core/schedule/surroundings.js'

export interface Schedule {
  /** the platform's, best first */
  schedulers(): Promise<readonly Scheduler[]>
  facts(): Promise<ScheduleFacts>
}

export interface ScheduleFacts {
  /** the Node that runs this program, and this program, by paths that last */
  readonly node: StablePath
  readonly program: StablePath
  /** the names of the machine and the person: jobs of different machines start at different minutes */
  readonly key: string
  /** the person's home by the user database, and their id; -1 on Windows */
  readonly home: string
  readonly uid: number
  /** makes a file's name absolute, by the current folder */
  absolute(path: string): string
}

/** One of the platform's own schedulers, for the one job that awsmfa has. */
export interface Scheduler {
  readonly name: SchedulerName
  /** why it cannot be used here and now, `undefined` when it can */
  obstacle(): Promise<string | undefined>
  /**
   * Puts the job in the place of an older one. What is not ours stays as it was.
   *
   * @throws Failure `usage` when the job cannot be written down safely, `act` when the scheduler refuses
   */
  install(job: Job): Promise<void>
  /** `undefined` when there is no job of ours */
  installed(): Promise<InstalledJob | undefined>
  /**
   * Takes away the job, and all files and empty folders that came with it.
   *
   * @returns whether there was one
   * @throws Failure `act`
   */
  remove(): Promise<boolean>
}

export interface InstalledJob {
  readonly timetable: Timetable
  /** when it was put there; older jobs do not say */
  readonly installedAt?: Date | undefined
  /** where a person can look at it */
  readonly where: string
  /** files without which it cannot run, and that are gone */
  readonly missing: readonly string[]
  /** as the scheduler itself says, where it does */
  readonly nextRun?: Date | undefined
  readonly lastRun?: { readonly at: Date; readonly exitCode: number } | undefined
  /** why it will not run, with the cure */
  readonly trouble?: string | undefined
  /** why it may not run when it should */
  readonly doubt?: Doubt | undefined
}

export interface Doubt {
  readonly what: string
  readonly cure: string
  /** it concerns only those whose codes can be had without a login */
  readonly withoutLogin?: true
}
