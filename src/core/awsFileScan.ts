import { Failure } from '../errors.js'

/*
 * The grammar of AWS files as botocore reads them, so as both AWS CLIs do: Python's `configparser.RawConfigParser` with
 * its default settings (Lib/configparser.py, `_read`) and `botocore/configloader.py` on top. It is the strictest reader
 * in the field: one line that it cannot read makes the whole file unreadable.
 */

export type AwsFileKind = 'credentials' | 'config'

export interface Line {
  readonly text: string
  /** `\n`, `\r\n`, `\r`, or nothing for a last line that was not ended */
  readonly end: string
}

/** A `key = value` line with the lines that continue it. */
export interface Option {
  /** lower case, as botocore has it */
  readonly key: string
  /** an index into the lines, as in {@link Section} */
  readonly line: number
  readonly indent: string
  /** the value of each of its lines, blank ones included, comments left out */
  readonly values: string[]
  /** the deeper lines that botocore joins to the value; blank lines and comments among them are not listed */
  continuations: number[]
}

export interface Section {
  /** what stands between the brackets, blanks and all */
  readonly name: string
  readonly line: number
  readonly indent: string
  /** what stands behind the closing bracket; botocore ignores it */
  readonly rest: string
  readonly options: Option[]
}

/** Shared by the options of one line, which are nearly all: a file may have thousands. */
const none: number[] = []

/** configparser's `DEFAULTSECT`: no profile, but every section inherits its keys. */
export const inherited = 'DEFAULT'

// What `str.strip()` and `\s` take for a blank in Python. JavaScript's `\s` lacks U+001C to U+001F and U+0085, has U+FEFF.
function isBlank(code: number): boolean {
  if (code <= 0x20) return code === 0x20 || code >= 0x1c || (code >= 0x09 && code <= 0x0d)
  return code >= 0x85 && (wideBlanks.has(code) || (code >= 0x2000 && code <= 0x200a))
}
const wideBlanks = new Set([0x85, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000])

// `str.splitlines()`, with which botocore takes nested blocks apart, knows more line ends than a file has.
export const nestedLineEnds = '\v\f\x1c-\x1e\x85\u2028\u2029'
const nestedLineEnd = new RegExp(`[${nestedLineEnds}]`)

/** How many of Python's blanks `text` begins with. */
function indentOf(text: string): number {
  let start = 0
  while (start < text.length && isBlank(text.charCodeAt(start))) start += 1
  return start
}

/** `text` without what Python takes for blanks at its end. */
function stripEnd(text: string): string {
  let end = text.length
  while (end > 0 && isBlank(text.charCodeAt(end - 1))) end -= 1
  return text.slice(0, end)
}

/** `text` without what Python takes for blanks at both ends. */
export function strip(text: string): string {
  return stripEnd(text.slice(indentOf(text)))
}

/** The option's value as botocore sees it: quotes and ` # c` belong to it, continuation lines are joined by `\n`. */
export function readValue(option: Option): string {
  return stripEnd(option.values.join('\n'))
}

/** A file taken apart. */
export interface Parts {
  readonly lines: readonly Line[]
  readonly sections: readonly Section[]
}

/**
 * Takes a file apart.
 *
 * @param text - the file as real Unicode, see {@link decode}
 * @param where - the file's name for messages
 * @throws Failure `act` when botocore could not read the file. It names the line and the rule, never what the line
 *   holds: that may be a secret.
 */
export function takeApart(text: string, where = 'the file'): Parts {
  const lines = splitLines(text)
  const bom = 'the file begins with a byte order mark (BOM)'
  if (lines[0]?.text.startsWith('\ufeff')) throw unreadable(where, 0, bom, takeOutBom(where))
  const scan = new Scan(where)
  for (const [line, { text }] of lines.entries()) scan.take(line, text)
  scan.checkBlocks(lines)
  return { lines, sections: scan.sections }
}

function unreadable(
  where: string,
  line: number,
  rule: string,
  cure = 'mend the line by hand, then try again',
): Failure {
  const hint = `the AWS CLI cannot read this file either: ${cure}`
  return new Failure('act', `${where}, line ${line + 1}: ${rule}`, hint)
}

/** configparser's `_read`: what the lines are, one after the other. */
class Scan {
  readonly sections: Section[] = []
  readonly #where: string
  readonly #firstSections = new Map<string, number>()
  // The last line of each key: it is of the same section when it lies below that section's header.
  readonly #lastKeys = new Map<string, number>()
  readonly #inheritedKeys = new Map<string, number>()

  constructor(where: string) {
    this.#where = where
  }

  take(line: number, text: string): void {
    const section = this.sections.at(-1)
    const option = section?.options.at(-1)
    const indent = text.slice(0, indentOf(text))
    const content = stripEnd(text.slice(indent.length))
    if (content === '') {
      option?.values.push('')
    } else if (content.startsWith('#') || content.startsWith(';')) {
      // A comment ends nothing: a deeper line behind it still belongs to the value before it.
    } else if (option !== undefined && indent.length > option.indent.length) {
      option.values.push(content)
      if (option.continuations.length === 0) option.continuations = [line]
      else option.continuations.push(line)
    } else if (content.startsWith('[') && content.lastIndexOf(']') > 1) {
      // configparser's pattern is greedy: `[mfa] # [c]` is the section `mfa] # [c`.
      const close = content.lastIndexOf(']')
      const name = content.slice(1, close)
      if (name !== inherited) this.#expectFirst(this.#firstSections, name, line, sameSection)
      this.sections.push({ name, line, indent, rest: content.slice(close + 1), options: [] })
    } else if (section === undefined) {
      this.#refuse(line, 'text before the first section')
    } else {
      this.#takeOption(section, line, indent, content)
    }
  }

  #takeOption(section: Section, line: number, indent: string, content: string): void {
    const at = content.search(/[=:]/)
    if (at === -1)
      this.#refuse(line, content.startsWith('[') ? 'a bracket that is not closed' : 'neither [section] nor key = value')
    const key = strip(content.slice(0, at)).toLowerCase()
    if (key === '') this.#refuse(line, 'a value without a key')
    const last = this.#lastKeys.get(key) ?? -1
    if (section.name === inherited) this.#expectFirst(this.#inheritedKeys, key, line, sameKey)
    else if (last > section.line) this.#refuse(line, `${sameKey} as in line ${last + 1}`)
    this.#lastKeys.set(key, line)
    section.options.push({ key, line, indent, values: [strip(content.slice(at + 1))], continuations: none })
  }

  /**
   * An empty value with lines below it is a nested block, which botocore reads as `key = value` lines, too. (In [DEFAULT]
   * only when another section is there to inherit it; then adding one would make the file unreadable.)
   */
  checkBlocks(lines: readonly Line[]): void {
    const isBad = (index: number) =>
      textAt(lines, index)
        .split(nestedLineEnd)
        .some((part) => strip(part) !== '' && !part.includes('='))
    for (const { options } of this.sections) {
      for (const { values, continuations } of options) {
        const bad = values[0] === '' ? continuations.find(isBad) : undefined
        if (bad !== undefined) this.#refuse(bad, 'an indented line without "="')
      }
    }
  }

  #expectFirst(firsts: Map<string, number>, name: string, line: number, rule: string): void {
    const first = firsts.get(name)
    if (first !== undefined) this.#refuse(line, `${rule} as in line ${first + 1}`)
    firsts.set(name, line)
  }

  #refuse(line: number, rule: string): never {
    throw unreadable(this.#where, line, rule)
  }
}

const sameSection = 'the same section'
const sameKey = 'the same key of the same section'

export function textAt(lines: readonly Line[], line: number): string {
  return lines[line]?.text ?? ''
}

/** By a command that leaves the file's mode and all its other bytes alone. */
function takeOutBom(where: string): string {
  return `take it out with perl -i -pe 's/^\\xEF\\xBB\\xBF// if $. == 1' '${where}', or save it as UTF-8 without BOM`
}

/**
 * The bytes of a file (latin1) as the text that they stand for.
 *
 * @param where - the file's name for messages
 * @throws Failure `act` that names the first line whose bytes are not UTF-8
 */
export function decode(text: string, where: string): string {
  if (!/[\x80-\xff]/.test(text)) return text
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const read = (bytes: string) => {
    try {
      return utf8.decode(Buffer.from(bytes, 'latin1'))
    } catch {
      return undefined
    }
  }
  const decoded = read(text)
  if (decoded !== undefined) return decoded
  const bad = splitLines(text).findIndex((line) => read(line.text) === undefined)
  throw unreadable(where, bad, 'bytes that are not UTF-8')
}

/** Python's universal newlines. */
function splitLines(text: string): Line[] {
  if (!text.includes('\r')) {
    // Nearly every file, and several times as fast.
    const texts = text.split('\n')
    const open = texts.pop()
    const ended = texts.map((each) => ({ text: each, end: '\n' }))
    return open ? [...ended, { text: open, end: '' }] : ended
  }
  const lines: Line[] = []
  const ends = /\r\n|\r|\n/g
  let start = 0
  for (let match = ends.exec(text); match !== null; match = ends.exec(text)) {
    lines.push({ text: text.slice(start, match.index), end: match[0] })
    start = ends.lastIndex
  }
  if (start < text.length) lines.push({ text: text.slice(start), end: '' })
  return lines
}
