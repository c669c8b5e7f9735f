import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeText, onlyLine, withoutGaps } from '../../src/core/pastedText.js'
import { failsWith } from '../support/failsWith.js'

const seed = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
const utf16 = (text: string) => Buffer.from(text, 'utf16le')

const encodings: Record<string, Buffer> = {
  'UTF-8': Buffer.from(`${seed}\r\n`),
  'UTF-8 with a mark': Buffer.from(`\ufeff${seed}\r\n`),
  'UTF-16, as PowerShell 5 writes it': utf16(`\ufeff${seed}\r\n`),
  'UTF-16 of the other order': utf16(`\ufeff${seed}\r\n`).swap16(),
  'UTF-16 without a mark': utf16(`${seed}\r\n`),
  'UTF-16 of the other order without a mark': utf16(`${seed}\r\n`).swap16(),
  'UTF-16 cut within a character': utf16(`\ufeff${seed}\n`).subarray(0, -1),
}
for (const [name, bytes] of Object.entries(encodings)) {
  test(`${name} is read`, () => {
    const given = Buffer.from(bytes)
    assert.equal(onlyLine(decodeText(given)), seed)
    assert.deepEqual(given, bytes)
  })
}

test('whatever bytes come, they are text', () => {
  for (const bytes of [[], [0], [0xff], [0xff, 0xfe], [0xfe, 0xff, 0], [0xc3, 0x28], [0, 0]]) {
    assert.equal(typeof decodeText(Uint8Array.from(bytes)), 'string')
  }
})

test('blank lines and invisible characters around the one line are no lines', () => {
  assert.equal(onlyLine(`\n \u200b\n\u2060 ${seed}\t\u00a0\r\n\n\ufeff\r\n`), seed)
  for (const blank of ['', '\n', ' \r\n\u200b']) assert.equal(onlyLine(blank), '')
})

for (const end of ['\n', '\r\n', '\r', '\u2028', '\u0085', '\f', '\n\n \n']) {
  test(`a second line after ${JSON.stringify(end)} is refused, and not repeated`, async () => {
    const failure = await failsWith('usage', /^the seed has a second line$/, () => onlyLine(seed + end + seed))
    assert.doesNotMatch(failure.hints.join(), /JBSW/)
  })
}

test('blanks, hyphens and invisible characters are gaps, and nothing else is', () => {
  assert.equal(withoutGaps('1 2-3\u00a04\u20115\u202f6\u200b7\u00ad8\u22129\u2003'), '123456789')
  assert.equal(withoutGaps('a_b.c+d=e,f'), 'a_b.c+d=e,f')
})
