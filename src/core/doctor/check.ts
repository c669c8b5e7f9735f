import type { Failure, FailureKind } from '../../errors.js'
import { type Paint, paintNothing } from '../paint.js'
import { harmless } from '../text.js'

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

const textColumn = 8
const narrowest = 40

/**
 * The report for people: a heading a group, then its checks with their cures, in plain ASCII.
 *
 * @param columns - of the terminal; longer lines are broken at blanks
 * @param paint - for the verdicts
 */
export function formatReport(groups: readonly Checks[], columns: number, paint: Paint = paintNothing): string {
  const width = Math.max(narrowest, columns)
  const lines = groups.flatMap(({ about, checks }) => [
    harmless(about),
    ...checks.flatMap(({ verdict, text, cures }) => [
      // The verdict is the first that stands there; whether a line is full is decided without colours.
      ...wrap(`  ${verdict.padEnd(textColumn - 2)}`, text, width).map((line, index) =>
        index === 0 ? line.replace(verdict, (word) => paint(word, verdict)) : line,
      ),
      ...cures.flatMap((cure) => wrap(`${' '.repeat(textColumn)}-> `, cure, width)),
    ]),
    '',
  ])
  return [...lines, summary(groups)].join('\n')
}

/** The report for programs. Answers do not pass the terminal's redactor, hence {@link harmless}. */
export function formatReportJson(groups: readonly Checks[]): string {
  const checks = groups.flatMap(({ about, checks }) =>
    checks.map(({ name, verdict, text, cures }) => ({
      about: harmless(about),
      name,
      verdict,
      text: harmless(text),
      cures: cures.map(harmless),
    })),
  )
  return JSON.stringify({ schemaVersion: 1, checks }, undefined, 2)
}

/** @returns `act` when something is bad that a person must mend, `retry` when all that is bad may pass by itself */
export function verdictOf(groups: readonly Checks[]): FailureKind | undefined {
  const ill = all(groups).filter(({ verdict }) => verdict === 'bad')
  if (ill.length === 0) return undefined
  return ill.every(({ passing }) => passing) ? 'retry' : 'act'
}

function summary(groups: readonly Checks[]): string {
  const count = (wanted: Check['verdict']) => all(groups).filter(({ verdict }) => verdict === wanted).length
  if (count('bad') === 0) return count('warn') === 0 ? 'all is well' : `it works; warnings: ${count('warn')}`
  return `bad: ${count('bad')}, warnings: ${count('warn')}; each -> says what to do`
}

function all(groups: readonly Checks[]): readonly Check[] {
  return groups.flatMap(({ checks }) => checks)
}

/** Breaks a text at blanks. What has none, such as a path that people copy, stays in one piece. */
function wrap(mark: string, text: string, width: number): string[] {
  const lines: string[] = []
  let line = mark.trimEnd()
  let indent = mark.length
  for (const word of harmless(text).split(' ')) {
    const start = line.length < indent ? line.padEnd(indent) : `${line} `
    if (line.length > indent && start.length + word.length > width) {
      lines.push(line)
      line = ' '.repeat(mark.length) + word
      indent = mark.length
    } else line = start + word
  }
  return [...lines, line]
}
