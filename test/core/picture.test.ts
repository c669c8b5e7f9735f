import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32, deflateSync } from 'node:zlib'
import { readPicture } from '../../src/core/picture.js'
import { readPictureHeader } from '../../src/core/pictureHeader.js'
import { blank, toJpeg, toPng } from '../support/canvas.js'
import { failsWith } from '../support/failsWith.js'

const png = toPng(blank(40, 30))
const jpeg = toJpeg(blank(40, 30), 80)

/** A copy with some bytes replaced. */
function patched(bytes: Buffer, at: number, ...values: number[]): Buffer {
  const copy = Buffer.from(bytes)
  copy.set(values, at)
  return copy
}

test('the header tells format and size', () => {
  assert.deepEqual(readPictureHeader(png, 'x'), { format: 'PNG', width: 40, height: 30 })
  assert.deepEqual(readPictureHeader(jpeg, 'x'), { format: 'JPEG', width: 40, height: 30 })
})

test('the pixels are grey', () => {
  const whiteness = readPicture(png, 'PNG')
  assert.deepEqual([whiteness.width, whiteness.height], [40, 30])
  assert.ok(whiteness.pixels.every((grey) => grey === 255))
  assert.ok(readPicture(jpeg, 'JPEG').pixels.every((grey) => grey > 250))
})

const refused: [string, Buffer, RegExp][] = [
  ['nothing', Buffer.alloc(0), /^a\.png is neither a PNG nor a JPEG/],
  ['text', Buffer.from('otpauth://totp/x?secret=JBSWY3DPEHPK3PXP'), /neither a PNG nor a JPEG/],
  ['a GIF', Buffer.from('GIF89a\x01\x00\x01\x00\x00\x00\x00;'), /neither a PNG nor a JPEG/],
  ['a PNG that claims 30000 by 30000 pixels', patched(png, 16, 0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30), /30000 by 30000/],
  ['a PNG without a pixel', patched(png, 16, 0, 0, 0, 0), /empty/],
  ['an interlaced PNG', patched(png, 28, 1), /interlaced/],
  ['a JPEG that ends before it tells its size', jpeg.subarray(0, 20), /neither a PNG nor a JPEG/],
  ['a JPEG of zeroes', Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.alloc(100)]), /neither/],
]
for (const [name, bytes, message] of refused) {
  test(`${name} is refused by its header`, async () => {
    await failsWith('usage', message, () => readPictureHeader(bytes, 'a.png'))
  })
}

test('a JPEG that claims 65535 by 65535 pixels is refused by its header', async () => {
  const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]))
  const bomb = patched(jpeg, frame + 5, 0xff, 0xff, 0xff, 0xff)
  await failsWith('usage', /65535 by 65535 pixels/, () => readPictureHeader(bomb, 'a.jpg'))
})

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
  assert.throws(() => readPicture(bomb, 'PNG'), /have should not go down/)
  assert.ok(process.memoryUsage().arrayBuffers - before < 10_000_000)
})
