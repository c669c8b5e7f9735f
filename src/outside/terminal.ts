import type { Failure } from '../errors.js'

/** How the program speaks. Answers go to stdout, everything else to stderr, each line with the `awsmfa: ` prefix. */
export interface Terminal {
  /** whether a person can be asked now: a terminal is there and `--no-input` was not given */
  readonly interactive: boolean
  /** the width for tables in columns; 80 when unknown */
  readonly columns: number
  /** whether stdout is a terminal, so that bars and such make sense */
  readonly answersToTerminal: boolean
  /** A word of ours for an answer, in its colour where stdout has colours. Never what comes from a file or from AWS. */
  paint(this: void, text: string, tone: 'ok' | 'warn' | 'bad' | 'hint'): string
  /** An answer on stdout, as it is, with a line end added. */
  answer(text: string): void
  /** One line of talk; silent with `--quiet`. */
  say(line: string): void
  /** One line `awsmfa: warning: …`; silent with `--quiet`. */
  warn(line: string): void
  /** One line for `--verbose` only. Never a secret. */
  detail(line: string): void
  /** A failure as its lines: what happened, then `hint:` lines. Shown with `--quiet` too. */
  fail(failure: Failure): void
  /**
   * Has one line of talk said if a signal ends the program, such as Ctrl-C.
   * @returns takes it back
   */
  ifEnded(line: string): () => void
  /**
   * Waits `ms` milliseconds and says why: on a terminal one line that counts down and is then erased, elsewhere one
   * plain line.
   *
   * @param why - such as `waiting for the next code`
   */
  countdown(ms: number, why: string): Promise<void>
  /** Asks on the terminal device itself. Throws Failure `usage` when `interactive` is false. */
  ask(question: string): Promise<string>
  /** The same without echo. */
  askHidden(question: string): Promise<string>
  /** Asks for yes or no; anything but yes is no. */
  confirm(question: string): Promise<boolean>
}
