import { either, type Flag, flagName, type Row, type Spec, voiceFlags } from './spec.js'

/** What the exit code says, for every command alike. */
export const exitCodesInWords = [
  ['0', 'done, or still good'],
  ['1', 'a bug: please report it'],
  ['2', 'wrong usage'],
  ['3', 'a person must act: the message says how'],
  ['4', 'try again later: no network, AWS is busy, another run holds the lock'],
  ['130', 'interrupted'],
] as const

const more =
  'Exit codes: 0 done, 2 wrong usage, 3 you are needed, 4 try again later. man awsmfa and README.md tell more.'

/** Lines longer than this are hard to read, however wide the terminal is. */
const widest = 100
/** An explanation narrower than this stands below what it explains. */
const narrowest = 30

/**
 * How to use one command: examples first, as people read from the top.
 *
 * @param path - such as `awsmfa schedule install`
 * @param columns - the width of the terminal
 */
export function commandHelp(path: string, spec: Spec, columns: number): string {
  const width = Math.min(columns, widest)
  const { about, operand, commands = {} } = spec
  const groups = new Map<string, [term: string, about: string][]>()
  const add = (title: string, term: string, text: string) =>
    groups.set(title, [...(groups.get(title) ?? []), [term, text]])
  for (const [name, row] of Object.entries(commands)) add('Commands', nameAndOperand(name, row), row.summary)
  if (operand?.choices !== undefined) add('Operand', operand.name, either(operand.choices))
  for (const [key, flag] of Object.entries({ ...spec.flags, ...voiceFlags })) {
    add(flag.group ?? 'Flags', flagTerm(key, flag), flagAbout(flag))
  }
  const column = 2 + Math.max(...[...groups.values()].flat().map(([term]) => term.length)) + 2
  return [
    `Examples:\n${examples(spec.examples, width)}`,
    `Usage: ${[path, Object.keys(commands).length > 0 && 'COMMAND', operand?.name, '[FLAG...]'].filter(Boolean).join(' ')}`,
    ...about.split('\n\n').map((paragraph) => wrap(paragraph, width).join('\n')),
    ...[...groups].map(([title, items]) => `${title}:\n${list(items, column, width)}`),
    wrap(more, width).join('\n'),
  ].join('\n\n')
}

/** What there is, on one screen: the flags of the Go tool's form are only named. */
export function topHelp(spec: Spec, columns: number): string {
  const width = Math.min(columns, widest)
  const rows = Object.entries(spec.commands ?? {}).map(
    ([name, row]) => [nameAndOperand(name, row), row.summary] as const,
  )
  const flags = Object.entries({ ...spec.flags, ...voiceFlags })
  const terms = [...flags.map(([key, flag]) => flagTerm(key, flag)), '--version', '--help']
  const column = 2 + Math.max(...rows.map(([term]) => term.length)) + 2
  return [
    `Examples:\n${examples(spec.examples, width)}`,
    `Commands (awsmfa help COMMAND tells more):\n${list(rows, column, width)}`,
    `Flags (awsmfa help refresh explains them):\n${wrap(terms.join(', '), width, 2, /(?<=,) /).join('\n')}`,
  ].join('\n\n')
}

/** `hook SHELL` */
export function nameAndOperand(name: string, { operand }: Row): string {
  return operand === undefined ? name : `${name} ${operand}`
}

/** `--min-remaining TIME` */
export function flagTerm(key: string, { value }: Flag<unknown>): string {
  return value === undefined ? flagName(key) : `${flagName(key)} ${value.name}`
}

/** What it does, its choices, and what holds without it. */
export function flagAbout({ about, value, needs, fallback }: Flag<unknown>): string {
  const part = needs === undefined ? '' : `with ${flagName(needs)}: `
  const choices = value?.choices === undefined ? '' : ` (${either(value.choices)})`
  return `${part}${about}${choices}${fallback === undefined ? '' : ` [${fallback}]`}`
}

/** Command lines that can be copied: what is too long goes on after a backslash, and its comment stands above it. */
export function examples(lines: readonly string[], width: number): string {
  const pairs = lines.map((line) => line.split(' # ') as [line: string, comment?: string])
  const fits = (column: number, comment: string) => 4 + column + 4 + comment.length <= width
  const aligned = pairs.filter(([line, comment]) => comment !== undefined && fits(line.length, comment))
  const column = Math.max(...aligned.map(([line]) => line.length))
  return pairs
    .flatMap(([line, comment]) => {
      if (comment !== undefined && line.length <= column && fits(column, comment)) {
        return `  $ ${line.padEnd(column)}  # ${comment}`
      }
      const above = comment === undefined ? [] : wrap(`# ${comment}`, width, 2)
      return [
        ...above,
        `  $ ${wrap(line, width - 2, 6, / (?=--|> )/)
          .join(' \\\n')
          .trimStart()}`,
      ]
    })
    .join('\n')
}

/** Terms with their explanations, which begin in `column`, or on a line of their own where the terminal is narrow. */
function list(items: readonly (readonly [term: string, about: string])[], column: number, width: number): string {
  const stacked = width - column < narrowest
  return items
    .flatMap(([term, about]) => {
      if (stacked) return [`  ${term}`, ...wrap(about, width, 6)]
      const [first = '', ...rest] = wrap(about, width, column)
      return [`  ${term}`.padEnd(column) + first.trimStart(), ...rest]
    })
    .join('\n')
}

/** `text` in lines of at most `width` columns where its words allow that, each with `indent` blanks before it. */
export function wrap(text: string, width: number, indent = 0, gap = / /): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(gap)) {
    if (line !== '' && indent + line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].map((each) => ' '.repeat(indent) + each)
}
