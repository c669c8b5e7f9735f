/**
 * What the exit code says: `usage` (2, fix the command line or the value typed), `act` (3, a person must mend
 * something), `retry` (4, the same command may succeed later).
 */
export type FailureKind = 'usage' | 'act' | 'retry'

/** The program's exit codes; 1 is a bug, 130 an interruption. */
export const exitCodes: Readonly<Record<FailureKind, number>> = { usage: 2, act: 3, retry: 4 }

/**
 * Everything that can go wrong in a way that was foreseen. An error that is not a `Failure` is a bug.
 *
 * `message` says what happened and names the value, path or profile; each hint says what to do next. Both are shown
 * to people as they are, so neither may hold a secret. Lower case at the start, no full stop at the end.
 */
export class Failure extends Error {
  readonly kind: FailureKind
  readonly hints: readonly string[]

  /**
   * @param kind - what the exit code says
   * @param message - what happened
   * @param hints - what to do next, one line each
   * @param cause - the foreign error behind it; shown by name and message only, with `--verbose`
   */
  constructor(kind: FailureKind, message: string, hints: string | readonly string[] = [], cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'Failure'
    this.kind = kind
    this.hints = typeof hints === 'string' ? [hints] : hints
  }

  /** The same failure, with other things to do about it. */
  withHints(hints: readonly string[]): Failure {
    const changed = { ...Object.getOwnPropertyDescriptors(this), hints: { value: hints } }
    return Object.create(Object.getPrototypeOf(this), changed)
  }
}

/** What `work` gives, or the Failure that it throws, as a value. Any other error is a bug and goes on up. */
export async function attempt<T>(work: () => Promise<T>): Promise<T | Failure> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
}

/**
 * Something stands in a store where a seed should, and no key that is known makes a seed of it. Another seed may take its
 * place, and it may be removed, like one that can be read.
 */
export class SeedUnreadable extends Failure {
  constructor(message: string, hints: string | readonly string[], cause?: unknown) {
    super('act', message, hints, cause)
    this.name = 'SeedUnreadable'
  }
}

/** A file in which somebody else could write. */
export class OpenToOthers extends Failure {}

/** A file that awsmfa may not write, as its owner or its place will have it: the person must put there what is to be in it. */
export class ReadOnlyFailure extends Failure {}

/** A program was asked for that is not there (127) or cannot be started (126): the exit codes are those of shells. */
export class CannotStart extends Failure {
  readonly exitCode: 126 | 127

  constructor(exitCode: 126 | 127, message: string, hints: string | readonly string[], cause?: unknown) {
    super('usage', message, hints, cause)
    this.name = 'CannotStart'
    this.exitCode = exitCode
  }
}

/** Why AWS did not give a session, as far as the program has to act on it differently. */
export type StsReason =
  /** "invalid MFA one time pass code": wrong, used before, or a clock that is off */
  | 'code-refused'
  /** "unable to validate MFA code": wrong serial number, device enabled seconds ago, or nine verifications in 3 minutes */
  | 'device-refused'
  /** AWS refused the signature because its time is too far from AWS's; no code was looked at */
  | 'clock-refused'
  /** AWS answered something else that only a person can mend */
  | 'refused'
  /** AWS answered, but asks for patience: throttled, 5xx */
  | 'busy'
  /** no answer: DNS, connection, TLS, time limit, or an answer that is not from AWS */
  | 'unreachable'

/** A GetSessionToken call that did not end in a session. */
export class StsFailure extends Failure {
  readonly reason: StsReason
  /** false only when the request surely never reached AWS, so that the code in it is still unused */
  readonly codeMayBeSpent: boolean
  /** AWS's clock minus this machine's, from the answer's `Date`; `undefined` when there was no trustworthy one */
  readonly clockOffsetMs: number | undefined

  constructor(
    kind: FailureKind,
    message: string,
    hints: string | readonly string[],
    facts: { reason: StsReason; codeMayBeSpent: boolean; clockOffsetMs: number | undefined },
    cause?: unknown,
  ) {
    super(kind, message, hints, cause)
    this.name = 'StsFailure'
    this.reason = facts.reason
    this.codeMayBeSpent = facts.codeMayBeSpent
    this.clockOffsetMs = facts.clockOffsetMs
  }
}

/** Why IAM did not do what was asked, as far as the program has to act on it differently. */
export type IamReason =
  /** the policies of the user do not allow it */
  | 'denied'
  /** a user who has a device already may change devices with an MFA session only */
  | 'needs-mfa'
  /** the name of the device is taken, or the device is in somebody's use already */
  | 'taken'
  /** there is no such device, or the user has it not */
  | 'absent'
  /** the device must be deactivated first */
  | 'in-use'
  /** the codes are not of this device, not one after the other, or older than AWS's last ones */
  | 'code-refused'
  /** AWS answered something else that only a person can mend */
  | 'refused'
  /** AWS answered, but asks for patience: throttled, 5xx, being changed by somebody else */
  | 'busy'
  /** no answer: DNS, connection, TLS, time limit, or an answer that is not from AWS */
  | 'unreachable'

/** An IAM call that did not end well. */
export class IamFailure extends Failure {
  readonly reason: IamReason
  /** false only when the request surely changed nothing */
  readonly mayHaveWorked: boolean

  constructor(
    kind: FailureKind,
    message: string,
    hints: string | readonly string[],
    facts: { reason: IamReason; mayHaveWorked: boolean },
    cause?: unknown,
  ) {
    super(kind, message, hints, cause)
    this.name = 'IamFailure'
    this.reason = facts.reason
    this.mayHaveWorked = facts.mayHaveWorked
  }
}
