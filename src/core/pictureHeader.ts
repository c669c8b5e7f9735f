import { Failure } from '../errors.js'

/** Phones take 24 megapixels today; decoding more than this takes a gigabyte of memory and many seconds. */
const mostPixels = 25_000_000

/** The way round every trouble with a picture. */
export const otherPicture = 'take a screenshot of the QR code, or crop the picture to it, and save that as PNG or JPEG'

export interface PictureHeader {
  readonly format: 'PNG' | 'JPEG'
  readonly width: number
  readonly height: number
}

/**
 * Refuses what is no PNG or JPEG, or too large a one, by its header alone: a few bytes can claim gigabytes of pixels.
 *
 * @param bytes - the file's bytes
 * @param name - how messages call the picture
 * @throws Failure `usage`
 */
export function readPictureHeader(bytes: Uint8Array, name: string): PictureHeader {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const header = readPngHeader(view, name) ?? readJpegHeader(view)
  if (header === undefined) throw new Failure('usage', `${name} is neither a PNG nor a JPEG picture`, otherPicture)
  const { width, height } = header
  if (width === 0 || height === 0) throw new Failure('usage', `${name} is an empty picture`, otherPicture)
  if (width * height > mostPixels) {
    const size = `${width} by ${height} pixels`
    throw new Failure('usage', `${name} is too large: ${size}, more than ${mostPixels / 1e6} million`, otherPicture)
  }
  return header
}

/** PNG (Third Edition) §5.2 and §11.2.1: the signature, then the chunk IHDR. */
function readPngHeader(bytes: Buffer, name: string): PictureHeader | undefined {
  if (bytes.length < 29 || bytes.toString('latin1', 0, 8) !== '\x89PNG\r\n\x1a\n') return undefined
  // pngjs inflates an interlaced picture without a limit.
  if (bytes[28] !== 0) throw new Failure('usage', `${name} is an interlaced PNG`, otherPicture)
  return { format: 'PNG', width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }
}

/** ITU-T T.81 §B.1 and §B.2.2: segments with their lengths, until the start of frame tells the size. */
function readJpegHeader(bytes: Buffer): PictureHeader | undefined {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return undefined
  for (let at = 2; at + 9 <= bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes.readUInt8(at + 1)
    if (marker === 0xff) {
      at++ // a fill byte
      continue
    }
    // SOF0 to SOF15 but for DHT, JPG and DAC, which share the range.
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return { format: 'JPEG', width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) }
    }
    at += 2 + bytes.readUInt16BE(at + 2)
  }
  return undefined
}
