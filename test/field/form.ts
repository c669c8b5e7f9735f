import type { SandboxOptions } from '../support/sandbox.js'
import { aliceFiles, enrolledFiles } from '../support/sandbox.js'
import { alice, type Fault } from '../support/strictSts.js'

/** One line of a case with the indented lines below it, in the order in which they are done. README.md explains the words. */
export interface Step {
  readonly line: number
  readonly word: Word
  /** what follows the word */
  readonly rest: string
  /** the indented lines; `undefined` for words that have none */
  readonly body: string
}

/** A case: a situation, runs, and what each must say and leave behind. */
export interface FieldCase {
  readonly sandbox: SandboxOptions
  readonly steps: readonly Step[]
}

/** What each word is followed by. A word with `body` has indented lines below it. */
const words = {
  start: /^(?:keys|enrolled|empty)$/,
  keychain: /^(?:none|throw-away)$/,
  sts: /^(?:root|clock [+-]\d+ s)$/,
  secrets: /^in \S+$/,
  file: /^\S+$/,
  more: /^\S+$/,
  input: /^$/,
  mode: /^0[0-7]{3} \S+$/,
  link: /^\S+ -> \S+$/,
  folder: /^\S+$/,
  remove: /^\S+$/,
  var: /^\w+=.*$/,
  unset: /^\w+$/,
  fault: /^[\w-]+(?: \d+ times)?$/,
  run: /^(?:\w+=\S* )*awsmfa(?: .+)?$/,
  exit: /^\d+$/,
  says: /^.+$/,
  not: /^.+$/,
  silent: /^$/,
  holds: /^\S+ .+$/,
  lacks: /^\S+ .+$/,
  absent: /^\S+$/,
  unchanged: /^\S*$/,
  calls: /^\d+$/,
} as const

export type Word = keyof typeof words

const withBody: readonly Word[] = ['file', 'more', 'input']
const atTheTop: readonly Word[] = ['start', 'keychain', 'sts', 'secrets']
const afterRun: readonly Word[] = ['exit', 'says', 'not', 'silent', 'holds', 'lacks', 'absent', 'unchanged', 'calls']

/** Reads a case. Throws Error that names file and line for whatever it does not understand. */
export function readCase(name: string, text: string): FieldCase {
  const wrong = (line: number, problem: string): never => {
    throw new Error(`test/field/${name}:${line}: ${problem}`)
  }
  const lines = text.split('\n')
  if (!/^# ./.test(text)) wrong(1, 'the first line is not a comment with the case')
  const steps: Step[] = []
  for (const [index, raw] of lines.entries()) {
    const line = index + 1
    const last = steps.at(-1)
    if (raw.startsWith('  ') && last !== undefined && withBody.includes(last.word)) {
      // Blank lines between two indented ones belong to the file.
      const blanks = last.body === '' ? '' : '\n'.repeat(blankBefore(lines, index))
      steps[steps.length - 1] = { ...last, body: `${last.body}${blanks}${raw.slice(2)}\n` }
      continue
    }
    if (raw.trim() === '' || raw.startsWith('#')) continue
    const [, word = '', rest = ''] = /^(\S*) ?(.*)$/.exec(raw) ?? []
    if (!isWord(word))
      return wrong(line, `what is ${JSON.stringify(word)}? the words are ${Object.keys(words).join(' ')}`)
    if (!words[word].test(rest)) wrong(line, `${word} must be followed by ${words[word].source}`)
    const ran = steps.some((step) => step.word === 'run')
    if (ran && atTheTop.includes(word)) wrong(line, `${word} must stand above the first run`)
    if (!ran && afterRun.includes(word)) wrong(line, `${word} must stand below a run`)
    const pattern = afterRun.includes(word) ? (['holds', 'lacks'].includes(word) ? afterBlank(rest) : rest) : ''
    try {
      toPattern(pattern)
    } catch (error) {
      wrong(line, String(error))
    }
    steps.push({ line, word, rest, body: '' })
  }
  for (const [index, { line, word, body }] of steps.entries()) {
    if (withBody.includes(word) && body === '') wrong(line, `${word} needs indented lines`)
    if (word !== 'run') continue
    const after = steps.slice(index + 1)
    const next = after.findIndex((step) => step.word === 'run')
    const own = (next === -1 ? after : after.slice(0, next)).map((step) => step.word)
    if (own.filter((each) => each === 'exit').length !== 1) wrong(line, 'a run needs one exit')
    if (!own.some((each) => each !== 'exit' && afterRun.includes(each))) wrong(line, 'a run needs more than its exit')
  }
  if (!steps.some((step) => step.word === 'run')) wrong(lines.length, 'there is no run')
  return { sandbox: sandboxOf(steps), steps: steps.filter(({ word }) => !atTheTop.includes(word)) }
}

function sandboxOf(steps: readonly Step[]): SandboxOptions {
  const all = (word: Word) => steps.filter((step) => step.word === word).map(({ rest }) => rest)
  const start = all('start')[0] ?? 'keys'
  const clock = all('sts').find((rest) => rest.startsWith('clock'))
  const offset = clock === undefined ? {} : { clockOffsetMs: Number(/[+-]\d+/.exec(clock)?.[0]) * 1000 }
  const root = { arn: 'arn:aws:iam::123456789012:root', keys: [alice], devices: [alice] }
  return {
    files: start === 'keys' ? aliceFiles : start === 'enrolled' ? enrolledFiles : {},
    keychain: all('keychain')[0] === 'none' ? 'none' : 'throw-away',
    sts: { ...offset, ...(all('sts').includes('root') ? { users: [root] } : {}) },
    secretsIn: ['.aws/credentials', ...all('secrets').map((rest) => rest.slice(3))],
  }
}

/** `/…/` is a regular expression, everything else is text. */
export function toPattern(text: string): RegExp {
  const expression = /^\/(.+)\/$/s.exec(text)?.[1]
  return new RegExp(expression ?? text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'), 'm')
}

/** The words of a run line: blanks divide them, except within single or double quotes. */
export function wordsOf(line: string): string[] {
  const found = line.matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g)
  return [...found].map(([word]) => word.replace(/'([^']*)'|"([^"]*)"/g, (_, single, double) => single ?? double))
}

export function toFault(rest: string): [Fault, number] {
  const [fault = '', times = '1'] = rest.split(' ')
  return [fault as Fault, Number(times)]
}

export function afterBlank(text: string): string {
  return text.slice(text.indexOf(' ') + 1)
}

function blankBefore(lines: readonly string[], index: number): number {
  let blank = 0
  while (lines[index - 1 - blank]?.trim() === '') blank += 1
  return blank
}

function isWord(word: string): word is Word {
  return Object.hasOwn(words, word)
}
