import type { Failure } from '../../errors.js'

/** One link of the chain from the seed to the AWS CLI, as `doctor` found it. No secrets. */
export interface Check {
  /** what was looked at; stays the same from version to version, for programs */
  readonly name: string
  /** `warn`: it works, and should still be mended */
  readonly verdict: 'ok' | 'warn' | 'bad'
  readonly text: string
  /** what to do about it, one step each */
  readonly cures: readonly string[]
  /** whether a bad one may pass by itself, such as a network that is down */
  readonly passing?: true
}

/** Checks that belong together, under one heading. */
export interface Checks {
  /** such as `files` or `profile mfa` */
  readonly about: string
  readonly checks: readonly Check[]
}

export function ok(name: string, text: string): Check {
  return { name, verdict: 'ok', text, cures: [] }
}

export function warn(name: string, text: string, ...cures: readonly string[]): Check {
  return { name, verdict: 'warn', text, cures }
}

export function bad(name: string, text: string, ...cures: readonly string[]): Check {
  return { name, verdict: 'bad', text, cures }
}

/** What went wrong elsewhere, in the words that every command uses for it. */
export function failed(name: string, { kind, message, hints }: Failure): Check {
  const check = bad(name, message, ...hints)
  return kind === 'retry' ? { ...check, passing: true } : check
}
