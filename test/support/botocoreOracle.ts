import { spawnSync } from 'node:child_process'
import { absent } from './parts.js'

/*
 * What botocore (so both AWS CLIs) reads in an AWS file, twice: a model of it in TypeScript, and botocore itself. The model
 * follows Python's code line by line, on purpose in another way than src/core/awsFileScan.ts: what both get wrong in the same
 * way would not be seen. botocore itself is asked whether the model is right.
 */

export interface Reading {
  /** profile → key → value; nested blocks are objects; keys of `[DEFAULT]` are in every profile */
  readonly profiles: Record<string, Record<string, unknown>>
  /** all other sections */
  readonly others: Record<string, unknown>
}

export interface ModelReading extends Reading {
  /** profile → key → value as it is in the profile's own section, nested blocks not taken apart */
  readonly own: Record<string, Record<string, string>>
  /** the lines with their ends, as latin1, and what each is to the parser */
  readonly lines: readonly ModelLine[]
}

export interface ModelLine {
  readonly bytes: string
  readonly role: 'header' | 'option' | 'continuation' | 'blank' | 'comment'
  /** the section that the line belongs to; `undefined` before the first */
  readonly section: string | undefined
  /** the profile that the section describes */
  readonly profile: string | undefined
  /** the key of an option or a continuation */
  readonly key: string | undefined
}

class Unreadable extends Error {}

/**
 * @param text - the file as latin1
 * @returns `undefined` when botocore refuses the file
 */
export function readLikeBotocore(text: string, file: 'credentials' | 'config'): ModelReading | undefined {
  try {
    return model(text, file)
  } catch (error) {
    if (error instanceof Unreadable) return undefined
    throw error
  }
}

function model(text: string, file: 'credentials' | 'config'): ModelReading {
  const rawLines = universalLines(text)
  // RawConfigParser._read
  const sections = new Map<string, Map<string, string[]>>()
  const defaultKeys = new Map<string, string[]>()
  const lines: ModelLine[] = []
  let section: Map<string, string[]> | undefined
  let sectionName: string | undefined
  let key: string | undefined
  let indentLevel = 0
  for (const bytes of rawLines) {
    const line = fromUtf8(bytes)
    const value = pyStrip(line)
    const note = (role: ModelLine['role'], ofKey?: string) => {
      const profile = sectionName === undefined ? undefined : profileName(sectionName, file)
      lines.push({ bytes, role, section: sectionName, profile, key: ofKey })
    }
    if (value[0] === '#' || value[0] === ';') {
      note('comment')
      continue
    }
    if (value === '') {
      if (section !== undefined && key !== undefined) section.get(key)?.push('')
      note('blank')
      continue
    }
    let indent = 0
    while (isPySpace(line.charAt(indent))) indent++
    if (section !== undefined && key !== undefined && indent > indentLevel) {
      section.get(key)?.push(value)
      note('continuation', key)
      continue
    }
    indentLevel = indent
    const close = value.lastIndexOf(']')
    if (value[0] === '[' && close >= 2) {
      sectionName = value.substring(1, close)
      if (sectionName === 'DEFAULT') section = defaultKeys
      else if (sections.has(sectionName)) throw new Unreadable('duplicate section')
      else {
        section = new Map()
        sections.set(sectionName, section)
      }
      key = undefined
      note('header')
      continue
    }
    if (section === undefined) throw new Unreadable('no section header')
    const at = [...value].findIndex((char) => char === '=' || char === ':')
    if (at < 0) throw new Unreadable('no delimiter')
    const parts = [...value]
    key = pyStrip(parts.slice(0, at).join('')).toLowerCase()
    if (key === '') throw new Unreadable('no key')
    if (section.has(key)) throw new Unreadable('duplicate option')
    section.set(key, [pyStrip(parts.slice(at + 1).join(''))])
    note('option', key)
  }
  const joined = (options: Map<string, string[]>) =>
    new Map([...options].map(([name, values]) => [name, pyRightStrip(values.join('\n'))] as const))

  // botocore.configloader: raw_config_parse, then build_profile_map for config files
  const profiles = new Map<string, Record<string, unknown>>()
  const own = new Map<string, Record<string, string>>()
  const others: Record<string, unknown> = Object.create(null)
  for (const [name, options] of sections) {
    const all = new Map([...joined(defaultKeys), ...joined(options)])
    const values = Object.fromEntries([...all].map(([k, v]) => [k, v.startsWith('\n') ? nested(v) : v]))
    const profile = profileName(name, file)
    if (profile !== undefined) {
      profiles.set(profile, values)
      own.set(profile, Object.fromEntries(joined(options)))
    } else others[name] = values
  }
  return { profiles: Object.fromEntries(profiles), own: Object.fromEntries(own), others: { ...others }, lines }
}

function nested(value: string): Record<string, string> {
  const block = new Map<string, string>()
  let line = ''
  for (const char of `${value}\n`) {
    if (!'\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029'.includes(char)) {
      line += char
      continue
    }
    const content = pyStrip(line)
    line = ''
    if (content === '') continue
    const at = content.indexOf('=')
    if (at < 0) throw new Unreadable('nested line')
    block.set(pyStrip(content.substring(0, at)), pyStrip(content.substring(at + 1)))
  }
  return Object.fromEntries(block)
}

function profileName(section: string, file: 'credentials' | 'config'): string | undefined {
  if (section === 'DEFAULT') return undefined
  if (file === 'credentials' || section === 'default') return section
  if (!section.startsWith('profile')) return undefined
  const words = shlexSplit(section)
  return words?.length === 2 ? words[1] : undefined
}

/** `shlex.split(text)`, as its state machine has it; `undefined` for its ValueError. */
function shlexSplit(text: string): string[] | undefined {
  const words: string[] = []
  let word: string | undefined
  let quote = ''
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at)
    if (quote === "'") {
      if (char === "'") quote = ''
      else word += char
    } else if (quote === '"') {
      if (char === '"') quote = ''
      else if (char === '\\') {
        if (at + 1 === text.length) return undefined
        const escaped = text.charAt(++at)
        word += escaped === '"' || escaped === '\\' ? escaped : `\\${escaped}`
      } else word += char
    } else if (' \t\r\n'.includes(char)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else {
      word ??= ''
      if (char === "'" || char === '"') quote = char
      else if (char === '\\') {
        if (at + 1 === text.length) return undefined
        word += text.charAt(++at)
      } else word += char
    }
  }
  if (quote !== '') return undefined
  if (word !== undefined) words.push(word)
  return words
}

function universalLines(text: string): string[] {
  const lines: string[] = []
  let start = 0
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at)
    if (char === '\n' || (char === '\r' && text.charAt(at + 1) !== '\n')) {
      lines.push(text.slice(start, at + 1))
      start = at + 1
    }
  }
  if (start < text.length) lines.push(text.slice(start))
  return lines
}

function fromUtf8(bytes: string): string {
  const buffer = Buffer.from(bytes, 'latin1')
  const text = buffer.toString('utf8')
  // Python refuses what Node replaces by U+FFFD.
  if (!Buffer.from(text, 'utf8').equals(buffer)) throw new Unreadable('not UTF-8')
  return text
}

function isPySpace(char: string): boolean {
  const code = char.charCodeAt(0)
  return (
    (code >= 0x09 && code <= 0x0d) ||
    (code >= 0x1c && code <= 0x20) ||
    [0x85, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000].includes(code) ||
    (code >= 0x2000 && code <= 0x200a)
  )
}

function pyRightStrip(text: string): string {
  let end = text.length
  while (end > 0 && isPySpace(text.charAt(end - 1))) end--
  return text.slice(0, end)
}

function pyStrip(text: string): string {
  let start = 0
  while (start < text.length && isPySpace(text.charAt(start))) start++
  return pyRightStrip(text.slice(start))
}

const program = `
import json, os, sys, tempfile
import botocore.configloader as loader, botocore.exceptions
def read(path, kind):
    try:
        if kind == 'credentials':
            return {'profiles': loader.raw_config_parse(path), 'others': {}}
        raw = loader.raw_config_parse(path)
        profiles = loader.build_profile_map(raw)['profiles']
        names = [n for n in raw if not (n == 'default' or (n.startswith('profile') and loader._parse_section(n, {})))]
        return {'profiles': profiles, 'others': {n: raw[n] for n in names}}
    except botocore.exceptions.ConfigParseError:
        return None
answers = []
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, 'file')
    for text, kind in json.load(sys.stdin):
        with open(path, 'wb') as f:
            f.write(text.encode('latin1'))
        answers.append(read(path, kind))
json.dump(answers, sys.stdout)
`

/**
 * Asks the installed botocore, in one process for all files.
 *
 * @returns a reading for each file, `undefined` where botocore refuses the file
 */
export function askBotocore(files: readonly (readonly [text: string, file: string])[]): (Reading | undefined)[] {
  const run = spawnSync('python3', ['-X', 'utf8', '-c', program], {
    input: JSON.stringify(files),
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  if (run.status !== 0) throw new Error(`python3: ${run.stderr || run.error}`)
  return (JSON.parse(run.stdout) as (Reading | null)[]).map((answer) => answer ?? undefined)
}

/** For `skip`: a reason when python3 or its module botocore is absent. */
export function absentBotocore(): string | false {
  const reason = absent('python3')
  if (reason !== false || spawnSync('python3', ['-c', 'import botocore']).status === 0) return reason
  if (process.env.AWSMFA_REQUIRE_PARTS === '1') throw new Error('not installed: botocore')
  return 'not installed: botocore for python3'
}
