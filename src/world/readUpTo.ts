import type { Readable } from 'node:stream'

/** @returns `undefined` when there is more than `most` bytes of it; the rest is not read then */
export async function readUpTo(stream: Readable, most: number): Promise<Buffer | undefined> {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of stream) {
    const bytes = Buffer.from(piece)
    pieces.push(bytes)
    length += bytes.length
    if (length > most) return undefined
  }
  return Buffer.concat(pieces)
}
