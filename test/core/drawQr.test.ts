import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drawQr } from '../../src/core/drawQr.js'
import { otpauthLink } from '../../src/core/otpauth.js'
import type { Picture } from '../../src/core/picture.js'
import { qrTexts } from '../../src/core/qrTexts.js'
import { Seed } from '../../src/core/seed.js'
import { blank, inverted, map } from '../support/canvas.js'

const seed = Seed.parse('JBSWY3DPEHPK3PXP'.repeat(4))
const link = otpauthLink(seed, 'alice@123456789012')

/** The drawing's lines without the colours, which each of them sets and resets. */
function blocks(drawing: string): string[] {
  const [begin, end] = ['\x1b[38;5;16m\x1b[48;5;231m', '\x1b[0m']
  return drawing.split('\n').map((line) => {
    assert.ok(line.startsWith(begin) && line.endsWith(end), JSON.stringify(line))
    return line.slice(begin.length, -end.length)
  })
}

/** What a terminal shows: two rows of modules a line, each module six pixels wide. */
function screen(drawing: string): Picture {
  const size = 6
  const lines = blocks(drawing)
  const width = lines[0]?.length ?? 0
  assert.ok(lines.every((line) => line.length === width && /^[ ▀▄█]+$/.test(line)))
  return map(blank(width * size, lines.length * 2 * size), (_, x, y) => {
    const block = lines[Math.floor(y / size / 2)]?.[Math.floor(x / size)] ?? ' '
    const upper = Math.floor(y / size) % 2 === 0
    return (upper ? '▀█' : '▄█').includes(block) ? 0 : 255
  })
}

test('what is drawn is read back from the screen', () => {
  assert.deepEqual(qrTexts(screen(drawQr(link))), [link])
  assert.deepEqual(qrTexts(inverted(screen(drawQr(link)))), [link])
})

test('the drawing has a margin of four modules, and the size that its description tells', () => {
  const lines = blocks(drawQr(link))
  assert.deepEqual([lines.length, lines[0]?.length], [29, 57])
  assert.ok(lines.slice(0, 2).every((line) => line.trim() === ''))
  assert.ok(lines.every((line) => line.startsWith('    ') && line.endsWith('    ')))
})

test('the link is the one that Seed reads, with the issuer twice and the account escaped', () => {
  const odd = otpauthLink(seed, 'a b&secret=x/é?#')
  assert.ok(Seed.parse(odd).equals(seed))
  assert.match(odd, /^otpauth:\/\/totp\/Amazon%20Web%20Services:a%20b%26secret%3Dx%2F%C3%A9%3F%23\?secret=/)
  assert.match(odd, /&issuer=Amazon%20Web%20Services$/)
})
