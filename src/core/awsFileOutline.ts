import { Failure } from '../errors.js'
import { nestedLineEnds, type Option, type Section, takeApart } from './awsFileScan.js'

/*
 * Which sections a file has and which keys they hold, without taking every line apart: a file of a thousand profiles is
 * read at each start of a program that then asks for two of them. The grammar is in awsFileScan.ts; here is only found out
 * to which sections it must give the same answer as to one that it has seen.
 */

/** A section of which no value has been read yet. */
export interface Outlined {
  /** what stands between the brackets, blanks and all */
  readonly name: string
  /** lower case, in the file's order */
  readonly keys: readonly string[]
  /** the section, or its text */
  readonly content: Section | string
}

/** What sections look like that differ in their name, comments and plain values only. Programs write thousands alike. */
interface Form {
  readonly pattern: RegExp
  readonly keys: readonly string[]
}

/** Each is tried before a section is taken apart. */
const mostForms = 24
const plainLine = new RegExp(`^([ \\t]*[\\w.-]+[ \\t]*=[ \\t]*)[!-~][^\\r${nestedLineEnds}]*(\\r?)$`)
const plainValue = `[!-~][^\\r\\n${nestedLineEnds}]*`
const commentLine = /^[ \t]*[#;][^\r]*\r?$/
const comment = '[ \\t]*[#;][^\\r\\n]*\\r?'

/**
 * @param text - a file as real Unicode
 * @returns `undefined` for what must be judged as a whole, errors above all
 */
export function outline(text: string): readonly Outlined[] | undefined {
  // No header in column 0 continues a value, so the text between two of them can be judged by itself.
  let start = text.startsWith('[') ? 0 : startOfNext(text, 0)
  const above = sectionsIn(text.slice(0, start))
  if (above === undefined) return undefined
  const sections = [...above]
  const forms: Form[] = []
  while (start < text.length) {
    const form = forms.find(({ pattern }) => {
      pattern.lastIndex = start
      return pattern.test(text)
    })
    const end = form?.pattern.lastIndex ?? startOfNext(text, start)
    const content = text.slice(start, end)
    if (form !== undefined) {
      sections.push({ name: content.slice(1, content.indexOf(']')), keys: form.keys, content })
    } else {
      const found = sectionsIn(content)
      if (found === undefined) return undefined
      sections.push(...found)
      if (forms.length < mostForms) forms.push(...formOf(content, found))
    }
    start = end
  }
  // configparser refuses the second of two sections with one name, but [DEFAULT], whose keys it then compares.
  return new Set(sections.map(({ name }) => name)).size === sections.length ? sections : undefined
}

function startOfNext(text: string, start: number): number {
  const at = text.indexOf('\n[', start)
  return at === -1 ? text.length : at + 1
}

/** The sections of a part of a file; `undefined` when it cannot be read. */
function sectionsIn(text: string): readonly Outlined[] | undefined {
  try {
    return takeApart(text).sections.map(outlined)
  } catch (error) {
    if (error instanceof Failure) return undefined
    throw error
  }
}

/** The form of a section; none where its header is more than a name in brackets. */
function formOf(content: string, [section, ...others]: readonly Outlined[]): Form[] {
  if (section === undefined || others.length > 0 || section.name.includes(']')) return []
  const lines = content
    .slice(section.name.length + 1)
    .split('\n')
    .map((line) => {
      const [, before, end = ''] = plainLine.exec(line) ?? []
      if (before !== undefined) return literally(before) + plainValue + end
      return commentLine.test(line) ? comment : literally(line)
    })
  return [{ pattern: new RegExp(`\\[[^\\]\\r\\n]+${lines.join('\n')}(?=\\[|$)`, 'y'), keys: section.keys }]
}

function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}

export function outlined(section: Section): Outlined {
  return { name: section.name, keys: section.options.map(({ key }) => key), content: section }
}

export function optionsOf({ content }: Outlined): readonly Option[] {
  return typeof content === 'string' ? (takeApart(content).sections[0]?.options ?? []) : content.options
}
