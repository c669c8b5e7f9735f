import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { describe, test } from 'node:test'
import { type Picture, readPicture } from '../../src/core/picture.js'
import { qrTexts } from '../../src/core/qrTexts.js'
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
import { absent } from '../support/parts.js'

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
