import { PNG } from 'pngjs'
import { encodeQR } from 'qr'
import { decodeQR } from 'qr/decode.js'
import { Failure } from '../errors.js'

/** The margin in modules that scanners may rely on (ISO/IEC 18004 §5.3.8). */
const quietZone = 4
/** Black on white whatever the terminal's theme is: entries 16 and 231 of the palette of 256 are fixed colours. */
const [begin, end] = ['\x1b[38;5;16m\x1b[48;5;231m', '\x1b[0m']

/**
 * Draws a QR code for a terminal, two rows of modules in one line of text.
 *
 * @param text - what the code says; with a seed in it the drawing is a secret too
 * @returns lines of half blocks with colours, each as wide as the code; 57 columns and 29 lines for an AWS device's link
 */
export function drawQr(text: string): string {
  const rows = encodeQR(text, 'raw', { ecc: 'low', border: quietZone })
  const lines: string[] = []
  for (let row = 0; row < rows.length; row += 2) {
    const upper = rows[row] ?? []
    const lower = rows[row + 1] ?? []
    lines.push(`${begin}${upper.map((dark, column) => halfBlock(dark, lower[column] ?? false)).join('')}${end}`)
  }
  return lines.join('\n')
}

function halfBlock(upper: boolean, lower: boolean): string {
  if (upper) return lower ? '█' : '▀'
  return lower ? '▄' : ' '
}

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

/** Effort is bounded by itself; the library's clock must not decide whether a code is found on a busy machine. */
const retryMs = 60_000
/** Nobody shows more codes at once; it bounds the work on a picture that only looks like codes. */
const mostCodes = 8
/** Below this a module of the code may be smaller than two pixels, where doubling helps. */
const smallSide = 600

/**
 * The texts of all QR codes in a picture, each once: rotated, scaled, photographed at an angle, light on dark.
 *
 * The decoder finds one code at a time, so each one found is painted over before the next look. Where nothing is found
 * the picture is tried again with its contrast stretched, smaller and larger: in a corpus of 99 hard pictures
 * (screenshots, artefacts, perspective, blur, noise, pale print) that reads more of them than any one look does.
 *
 * @param picture - in grey; left as it is
 * @returns none when there is no readable code
 */
export function qrTexts(picture: Picture): readonly string[] {
  for (const variant of variants(picture)) {
    const texts = lookAt(variant)
    if (texts.length > 0) return texts
  }
  return []
}

function* variants(picture: Picture): Generator<Picture> {
  yield { ...picture, pixels: picture.pixels.slice() }
  const stretched = stretch(picture)
  yield { ...stretched, pixels: stretched.pixels.slice() }
  if (Math.max(picture.width, picture.height) < smallSide) yield double(stretched)
  for (let smaller = stretched; Math.min(smaller.width, smaller.height) >= 200; ) {
    smaller = halve(smaller)
    yield { ...smaller, pixels: smaller.pixels.slice() }
  }
}

/** Paints over what it finds. */
function lookAt(picture: Picture): readonly string[] {
  const texts = new Set<string>()
  for (let codes = 0; codes < mostCodes; codes++) {
    let outline: readonly Point[] = []
    try {
      const text = decodeQR(
        { width: picture.width, height: picture.height, data: picture.pixels },
        { format: 'I420', effort: 10, timeLimit: retryMs, pointsOnDetect: (found) => (outline = found.bounds) },
      )
      texts.add(text)
    } catch {
      break // so the library says that there is none, or that a side has more than 4096 pixels: see the smaller variants
    }
    paintOver(picture, outline)
  }
  return [...texts]
}

interface Point {
  readonly x: number
  readonly y: number
}

/** Fills a convex four-cornered figure with middle grey. */
function paintOver({ width, height, pixels }: Picture, corners: readonly Point[]): void {
  const ys = corners.map(({ y }) => y)
  for (let y = Math.max(0, Math.floor(Math.min(...ys))); y <= Math.min(height - 1, Math.max(...ys)); y++) {
    const crossings = corners.flatMap((a, index) => {
      const b = corners[(index + 1) % corners.length] ?? a
      return a.y <= y !== b.y <= y ? [a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x)] : []
    })
    if (crossings.length < 2) continue
    const from = Math.max(0, Math.floor(Math.min(...crossings)))
    const to = Math.min(width, Math.ceil(Math.max(...crossings)) + 1)
    if (from < to) pixels.fill(128, y * width + from, y * width + to)
  }
}

/** Spreads the greys between the darkest and the lightest hundredth over the whole range. */
function stretch({ width, height, pixels }: Picture): Picture {
  const counts = new Uint32Array(256)
  for (const grey of pixels) counts[grey] = (counts[grey] ?? 0) + 1
  const edge = pixels.length / 100
  let low = 0
  for (let below = counts[0] ?? 0; below <= edge && low < 255; below += counts[low] ?? 0) low++
  let high = 255
  for (let above = counts[255] ?? 0; above <= edge && high > low; above += counts[high] ?? 0) high--
  const span = Math.max(1, high - low)
  const greys = Uint8ClampedArray.from(counts, (_, grey) => ((grey - low) * 255) / span)
  return { width, height, pixels: pixels.map((grey) => greys[grey] ?? 0) }
}

function halve(picture: Picture): Picture {
  const { width, height, pixels } = picture
  return resample(width >> 1, height >> 1, (x, y) => {
    const at = 2 * y * width + 2 * x
    return ((pixels[at] ?? 0) + (pixels[at + 1] ?? 0) + (pixels[at + width] ?? 0) + (pixels[at + width + 1] ?? 0)) / 4
  })
}

/** Twice the size, with the steps between pixels smoothed. */
function double({ width, height, pixels }: Picture): Picture {
  return resample(2 * width, 2 * height, (x, y) => {
    const grey = (column: number, row: number) =>
      pixels[Math.min(height - 1, Math.max(0, row)) * width + Math.min(width - 1, Math.max(0, column))] ?? 0
    const [column, row] = [x >> 1, y >> 1]
    const [beside, above] = [column + (x % 2 === 0 ? -1 : 1), row + (y % 2 === 0 ? -1 : 1)]
    return (9 * grey(column, row) + 3 * grey(beside, row) + 3 * grey(column, above) + grey(beside, above)) / 16
  })
}

function resample(width: number, height: number, greyAt: (x: number, y: number) => number): Picture {
  const pixels = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) pixels[y * width + x] = greyAt(x, y)
  return { width, height, pixels }
}
