import { PNG } from 'pngjs'
import { encodeQR } from 'qr'
import type { Picture } from '../../src/core/qr.js'

/** What the tests draw with: pictures in grey, each step a new one. The noise is the same in every run. */

export function blank(width: number, height: number, grey = 255): Picture {
  return { width, height, pixels: new Uint8Array(width * height).fill(grey) }
}

/** A QR code with a margin of four modules. */
export function code(text: string, pixelsPerModule: number): Picture {
  const rows = encodeQR(text, 'raw', { ecc: 'medium', border: 4 })
  const side = rows.length * pixelsPerModule
  return map(blank(side, side), (_, x, y) => {
    const dark = rows[Math.floor(y / pixelsPerModule)]?.[Math.floor(x / pixelsPerModule)]
    return dark ? 0 : 255
  })
}

export function map(picture: Picture, change: (grey: number, x: number, y: number) => number): Picture {
  const { width, height } = picture
  const pixels = new Uint8ClampedArray(picture.pixels)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) pixels[y * width + x] = change(pixels[y * width + x] ?? 0, x, y)
  }
  return { width, height, pixels: new Uint8Array(pixels.buffer) }
}

export const inverted = (picture: Picture) => map(picture, (grey) => 255 - grey)

export function paste(onto: Picture, picture: Picture, left: number, top: number): Picture {
  return map(onto, (grey, x, y) => {
    const inside = x >= left && y >= top && x < left + picture.width && y < top + picture.height
    return inside ? (picture.pixels[(y - top) * picture.width + x - left] ?? 0) : grey
  })
}

/** A new picture whose point (x, y) is what `from` finds in the old one, between pixels smoothly. */
function warp(
  old: Picture,
  width: number,
  height: number,
  around: number,
  from: (x: number, y: number) => readonly [number, number],
): Picture {
  const grey = (x: number, y: number) =>
    x < 0 || y < 0 || x >= old.width || y >= old.height ? around : (old.pixels[y * old.width + x] ?? 0)
  return map(blank(width, height), (_, x, y) => {
    const [u, v] = from(x + 0.5, y + 0.5)
    const [column, row] = [Math.floor(u - 0.5), Math.floor(v - 0.5)]
    const [right, down] = [u - 0.5 - column, v - 0.5 - row]
    const upper = grey(column, row) * (1 - right) + grey(column + 1, row) * right
    const lower = grey(column, row + 1) * (1 - right) + grey(column + 1, row + 1) * right
    return upper * (1 - down) + lower * down
  })
}

export function rotated(picture: Picture, degrees: number, around = 255): Picture {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)]
  const { width, height } = picture
  const newWidth = Math.ceil(Math.abs(width * cos) + Math.abs(height * sin))
  const newHeight = Math.ceil(Math.abs(width * sin) + Math.abs(height * cos))
  return warp(picture, newWidth, newHeight, around, (x, y) => {
    const [a, b] = [x - newWidth / 2, y - newHeight / 2]
    return [a * cos + b * sin + width / 2, b * cos - a * sin + height / 2]
  })
}

export function scaled(picture: Picture, factor: number): Picture {
  const size = (pixels: number) => Math.round(pixels * factor)
  return warp(picture, size(picture.width), size(picture.height), 255, (x, y) => [x / factor, y / factor])
}

/** Seen from the side: one edge is farther away than the other. */
export function tilted(picture: Picture, sideways: number, upwards: number, around = 255): Picture {
  const { width, height } = picture
  const [newWidth, newHeight] = [Math.round(width * 1.2), Math.round(height * 1.2)]
  return warp(picture, newWidth, newHeight, around, (x, y) => {
    const [a, b] = [x / newWidth - 0.5, y / newHeight - 0.5]
    const depth = 1 + sideways * a + upwards * b
    return [(a / depth) * newWidth + width / 2, (b / depth) * newHeight + height / 2]
  })
}

export function blurred(picture: Picture): Picture {
  const { width, pixels } = picture
  return map(picture, (grey, x, y) => {
    const at = y * width + x
    const around = [
      at - width - 1,
      at - width,
      at - width + 1,
      at - 1,
      at + 1,
      at + width - 1,
      at + width,
      at + width + 1,
    ]
    return around.reduce((sum, each) => sum + (pixels[each] ?? grey), grey) / 9
  })
}

export function noisy(picture: Picture, strength: number): Picture {
  const random = randomNumbers()
  return map(picture, (grey) => grey + (random() + random() + random() - 1.5) * strength)
}

/** Lit from the right. */
export const shaded = (picture: Picture) => map(picture, (grey, x) => grey * (0.4 + (0.5 * x) / picture.width))

/** A desktop with lines of text, windows, and icons that look like the corners of a QR code. */
export function desktop(width: number, height: number, dark = false): Picture {
  const random = randomNumbers()
  const pixels = new Uint8Array(width * height).fill(dark ? 26 : 242)
  const box = (left: number, top: number, w: number, h: number, grey: number) => {
    for (let y = Math.floor(top); y < Math.min(height, top + h); y++) {
      pixels.fill(grey, y * width + Math.floor(left), y * width + Math.min(width, Math.floor(left + w)))
    }
  }
  for (let top = 34; top < height - 20; top += 22) {
    for (let left = 20; left < width * 0.9; left += 4 + random() * 6) {
      if (random() > 0.15) box(left, top + random() * 4, 2 + random() * 3, 4 + random() * 10, dark ? 205 : 35)
    }
  }
  box(0, 0, width, 30, 45)
  for (let icon = 0; icon < 8; icon++) {
    const [left, top] = [random() * width * 0.9, random() * height * 0.9]
    box(left, top, 28, 28, 20)
    box(left + 4, top + 4, 20, 20, 255)
    box(left + 8, top + 8, 12, 12, 20)
  }
  return { width, height, pixels }
}

/** @param alpha - how opaque each grey is; default: all are */
export function toPng(picture: Picture, alpha: (grey: number) => number = () => 255): Buffer {
  const { width, height } = picture
  return PNG.sync.write(Object.assign(new PNG({ width, height }), { data: rgba(picture, alpha) }))
}

function rgba({ pixels }: Picture, alpha: (grey: number) => number): Buffer {
  const bytes = Buffer.alloc(pixels.length * 4)
  pixels.forEach((grey, index) => {
    bytes.set([grey, grey, grey, alpha(grey)], index * 4)
  })
  return bytes
}

/** A linear congruential generator ("Numerical Recipes"), always from the same start. */
function randomNumbers(): () => number {
  let state = 1
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
