import { decodeQR } from 'qr/decode.js'
import type { Picture } from './picture.js'

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
