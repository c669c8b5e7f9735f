import jpeg from 'jpeg-js'
import { PNG } from 'pngjs'
import type { PictureHeader } from './pictureHeader.js'

const mostMemoryMb = 1024

/** A grey picture: one byte a pixel, row by row, 0 is black. */
export interface Picture {
  readonly width: number
  readonly height: number
  readonly pixels: Uint8Array
}

/**
 * Decodes a PNG or JPEG to grey. Transparent parts become middle grey, so that a code that was drawn in black only, or in
 * white only, stands out either way.
 *
 * @param bytes - the file's bytes, whose header was found to be of a sensible size
 * @throws the libraries' own errors when the picture is damaged or of an unusual kind
 */
export function readPicture(bytes: Uint8Array, format: PictureHeader['format']): Picture {
  const { width, height, data } =
    format === 'PNG'
      ? PNG.sync.read(Buffer.from(bytes))
      : jpeg.decode(bytes, { useTArray: true, maxMemoryUsageInMB: mostMemoryMb })
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
