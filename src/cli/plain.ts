import { flagName, type Row, type Spec, type Values, valuesOf, voiceFlags } from './spec.js'

/** What the command line says, for the command that it names. */
export interface Understood {
  readonly spec: Spec
  readonly flags: Values<NonNullable<Spec['flags']> & typeof voiceFlags>
  readonly operand: unknown
}

/**
 * Understands the lines that schedulers, hooks and SDKs write: a command and flags of its own, spelled out. Everything else
 * is left to the parser with the good words, which takes as long to load as a fresh session takes to find.
 *
 * @returns `undefined` for a line that is not as plain as that, right or wrong
 * @throws Failure `usage` for flags that do not go together, and for a value that its flag does not take
 */
export async function understandPlainly(
  [name = '', ...words]: readonly string[],
  commands: Readonly<Record<string, Row>>,
): Promise<Understood | undefined> {
  const row = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (row === undefined || words.some((word) => !/^(--)?[\w.:/=+@,-]+$/.test(word))) return undefined
  const spec = await row.load()
  if (spec.run === undefined || spec.operand !== undefined || spec.commands !== undefined) return undefined
  const own = { ...spec.flags, ...voiceFlags }
  const keys = new Map(Object.keys(own).map((key) => [flagName(key), key]))
  const given: Record<string, string[]> = {}
  for (let index = 0; index < words.length; index++) {
    const [flag = '', ...rest] = words[index]?.split('=') ?? []
    const key = keys.get(flag)
    if (key === undefined) return undefined
    const takesValue = own[key as keyof typeof own]?.value !== undefined
    const value = takesValue && rest.length === 0 ? words[++index] : rest.join('=')
    // A value that looks like a flag, or is missing, or is there for a switch: whoever wrote it may have meant something else.
    if (value === undefined || value.startsWith('-') || (value === '') === takesValue) return undefined
    if (rest.length > 0 && !takesValue) return undefined
    given[key] = [...(given[key] ?? []), value]
  }
  return { spec, flags: valuesOf(own, given), operand: undefined }
}
