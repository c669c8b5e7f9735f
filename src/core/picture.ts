import { PNG } from 'pngjs'
import { Failure } from '../errors.js'

/** As much as phones take today; decoding more takes a gigabyte of memory and many seconds. */
const mostPixels = 25_000_000

/** The way round every trouble with a picture. */
export const otherPicture = 'take a screenshot of the QR code, with a margin around it, and save that as PNG'

/** A grey picture: one byte a pixel, row by row, 0 is black. */
export interface Picture {
  readonly width: number
  readonly height: number
  readonly pixels: Uint8Array
}

/**
 * Refuses what is no PNG, or too large a one, by its header alone: a few bytes can claim gigabytes of pixels.
 *
 * @param bytes - the file's bytes; PNG (Third Edition) §5.2 and §11.2.1: the signature, then the chunk IHDR
 * @param name - how messages call the picture
 * @throws Failure `usage`
 */
export function checkPicture(bytes: Uint8Array, name: string): void {
  const header = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const refuse = (message: string) => new Failure('usage', `${name} is ${message}`, otherPicture)
  if (header.length > 2 && header.readUInt16BE(0) === 0xffd8) throw refuse('a JPEG, and only PNG can be read')
  if (header.length < 29 || header.toString('latin1', 0, 8) !== '\x89PNG\r\n\x1a\n') throw refuse('no PNG picture')
  // pngjs inflates an interlaced picture without a limit.
  if (header[28] !== 0) throw refuse('an interlaced PNG')
  const [width, height] = [header.readUInt32BE(16), header.readUInt32BE(20)]
  if (width === 0 || height === 0) throw refuse('an empty picture')
  if (width * height <= mostPixels) return
  throw refuse(`too large: ${width} by ${height} pixels, more than ${mostPixels / 1e6} million`)
}

/**
 * Decodes a PNG to grey. Transparent parts become middle grey, so that a code that was drawn in black only, or in white
 * only, stands out either way.
 *
 * @param bytes - which have passed {@link checkPicture}
 * @throws the library's own errors when the picture is damaged
 */
export function readPicture(bytes: Uint8Array): Picture {
  const { width, height, data } = PNG.sync.read(Buffer.from(bytes))
  return { width, height, pixels: greyOf(data) }
}

/** Weights of ITU-R BT.601, as integers. */
function greyOf(rgba: Uint8Array): Uint8Array {
  const pixels = new Uint8Array(rgba.length / 4)
  for (let to = 0, from = 0; to < pixels.length; to++, from += 4) {
    const red = rgba[from] ?? 0
    const green = rgba[from + 1] ?? 0
    const blue = rgba[from + 2] ?? 0
    const alpha = rgba[from + 3] ?? 0
    const grey = (77 * red + 150 * green + 29 * blue) >> 8
    pixels[to] = (grey * alpha + 128 * (255 - alpha)) / 255
  }
  return pixels
}
