import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { decodeText, onlyLine, Seed } from '../../src/core/seed.js'
import { withoutGaps } from '../../src/core/text.js'
import { failsWith } from '../support/failsWith.js'

const plain = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'

const accepted: Record<string, string> = {
  'upper case': plain,
  'lower case': plain.toLowerCase(),
  'blanks in groups of four': plain.replace(/(.{4})/g, '$1 '),
  hyphens: plain.replace(/(.{8})(?=.)/g, '$1-'),
  'line end of a pasted line': `${plain}\r\n`,
  padding: `${plain}====`,
  'a link': `otpauth://totp/AWS:alice@123456789012?secret=${plain}&issuer=AWS`,
  'a link that spells the defaults out': `otpauth://totp/a?secret=${plain}&algorithm=SHA1&digits=6&period=30`,
  'hyphens that are none of ASCII': plain.replace(/(.{8})(?=.)/g, '$1\u2011').replace('\u2011', '\u2212'),
  'invisible characters': `\ufeff${plain.replace('JB', 'J\u200bB\u00ad')}\u2060==\u200e`,
  'blanks of other kinds': plain.replace(/(.{4})(?=.)/g, '$1\u00a0').replace('\u00a0', '\u202f'),
  'its label': `Secret key: ${plain}`,
  'its label in another language': `シークレットキー：${plain}`,
  'a link out of a page': `otpauth://totp/a?issuer=AWS&amp;secret=${plain}&amp;digits=6`,
  'a link in which capitals name the secret': `otpauth://totp/a?SECRET=${plain}&Digits=6`,
  'a link with # and ? in its label': `otpauth://totp/AWS #1? a&b:alice?secret=${plain}#x`,
  'a link of Java apps': `otpauth://totp/a?secret=${plain}&algorithm=HmacSHA1`,
  'a link with SHA-1': `otpauth://totp/a?secret=${plain}&algorithm=SHA-1`,
  'a link with empty parameters': `otpauth://totp/a?secret=${plain}&digits=&period=&algorithm=`,
  'a link with blanks in the secret': `otpauth://totp/a?secret=${plain.replace(/(.{4})/g, '$1+')}&issuer=%`,
  "KeeOTP's settings": `key=${plain}%3d%3d&step=30&size=6&otpHashMode=Sha1&encoding=Base32`,
  'the name of its parameter': `secret=${plain}`,
  'a link in capitals with a lower-case secret': `OTPAUTH://TOTP/a?secret=${plain.toLowerCase()}`,
}
for (const [name, text] of Object.entries(accepted)) {
  test(`a seed is read with ${name}`, () => {
    assert.equal(Seed.parse(text).reveal(), plain)
  })
}

const refused: [string, string, RegExp][] = [
  ['nothing', '', /empty/],
  ['only blanks and padding', '  == ', /empty/],
  ['digits that base32 has not', 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PX0', /not base32/],
  ['base64 of base32', Buffer.from(plain).toString('base64'), /base64/],
  ['a NUL', `${plain}\0`, /not base32/],
  ['15 bytes', 'JBSWY3DPEHPK3PXPJBSWY3DP', /shorter than 16 bytes/],
  ['a length that no bytes give', `${plain}A`, /incomplete/],
  ['10 kB', 'A'.repeat(10_000), /longer than/],
  ['an HOTP link', `otpauth://hotp/a?secret=${plain}&counter=1`, /not of the type totp/],
  ['a link with SHA-256', `otpauth://totp/a?secret=${plain}&algorithm=SHA256`, /another algorithm/],
  ['a link with eight digits', `otpauth://totp/a?secret=${plain}&digits=8`, /another digits/],
  ['a link with 60 seconds', `otpauth://totp/a?secret=${plain}&period=60`, /another period/],
  ['a link that contradicts itself', `otpauth://totp/a?secret=${plain}&digits=6&digits=8`, /another digits/],
  ['a link without a secret', 'otpauth://totp/a', /exactly one secret/],
  ['a link with two secrets', `otpauth://totp/a?secret=${plain}&secret=${plain}`, /exactly one secret/],
  [
    'a digit that looks like a letter',
    'JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PX0',
    /not base32: its character 39 is '0' \(U\+0030\)$/,
  ],
  ['a Cyrillic letter', `${plain.slice(0, 4)}\u0415${plain.slice(5)}`, /its character 5 is '\u0415' \(U\+0415\)$/],
  ['a letter whose capital is of ASCII', `${plain.slice(0, -1)}\u0131`, /its character 32 is '\u0131' \(U\+0131\)$/],
  ['a character of two code units', `\u{1f511}${plain}`, /its character 1 is U\+1F511$/],
  ['padding in the middle', `${plain}==${plain}`, /its character 33 is '=' \(U\+003D\)$/],
  [
    'a link with a digit that base32 has not',
    `otpauth://totp/a?secret=0${plain}`,
    /its character 1 is '0' \(U\+0030\)$/,
  ],
  ['two seeds with a colon between them', `${plain}:${plain}`, /its character 33 is ':' \(U\+003A\)$/],
  ['KeeOTP with eight digits', `key=${plain}&size=8`, /another digits/],
  ['KeeOTP with another encoding', `key=${plain}&encoding=Hex`, /another encoding/],
  ['a link with HmacSHA256', `otpauth://totp/a?secret=${plain}&algorithm=HmacSHA256`, /another algorithm/],
  ['a link with eight digits in capitals', `otpauth://totp/a?secret=${plain}&DIGITS=8`, /another digits/],
  ['a link of another name that begins so', `otpauth://totpx/a?secret=${plain}`, /not of the type totp/],
  ['an export of Google Authenticator', 'otpauth-migration://offline?data=abc', /not base32/],
]
for (const [name, text, message] of refused) {
  test(`${name} is no seed, and the error does not repeat it`, async () => {
    const failure = await failsWith('usage', message, () => Seed.parse(text))
    const shown = [failure.message, ...failure.hints].join(' ')
    const given = /otpauth|key=/.test(text) ? plain : text
    if (given.length > 8) assert.ok(!shown.includes(given.slice(0, 8)))
  })
}

test('a seed prints as a placeholder whatever prints it', () => {
  const seed = Seed.parse(plain)
  const shown = [`${seed}`, JSON.stringify({ seed }), inspect({ seed }, { showHidden: true, depth: 9 }), String([seed])]
  for (const text of shown) {
    assert.ok(text.includes('[seed]'), text)
    assert.ok(!text.includes('JBSW'), text)
  }
})

test('any bytes of 16 to 320 survive being written as people write seeds', () => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const seeds = fc
    .integer({ min: 4, max: 64 })
    .chain((groups) => fc.array(fc.constantFrom(...alphabet), { minLength: groups * 8, maxLength: groups * 8 }))
  fc.assert(
    fc.property(seeds, fc.constantFrom(' ', '-', '', '\t'), fc.boolean(), (letters, gap, lower) => {
      const written = letters.join(gap)
      assert.equal(Seed.parse(lower ? written.toLowerCase() : written).reveal(), letters.join(''))
    }),
  )
})

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
