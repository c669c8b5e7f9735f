import type { FailureKind } from '../errors.js'
import { Failure } from '../errors.js'
import type { World } from '../world.js'

/** What a value stands for: a completion script offers files, profiles or the choices by it. */
export type ValueKind = 'choice' | 'code' | 'command' | 'file' | 'mfa-profile' | 'number' | 'profile' | 'text' | 'time'

/** The value of a flag. */
export interface Value<T> {
  /** in help, such as `FILE` */
  readonly name: string
  readonly kind: ValueKind
  readonly choices?: readonly string[]
  /** @throws Failure `usage` that calls the value by `flag` */
  parse(text: string, flag: string): T
}

/** One flag. Its name is its key in {@link Flags}: `minRemaining` is `--min-remaining`. */
export interface Flag<T> extends Traits {
  readonly about: string
  /** absent for a switch */
  readonly value?: Value<unknown>
  /** What the program gets from all that was given for this flag; from nothing, when it was not given. */
  take(texts: readonly string[], flag: string): T
}

interface Traits {
  /** under which title help shows it */
  readonly group?: string
  /** what holds without it, shown in brackets */
  readonly fallback?: string
  /** the keys of flags that it cannot be used with; one side of each pair says so */
  readonly conflicts?: readonly string[]
  /** the key of the flag that it is part of */
  readonly needs?: string
  /** refused when given twice: elsewhere that means both */
  readonly once?: boolean
}

export type Flags = Readonly<Record<string, Flag<unknown>>>
/** What a command gets of its flags. */
export type Values<F extends Flags> = { readonly [K in keyof F]: ReturnType<F[K]['take']> }

/** What follows the command and is no flag. */
export interface Operand<T> {
  /** in the usage line, such as `SHELL` or `[COMMAND]` */
  readonly name: string
  readonly choices?: readonly string[]
  /** several words, not one */
  readonly many?: boolean
  /** nothing behind the first of them is a flag of ours */
  readonly verbatim?: boolean
  /** @throws Failure `usage` when it is not what the command needs */
  parse(words: readonly string[]): T
}

/** A command, or, with `commands` and without `run`, a family of them. {@link voiceFlags} belong to each. */
export interface Spec<F extends Flags = Flags, T = unknown> {
  /** one paragraph of plain English, or several with a blank line between */
  readonly about: string
  /** whole command lines, each with a comment behind ` # ` where it needs one */
  readonly examples: readonly string[]
  readonly flags?: F
  readonly operand?: Operand<T>
  readonly commands?: Readonly<Record<string, Row>>
  /** Whether another program has started it: then it never asks, whatever terminal that has, and is silent while all is well. */
  isBehindProgram?(flags: Values<F & typeof voiceFlags>): boolean
  /** @returns the kind of the gravest failure that it has told itself; it becomes the exit code */
  run?(world: World, flags: Values<F & typeof voiceFlags>, operand: T): Promise<FailureKind | undefined>
}

/** A command in a list of commands. */
export interface Row {
  /** what follows its name in the list */
  readonly operand?: string
  readonly summary: string
  /** Its declaration, which is loaded for the command that was named and for no other. */
  load(): Promise<Spec>
}

/** Lets the compiler find the types of the flags for {@link Spec.run}. */
export function command<F extends Flags, T>(spec: Spec<F, T>): Spec<F, T> {
  return spec
}

/** A flag without a value. */
export function on(about: string, traits: Traits = {}): Flag<boolean> {
  return { ...traits, about, take: (texts) => texts.length > 0 }
}

/** A flag with a value; given twice, the last one counts, unless it is for once. */
export function valued<T>(value: Value<T>, about: string, traits: Traits = {}): Flag<T | undefined> {
  return {
    ...traits,
    about,
    value,
    take(texts, flag) {
      if (traits.once && texts.length > 1) {
        throw new Failure('usage', `this command takes one ${flag}`, 'run it once for each')
      }
      const last = texts.at(-1)
      return last === undefined ? undefined : value.parse(last, flag)
    },
  }
}

/** A flag with a value that may be given several times. */
export function repeated<T>(value: Value<T>, about: string, traits: Traits = {}): Flag<readonly T[]> {
  return { ...traits, about, value, take: (texts, flag) => texts.map((text) => value.parse(text, flag)) }
}

/** The same flags under a title of their own. */
export function group<F extends Flags>(title: string, flags: F): F {
  const titled = Object.entries(flags).map(([key, flag]) => [key, { ...flag, group: title }])
  return Object.fromEntries(titled) as F
}

/** Which of a few words. */
export function choice<const T extends string>(name: string, choices: readonly T[]): Value<T> {
  return { name, kind: 'choice', choices, parse: (text, flag) => oneOf(choices, text, `the value of ${flag}`) }
}

/** @throws Failure `usage` that names the choices, and not what was given: it may be anything */
export function oneOf<T extends string>(choices: readonly T[], text: string | undefined, what: string): T {
  const chosen = choices.find((each) => each === text)
  if (chosen !== undefined) return chosen
  throw new Failure('usage', `${what} is ${text === undefined ? 'missing' : 'not one that awsmfa knows'}`, [
    `give ${either(choices)}`,
  ])
}

/** `a, b or c` */
export function either(words: readonly string[]): string {
  return [words.slice(0, -1).join(', '), words.at(-1)].join(' or ')
}

/** `--min-remaining` for `minRemaining` */
export function flagName(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

/** The flags that every command has. */
export const voiceFlags = group('Voice', {
  noInput: on('never ask, even when a terminal is there'),
  quiet: on('errors only'),
  verbose: on('more about what happens; never a secret'),
})

/**
 * What a command gets of what was given.
 *
 * @param given - the texts by key; one text, of any kind, for a switch
 * @throws Failure `usage` for flags that do not go together, and for a value that its flag does not take
 */
export function valuesOf<F extends Flags>(flags: F, given: Readonly<Record<string, readonly string[]>>): Values<F> {
  for (const [key, { conflicts = [], needs }] of Object.entries(flags)) {
    if (given[key] === undefined) continue
    const other = conflicts.find((each) => given[each] !== undefined)
    if (other !== undefined) {
      throw new Failure('usage', `${flagName(key)} cannot be used with ${flagName(other)}`, 'leave one of them out')
    }
    if (needs !== undefined && given[needs] === undefined) {
      throw new Failure('usage', `${flagName(key)} goes with ${flagName(needs)} only`, [
        `add ${flagName(needs)}, or leave it out`,
      ])
    }
  }
  const taken = Object.entries(flags).map(([key, flag]) => [key, flag.take(given[key] ?? [], flagName(key))])
  return Object.fromEntries(taken) as Values<F>
}
