import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { top } from '../support/program.js'

/** A part of a paper under one heading, as far as it must be the same in each language. */
interface Section {
  readonly heading: string
  readonly text: string
  readonly blocks: readonly string[]
}

/** What is in a block of code but for what is said to people: comments, and summaries in the list of commands. */
function codeOf(language: string, block: string): string {
  const said = language === 'console' ? / +# .*$/gm : language === '' ? / {2,}.*$/gm : /(?!)/g
  return `${language}\n${block.replace(said, '')}`
}

function sectionsOf(paper: string): Section[] {
  // A comment in code is no heading.
  const marked = paper.replace(/^```\w*\n[\s\S]*?^```$/gm, (block) => block.replace(/^#/gm, ' #'))
  return marked.split(/^(?=#)/m).map((part) => {
    const blocks = [...part.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
    return {
      heading: /^.*/.exec(part)?.[0] ?? '',
      text: part.replace(/^```\w*\n[\s\S]*?^```$/gm, '').replace(/^#.*\n/, ''),
      blocks: blocks.map(([, language = '', block = '']) => codeOf(language, block)),
    }
  })
}

const level = ({ heading }: Section) => /^#*/.exec(heading)?.[0].length

/** What stands in code, and addresses: sorted, for the order of words differs from language to language. */
const codeSpans = (text: string) =>
  [...text.matchAll(/`([^`]+)`|<code>(.*?)<\/code>|<(https:[^>]+)>/g)].map(([all]) => all.replace(/\s+/g, ' ')).sort()

const rowsOf = (text: string) => text.split('\n').filter((line) => line.startsWith('|'))
const cellsOf = (row: string) => row.split(/(?<!\\)\|/).length
const count = (text: string, part: RegExp) => [...text.matchAll(part)].length

/** Where links lead; those to the other language and into the paper itself have names of their own in each. */
const linksOf = (text: string) => {
  const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => link)
  return links.map((link) => (link.startsWith('#') ? '#' : link.replace(/^README(\.ja)?\.md$/, 'README'))).sort()
}

/** As GitHub makes it from a heading. */
const anchorOf = ({ heading }: Section) =>
  `#${heading
    .replace(/^#+ /, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')}`

const [english, japanese] = ['README.md', 'README.ja.md'].map((name) =>
  sectionsOf(readFileSync(join(top, name), 'utf8')),
)

describe('README.ja.md says what README.md says', () => {
  assert.ok(english && japanese)

  test('in the same sections, in the same order', () => {
    assert.ok(english.length > 15)
    assert.deepEqual(japanese.map(level), english.map(level), 'a section is missing, or new, or elsewhere')
  })

  for (const [index, { heading, text, blocks }] of english.entries()) {
    const other = japanese[index] ?? { heading: '', text: '', blocks: [] }

    test(`with the commands and code of "${heading}"`, () => {
      assert.deepEqual(other.blocks, blocks)
      assert.deepEqual(codeSpans(other.heading), codeSpans(heading))
      assert.deepEqual(codeSpans(other.text), codeSpans(text))
    })

    test(`with the tables, lists and links of "${heading}"`, () => {
      const [rows, otherRows] = [rowsOf(text), rowsOf(other.text)]
      assert.deepEqual(otherRows.map(cellsOf), rows.map(cellsOf))
      for (const [at, row] of rows.entries()) assert.deepEqual(codeSpans(otherRows[at] ?? ''), codeSpans(row))
      for (const part of [/^- /gm, /^<details>/gm, /^\*\*/gm]) assert.equal(count(other.text, part), count(text, part))
      assert.deepEqual(linksOf(other.text), linksOf(text))
    })
  }

  for (const [name, sections] of Object.entries({ 'README.md': english, 'README.ja.md': japanese })) {
    test(`and ${name} links into itself only where there is a heading`, () => {
      const anchors = sections.map(anchorOf)
      const links = sections.flatMap(({ text }) => [...text.matchAll(/\]\((#[^)]+)\)/g)].map(([, link = '']) => link))
      assert.ok(links.length >= 4)
      for (const link of links) assert.ok(anchors.includes(link), `${link} is none of ${anchors.join(' ')}`)
    })
  }

  test('in Japanese: a section that was only copied is found', () => {
    for (const { heading, text } of japanese.filter(({ text }) => text.trim() !== ''))
      assert.match(text, /[ぁ-ん]/, heading)
  })
})
