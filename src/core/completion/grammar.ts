export const completionShells = ['bash', 'zsh', 'fish', 'pwsh'] as const
export type CompletionShell = (typeof completionShells)[number]

/** A word that can be completed, and what it is for. */
export interface Word {
  readonly word: string
  readonly about: string
}

/** What may follow a flag: `choice`, `file`, `profile`, `mfa-profile`; of every other kind nothing is known. */
export interface FlagValue {
  readonly kind: string
  readonly choices: readonly string[]
}

export interface FlagWord extends Word {
  /** absent for a switch */
  readonly value?: FlagValue
}

/** What can be typed behind one command. */
export interface CommandWords {
  /** the words that lead here, each with a blank before it: ` schedule install`; nothing for awsmfa itself */
  readonly path: string
  readonly commands: readonly Word[]
  readonly flags: readonly FlagWord[]
  /** the words that its operand can be, when they are known */
  readonly operands: readonly string[]
  /** its operands are the command line of another program */
  readonly verbatim: boolean
}

/** Every command with its words, awsmfa itself first. */
export type Grammar = readonly CommandWords[]

/** A value and the flags that take it, as patterns of `PATH --flag` that all shells understand. */
export interface ValueCase {
  readonly value: FlagValue
  /** `* --profile` where the flag takes the same everywhere, else ` enroll --seed-store` */
  readonly patterns: readonly { readonly path: string | undefined; readonly flag: string }[]
}

/** The flags with a value, by what they take. */
export function valueCases(grammar: Grammar): readonly ValueCase[] {
  const cases = new Map<string, { value: FlagValue; patterns: { path: string | undefined; flag: string }[] }>()
  const uses = grammar.flatMap(({ path, flags }) =>
    flags.flatMap(({ word, value }) => (value === undefined ? [] : [{ path, flag: word, value }])),
  )
  const same = (a: FlagValue, b: FlagValue) => JSON.stringify(a) === JSON.stringify(b)
  for (const { path, flag, value } of uses) {
    const everywhere = uses.every((other) => other.flag !== flag || same(other.value, value))
    const key = JSON.stringify(value)
    const found = cases.get(key) ?? { value, patterns: [] }
    cases.set(key, found)
    const pattern = { path: everywhere ? undefined : path, flag }
    if (!found.patterns.some((each) => each.path === pattern.path && each.flag === flag)) found.patterns.push(pattern)
  }
  return [...cases.values()]
}

/** The patterns of a {@link ValueCase} as `case` of bash and zsh takes them. */
export function casePatterns({ patterns }: ValueCase): string {
  return patterns.map(({ path, flag }) => (path === undefined ? `*' ${flag}'` : `'${path} ${flag}'`)).join(' | ')
}

/** The paths of commands as patterns of `case`, with one that fits none where there is none. */
export function pathPatterns(grammar: Grammar): string {
  const paths = grammar.flatMap(({ path }) => (path === '' ? [] : [`'${path}'`]))
  return paths.length === 0 ? "'-'" : paths.join(' | ')
}
