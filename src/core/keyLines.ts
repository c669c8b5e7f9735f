import { Failure } from '../errors.js'
import { type AwsFile, parseAwsFile, readProfile } from './awsFile.js'
import { setProfile } from './awsFileEdit.js'
import type { AwsFileKind, Line, Section } from './awsFileScan.js'
import { textOf } from './awsFileText.js'
import { profileOf } from './awsHeader.js'
import { isRecord } from './json.js'
import type { LongTermKeys } from './session.js'

/*
 * Takes the two lines of a key out of an AWS file, and puts them back where they were. No other byte changes.
 */

const keyNames = ['aws_access_key_id', 'aws_secret_access_key'] as const

/** A line that was taken out: all of it but its value. */
export interface KeyLine {
  readonly key: (typeof keyNames)[number]
  /** how many lines below the header */
  readonly offset: number
  readonly before: string
  readonly after: string
  /** as in {@link Line} */
  readonly end: string
}

/**
 * @param profile - one with both keys in this file
 * @returns the text without the two lines, and what is needed to put them back
 * @throws Failure `act` when they cannot be taken out so that the rest reads as before
 */
export function takeOutKeys(file: AwsFile, profile: string): { text: string; lines: readonly KeyLine[] } {
  const { lines: all } = file.parts
  const [section, another] = sectionsOf(file, profile)
  const taken = keyNames.map((key): KeyLine => {
    const option = section?.options.find((each) => each.key === key)
    const line = option && all[option.line]
    const value = option?.values[0] ?? ''
    const at = line?.text.lastIndexOf(value) ?? -1
    const isPlain = value !== '' && at > 0 && option?.values.every((each, nth) => nth === 0 || each === '')
    if (another !== undefined || section === undefined || line === undefined || option === undefined || !isPlain) {
      throw cannotTakeOut(key, profile, file.kind)
    }
    const [before, after] = [line.text.slice(0, at), line.text.slice(at + value.length)]
    return { key, offset: option.line - section.line, before, after, end: line.end }
  })
  const gone = new Set(taken.map(({ offset }) => (section?.line ?? 0) + offset))
  const text = textOf(all.filter((_, line) => !gone.has(line)))
  const values = Object.fromEntries(keyNames.map((key) => [key, undefined]))
  if (!isSameBut(file, text, profile, values)) throw cannotTakeOut(keyNames[0], profile, file.kind)
  return { text, lines: taken.sort((one, other) => one.offset - other.offset) }
}

/**
 * The keys where they were; in the usual form when that is not known, or cannot be now.
 *
 * @param lines - as {@link takeOutKeys} gave them
 * @throws Failure as `setProfile` does
 */
export function putBackKeys(
  file: AwsFile,
  profile: string,
  keys: LongTermKeys,
  lines: readonly KeyLine[] | undefined,
): string {
  const values = { aws_access_key_id: keys.accessKeyId, aws_secret_access_key: keys.revealSecret() }
  const { lines: before, sections } = file.parts
  const [section, another] = sectionsOf(file, profile)
  if (section !== undefined && another === undefined && lines?.length === 2 && isFree(file, profile)) {
    const all: Line[] = [...before]
    const stop = sections[sections.indexOf(section) + 1]?.line ?? all.length
    for (const [nth, line] of lines.entries()) {
      const at = Math.min(section.line + line.offset, stop + nth)
      all.splice(at, 0, { text: line.before + values[line.key] + line.after, end: line.end })
    }
    const usual = before[0]?.end || '\n'
    const text = textOf(all.map((line, at) => (line.end || at === all.length - 1 ? line : { ...line, end: usual })))
    if (isSameBut(file, text, profile, values)) return text
  }
  return setProfile(file, profile, values)
}

function sectionsOf({ kind, parts }: AwsFile, profile: string): readonly Section[] {
  return parts.sections.filter(({ name }) => profileOf(kind, name) === profile)
}

function isFree(file: AwsFile, profile: string): boolean {
  const found = readProfile(file, profile)
  return keyNames.every((key) => found?.[key] === undefined)
}

/** Whether a text reads as the file does, but for these keys of one profile. */
function isSameBut(
  file: AwsFile,
  text: string,
  profile: string,
  values: Readonly<Record<string, string | undefined>>,
): boolean {
  try {
    const changed = parseAwsFile(text, file.kind)
    if (changed.profiles.size !== file.profiles.size) return false
    return [...file.profiles.keys()].every((name) => {
      const [was, is] = [readProfile(file, name), readProfile(changed, name)]
      const wanted = name === profile ? { ...was, ...values } : was
      return sorted(wanted) === sorted(is)
    })
  } catch (error) {
    if (error instanceof Failure) return false
    throw error
  }
}

function sorted(keys: Readonly<Record<string, string | undefined>> = {}): string {
  return JSON.stringify(
    Object.entries(keys)
      .filter(([, value]) => value !== undefined)
      .sort(),
  )
}

function cannotTakeOut(key: string, profile: string, kind: AwsFileKind): Failure {
  return new Failure(
    'act',
    `${key} of profile ${profile} cannot be taken out of the ${kind} file as a line of its own`,
    ['write both keys on one plain line each, in one section, then try again'],
  )
}

/** Reads what a file of ours remembers of lines. */
export function parseKeyLines(value: unknown): readonly KeyLine[] | undefined {
  return Array.isArray(value) && value.length === 2 && value.every(isKeyLine) ? value : undefined
}

function isKeyLine(value: unknown): value is KeyLine {
  if (!isRecord(value)) return false
  const { key, offset, before, after, end } = value
  const texts = [before, after, end]
  // A line end within would make lines of its own.
  const areLines = texts.every((text) => typeof text === 'string' && (text === end || !/[\r\n]/.test(text)))
  const isPlace = Number.isInteger(offset) && (offset as number) > 0
  return (
    keyNames.some((each) => each === key) && isPlace && areLines && ['', '\n', '\r\n', '\r'].includes(end as string)
  )
}
