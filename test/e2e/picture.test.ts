import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { commands } from '../../src/cli/table.js'
import { drawTerminal, mainPart } from '../support/picture.js'
import { top } from '../support/program.js'

const inside = (svg: string) => [...svg.matchAll(/<text x="\d+" y="(\d+)">(.*)<\/text>/g)].map(([, y, row]) => [y, row])

describe('the picture of the demonstration', () => {
  test('is drawn line by line, with its colours, and with nothing of the text taken for markup', () => {
    const shown = '\x1b[1m$ awsmfa <x> & "y"\x1b[0m  # z\r\n\r\n  \x1b[2m\x1b[32mok\x1b[39m dim\x1b[0m end\r\n'
    const svg = drawTerminal(shown, 'A <title>')
    assert.deepEqual(inside(svg), [
      ['52', '<tspan class="bold">$ awsmfa &lt;x&gt; &amp; "y"</tspan>  # z'],
      ['92', '  <tspan class="dim c32">ok</tspan><tspan class="dim"> dim</tspan> end'],
    ])
    assert.match(
      svg,
      /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="998" height="116" .*\n<title>A &lt;title&gt;<\/title>\n/,
    )
    assert.equal(drawTerminal(shown, 'A <title>'), svg)
  })

  test('breaks a long line where a terminal would', () => {
    assert.deepEqual(inside(drawTerminal(`${'a'.repeat(114)}b\nc`, 't')), [
      ['52', 'a'.repeat(114)],
      ['72', 'b'],
      ['92', 'c'],
    ])
  })

  test('has the part about enrolling and renewing only', () => {
    const heading = (text: string) => `\x1b[2m# ${text}\x1b[0m`
    assert.equal(
      mainPart(`intro\n${heading('1')}\na\n\n${heading('2')}\nb\n\n${heading('3')}\nc`),
      `${heading('1')}\na\n\r\n${heading('2')}\nb`,
    )
  })

  const svg = readFileSync(join(top, 'docs', 'demo.svg'), 'utf8')
  const alt = /!\[([^\]]*)\]\(docs\/demo\.svg\)/.exec(readFileSync(join(top, 'README.md'), 'utf8'))?.[1] ?? ''

  test('in README.md shows each command that its description names, and no other', () => {
    const shown = [...svg.matchAll(/>\$ awsmfa ([^<]*)</g)].map(([, line = '']) => line.trim())
    const named = [...alt.matchAll(/awsmfa (\w+(?: --[a-z-]+)?)/g)].map(([, line = '']) => line)
    assert.ok(named.length >= 4)
    assert.deepEqual(
      shown.map((line) => line.split(' ').slice(0, 2).join(' ')),
      named,
    )
    for (const line of shown) assert.ok(Object.hasOwn(commands, line.split(' ')[0] ?? ''), line)
  })

  test('in README.md is what this renderer draws: same look, light and dark, and it loads nothing', () => {
    const frame = (text: string) => text.replace(/^<(text|title|svg|rect).*\n/gm, '')
    assert.equal(frame(svg), frame(drawTerminal('x', 'y')))
    assert.match(svg, /prefers-color-scheme: dark/)
    assert.doesNotMatch(svg.replace('http://www.w3.org/2000/svg', ''), /https?:|url\(|@import|<script|<image|href/)
  })
})
