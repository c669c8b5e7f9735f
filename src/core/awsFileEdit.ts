import { Failure } from '../errors.js'
import { type AwsFile, byProfile, type Changes } from './awsFile.js'
import { type AwsFileKind, type Line, type Option, type Section, strip, textAt } from './awsFileScan.js'
import { append, isOpen, join } from './awsFileText.js'
import { checkValue } from './awsValue.js'
import { parseProfileName } from './profile.js'

/*
 * Edits `~/.aws/credentials` and `~/.aws/config` as text: latin1, one character a byte, in and out.
 *
 * Nothing is ever written out from a parsed form. The npm package `ini` and its like lose comments, put quotes round
 * values that end in `=`, cut URLs at `#` and flatten nested blocks; here only the lines of the keys to be changed are
 * exchanged, and every other byte stays. What is written has the one form that all of AWS's readers read alike: header
 * and keys in column 0, lower case, `key = value`, no quotes, no comment behind the value.
 */

/**
 * Sets and removes keys of one profile. A profile that is absent is appended to the file.
 *
 * @returns the new file's text; the same when there is nothing to change
 * @throws Failure as {@link setProfiles} does
 */
export function setProfile(file: AwsFile, profile: string, changes: Changes): string {
  return setProfiles(file, [[profile, changes]])
}

/**
 * Sets and removes keys of several profiles, each at most once.
 *
 * @throws Failure `usage` when not all of AWS's tools could read a profile's name
 * @throws Failure `act` when two sections describe a profile, or when a value could not be read back as it is
 */
export function setProfiles(
  file: AwsFile,
  profiles: readonly (readonly [profile: string, changes: Changes])[],
): string {
  const { kind, parts } = file
  const { lines, sections } = parts
  const known = byProfile(kind, sections)
  const end = lines[0]?.end || '\n'
  const edits = new Map<number, string[]>()
  const added: string[][] = []
  for (const [profile, changes] of profiles) {
    parseProfileName(profile, 'the name of the profile')
    const wanted = pairsOf(changes)
    for (const [key, value] of wanted) checkValue(key, value, kind, profile)
    const section = onlySection(kind, known, profile)
    if (section === undefined) {
      if (wanted.length > 0) added.push([headerOf(kind, profile), ...wanted.map(asLine)])
      continue
    }
    const below = sections[sections.indexOf(section) + 1]?.indent ?? ''
    const own = editsOf(lines, section, below, changes)
    own.set(section.line, [readableHeader(lines, section, kind, profile), ...(own.get(section.line) ?? [])])
    for (const [line, texts] of own) edits.set(line, texts)
  }
  const edited = lines.flatMap((line, index) =>
    (edits.get(index) ?? [line.text]).map((text, place) => ({ text, end: place === 0 ? line.end : end })),
  )
  for (const section of added) append(edited, section, end)
  return join(edited, end, isOpen(lines))
}

/**
 * The lines of a section that change, each with those that take its place. Lines behind the header stand at its number.
 *
 * A line that is deeper than the one before it continues that one's value. So a line of ours may go to column 0, where all
 * readers see it, only when the next one is there, too, and must else be as deep as the line it replaces or follows. Hence
 * from the last line to the first.
 *
 * @param below - the indent of the header after the section
 */
function editsOf(lines: readonly Line[], section: Section, below: string, changes: Changes): Map<number, string[]> {
  const edits = new Map<number, string[]>()
  const isOurs = ({ key }: Option) => Object.hasOwn(changes, key)
  const missing = pairsOf(changes).filter(([key]) => !section.options.some((option) => option.key === key))
  const anchor = section.options.findLast(isOurs) ?? section.options.at(-1)
  let next = below
  for (const option of section.options.toReversed()) {
    const indent = next === '' ? '' : option.indent
    const added = option === anchor ? missing.map((pair) => indent + asLine(pair)) : []
    if (isOurs(option)) {
      const value = changes[option.key]
      const kept = value === undefined ? [] : [indent + exchange(textAt(lines, option.line), option, value)]
      for (const line of option.continuations) edits.set(line, [])
      edits.set(option.line, [...kept, ...added])
    } else {
      const last = option.continuations.at(-1) ?? option.line
      if (added.length > 0) edits.set(last, [textAt(lines, last), ...added])
      next = option.indent
    }
  }
  if (anchor === undefined) {
    const added = missing.map((pair) => below + asLine(pair))
    edits.set(section.line, added)
  }
  return edits
}

/**
 * Takes a profile's keys away, and its section too when nothing but blank lines is left of it: removing what
 * {@link setProfile} has appended gives the file back as it was.
 *
 * @param ownKeys - the keys to remove, lower case; others and comments belong to the person and stay
 * @returns the new file's text; the same when there is nothing to remove
 * @throws Failure `act` when two sections describe the profile
 */
export function removeProfile(file: AwsFile, profile: string, ownKeys: readonly string[]): string {
  const { lines, sections } = file.parts
  const section = onlySection(file.kind, byProfile(file.kind, sections), profile)
  if (section === undefined) return file.text
  const ours = section.options.filter(({ key }) => ownKeys.includes(key))
  const gone = new Set(ours.flatMap(({ line, continuations }) => [line, ...continuations]))
  const next = sections[sections.indexOf(section) + 1]
  const stop = next?.line ?? lines.length
  const isBlank = (line: number) => line in lines && strip(textAt(lines, line)) === ''
  const isEmpty = lines.every((_, line) => line <= section.line || line >= stop || gone.has(line) || isBlank(line))
  // Without the header above it, an indented one would continue the last value of the section before.
  if (isEmpty && section.rest === '' && (next === undefined || next.indent === '')) {
    const spacer = [stop - 1, section.line - 1].find(isBlank)
    gone.add(section.line).add(spacer ?? section.line)
  }
  return join(
    lines.filter((_, line) => !gone.has(line)),
    '\n',
    isOpen(lines),
  )
}

function onlySection(
  kind: AwsFileKind,
  profiles: ReadonlyMap<string, readonly Section[]>,
  profile: string,
): Section | undefined {
  const [section, ...others] = profiles.get(profile) ?? []
  if (section === undefined || others.length === 0) return section
  const lines = [section, ...others].map(({ line }) => line + 1)
  throw new Failure(
    'act',
    `the AWS ${kind} file has more than one section for the profile ${profile}: lines ${lines.join(', ')}`,
    "AWS's tools disagree about which one counts: make one section of them, then try again",
  )
}

function headerOf(file: AwsFileKind, profile: string): string {
  return file === 'credentials' || profile === 'default' ? `[${profile}]` : `[profile ${profile}]`
}

/** The header as it is when all readers know it, else its usual form, with a `#` before anything that stood behind it. */
function readableHeader(lines: readonly Line[], section: Section, file: AwsFileKind, profile: string): string {
  const usual = headerOf(file, profile)
  const isUsual = `[${section.name}]` === usual || (file === 'config' && section.name === 'profile default')
  const rest = strip(section.rest)
  // Some SDKs do not know a comment that sticks to the bracket.
  if (isUsual && section.indent === '' && /^$|^[ \t]+[#;]/.test(section.rest)) return textAt(lines, section.line)
  return rest === '' ? usual : /^[#;]/.test(rest) ? `${usual} ${rest}` : `${usual} # ${rest}`
}

function pairsOf(changes: Changes): [key: string, value: string][] {
  return Object.entries(changes).filter((change): change is [string, string] => change[1] !== undefined)
}

function asLine([key, value]: readonly [string, string]): string {
  return `${key} = ${value}`
}

/** The line, without its indent, with another value. Its spacing stays, unless the key is not in the form that all read. */
function exchange(line: string, option: Option, value: string): string {
  const [, before, after] = /^([a-z0-9_]+[ \t]*=[ \t]*)\S.*?([ \t]*)$/.exec(line.slice(option.indent.length)) ?? []
  return before === undefined ? asLine([option.key, value]) : before + value + after
}
