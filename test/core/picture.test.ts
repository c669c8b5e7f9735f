import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32, deflateSync } from 'node:zlib'
import { checkPicture, readPicture } from '../../src/core/picture.js'
import { blank, toPng } from '../support/canvas.js'
import { failsWith } from '../support/failsWith.js'

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
