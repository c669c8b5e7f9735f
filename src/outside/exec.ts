/** How this process gives its place to another program, and how it ends before its work does. */

/** A program that was found and can be started. */
export interface FoundProgram {
  /** absolute */
  readonly path: string
  /** whether it surely starts, so that this process can become it: that cannot be taken back */
  readonly sure: boolean
  /** what starts it, where the system does not */
  readonly by?: 'sh' | 'cmd'
}

export interface Exec {
  /**
   * Looks for a program as a shell does.
   *
   * @throws CannotStart
   */
  find(name: string): Promise<FoundProgram>
  /**
   * Runs a program in place of this one, with the variables of a session added to the environment and those of other
   * credentials taken out. Where a process can become another program, it does, and this never returns; elsewhere the
   * program gets this one's streams, and the signals that are sent to it.
   *
   * @param command - its name as it was typed, and its arguments
   * @returns its exit code; when a signal ends it, the same one ends this process
   * @throws CannotStart
   */
  become(
    program: FoundProgram,
    command: readonly [name: string, ...args: string[]],
    variables: Readonly<Record<string, string>>,
  ): Promise<number>
  /** Ends this process once its answer is written, whatever it still waits for. */
  leave(exitCode: number): Promise<void>
}
