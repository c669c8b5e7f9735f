import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { describe, test } from 'node:test'
import { crc32, deflateSync } from 'node:zlib'
import { otpauthLink } from '../../src/core/otpauth.js'
import { checkPicture, drawQr, type Picture, qrTexts, readPicture } from '../../src/core/qr.js'
import { Seed } from '../../src/core/seed.js'
import {
  blank,
  blurred,
  code,
  desktop,
  inverted,
  map,
  noisy,
  paste,
  rotated,
  scaled,
  shaded,
  tilted,
  toPng,
} from '../support/canvas.js'
import { failsWith } from '../support/failsWith.js'
import { absent } from '../support/parts.js'

const seed = Seed.parse('JBSWY3DPEHPK3PXP'.repeat(4))
const awsLink = otpauthLink(seed, 'alice@123456789012')

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
  assert.deepEqual(qrTexts(screen(drawQr(awsLink))), [awsLink])
  assert.deepEqual(qrTexts(inverted(screen(drawQr(awsLink)))), [awsLink])
})

test('the drawing has a margin of four modules, and the size that its description tells', () => {
  const lines = blocks(drawQr(awsLink))
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

const png = toPng(blank(40, 30))

/** A copy with some bytes replaced. */
function patched(bytes: Buffer, at: number, ...values: number[]): Buffer {
  const copy = Buffer.from(bytes)
  copy.set(values, at)
  return copy
}

test('the pixels are grey', () => {
  checkPicture(png, 'x')
  const { width, height, pixels } = readPicture(png)
  assert.deepEqual([width, height], [40, 30])
  assert.ok(pixels.every((grey) => grey === 255))
})

const refused: [string, Buffer, RegExp][] = [
  ['nothing', Buffer.alloc(0), /^a\.png is no PNG picture/],
  ['text', Buffer.from('otpauth://totp/x?secret=JBSWY3DPEHPK3PXP'), /no PNG picture/],
  ['a GIF', Buffer.from('GIF89a\x01\x00\x01\x00\x00\x00\x00;'), /no PNG picture/],
  ['a PNG that claims 30000 by 30000 pixels', patched(png, 16, 0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30), /30000 by 30000/],
  ['a PNG without a pixel', patched(png, 16, 0, 0, 0, 0), /empty/],
  ['an interlaced PNG', patched(png, 28, 1), /interlaced/],
  ['a JPEG', Buffer.from('ffd8ffe000104a464946', 'hex'), /^a\.png is a JPEG, and only PNG can be read$/],
]
for (const [name, bytes, message] of refused) {
  test(`${name} is refused by its header`, async () => {
    await failsWith('usage', message, () => checkPicture(bytes, 'a.png'))
  })
}

test('a PNG that inflates to more than its header says is refused, not inflated', () => {
  const chunk = (type: string, data: Buffer) => {
    const [body, length, sum] = [Buffer.concat([Buffer.from(type), data]), Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(data.length)
    sum.writeUInt32BE(crc32(body))
    return Buffer.concat([length, body, sum])
  }
  const bomb = Buffer.concat([
    png.subarray(0, 33),
    chunk('IDAT', deflateSync(Buffer.alloc(50_000_000))),
    chunk('IEND', Buffer.alloc(0)),
  ])
  assert.ok(bomb.length < 100_000)
  const before = process.memoryUsage().arrayBuffers
  assert.throws(() => readPicture(bomb), /have should not go down/)
  assert.ok(process.memoryUsage().arrayBuffers - before < 10_000_000)
})

/** As long as AWS's: 64 characters of base32. */
const link = `otpauth://totp/Amazon%20Web%20Services:alice@123456789012?secret=${'JBSWY3DPEHPK3PXP'.repeat(4)}&issuer=Amazon%20Web%20Services`

const read = (bytes: Buffer) => qrTexts(readPicture(bytes))

const pictures: Record<string, () => Picture> = {
  'one pixel a module': () => code(link, 1),
  'sixteen pixels a module': () => code(link, 16),
  'scaled down to 2.6 pixels a module': () => scaled(code(link, 8), 0.33),
  'turned by 90 degrees': () => rotated(code(link, 4), 90),
  'turned by 180 degrees': () => rotated(code(link, 4), 180),
  'turned by 7 degrees': () => rotated(code(link, 4), 7),
  'turned by 45 degrees': () => rotated(code(link, 5), 45),
  'light on dark': () => inverted(code(link, 3)),
  'light on dark, turned by 7 degrees': () => rotated(inverted(code(link, 4)), 7, 0),
  'light on dark in a dark desktop': () => paste(desktop(1280, 800, true), inverted(code(link, 4)), 500, 300),
  'in a desktop with text, windows and icons': () => paste(desktop(1280, 800), code(link, 4), 700, 333),
  'small in a large desktop': () => paste(desktop(1920, 1080), code(link, 2), 1500, 800),
  'on dark paper, hardly darker': () => map(code(link, 4), (grey) => 110 + grey / 13),
  'pale print': () => map(code(link, 4), (grey) => 190 + grey / 4),
  'coarse noise': () => noisy(code(link, 5), 120),
  'seen from the side': () => tilted(code(link, 6), 0.3, 0.3),
  'seen from the side and below': () => tilted(code(link, 6), 0.5, -0.3),
}
for (const [name, draw] of Object.entries(pictures)) {
  test(`a QR code is read: ${name}`, () => {
    assert.deepEqual(read(toPng(draw())), [link])
  })
}

const photo = (turn: number) => {
  const seen = tilted(rotated(paste(blank(900, 700, 150), code(link, 6), 250, 150), turn, 60), 0.25, 0.1, 60)
  return noisy(shaded(blurred(seen)), 30)
}
const photos: Record<string, () => Picture> = {
  'taken at an angle, unsharp, in bad light': () => photo(5),
  'taken sideways': () => photo(98),
}
for (const [name, draw] of Object.entries(photos)) {
  test(`a QR code is read in a photo: ${name}`, () => {
    assert.deepEqual(read(toPng(draw())), [link])
  })
}

test('a picture larger than the decoder takes is read at half its size', () => {
  assert.deepEqual(qrTexts(paste(blank(4400, 1000), code(link, 12), 3000, 100)), [link])
})

test('a code that is drawn on nothing is read, in black and in white', () => {
  const drawn = code(link, 4)
  assert.deepEqual(read(toPng(drawn, (grey) => 255 - grey)), [link])
  assert.deepEqual(read(toPng(inverted(drawn), (grey) => grey)), [link])
})

test('all codes of a picture are read, each text once', () => {
  const texts = ['https://example.com/1', 'https://example.com/2', link]
  const places = [
    [100, 100, 3],
    [700, 80, 5],
    [900, 500, 4],
    [200, 600, 3],
  ] as const
  const picture = places.reduce(
    (onto, [left, top, size], index) => paste(onto, code(texts[index % 3] ?? '', size), left, top),
    desktop(1600, 1000),
  )
  assert.deepEqual([...qrTexts(picture)].sort(), texts)
})

test('a picture without a code has no texts', () => {
  assert.deepEqual(qrTexts(desktop(1280, 800)), [])
  assert.deepEqual(qrTexts(blank(3, 3)), [])
  assert.deepEqual(qrTexts(blank(1, 1, 0)), [])
})

test('looking for codes leaves the picture as it is', () => {
  const picture = code(link, 4)
  const before = picture.pixels.slice()
  assert.deepEqual(qrTexts(picture), [link])
  assert.deepEqual(picture.pixels, before)
})

describe("qrencode's codes are read", { skip: absent('qrencode') }, () => {
  for (const level of ['L', 'M', 'Q', 'H']) {
    for (const size of [1, 3]) {
      test(`level ${level}, ${size} pixels a module`, () => {
        assert.deepEqual(read(execFileSync('qrencode', ['-l', level, '-s', `${size}`, '-o', '-'], { input: link })), [
          link,
        ])
      })
    }
  }
})
