import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { Worker } from 'node:worker_threads'
import { otherPicture, readPictureHeader } from '../core/pictureHeader.js'
import { Failure } from '../errors.js'
import type { QrCodes, World } from '../world.js'
import { readClipboardPicture } from './clipboardPicture.js'
import { fileFailure } from './fileFailure.js'
import { announced, type StandardInputParts } from './standardInput.js'

/** A photo of 24 megapixels has 15 MB at most; a screenshot as PNG seldom more. */
const mostBytes = 32 * 1024 * 1024

export interface QrCodesOptions {
  readonly env: World['env']
  readonly platform: NodeJS.Platform
  readonly stdin: StandardInputParts
  /** how long one picture may take; half a minute by default, a photo of 24 megapixels takes a few seconds */
  readonly limitMs?: number
}

/** Reads pictures and decodes them in memory; nothing of them is ever written. */
export function makeQrCodes({ env, platform, stdin, limitMs = 30_000 }: QrCodesOptions): QrCodes {
  return {
    async inFile(path) {
      if (path !== '-') return await decode(await readFile(path), path, limitMs)
      const stream = stdin.stream()
      if (stream.isTTY) {
        throw new Failure('usage', 'standard input is a terminal, not a picture', [
          'pipe or redirect a PNG or JPEG into awsmfa, or name a file: --qr FILE',
        ])
      }
      const name = 'standard input'
      const bytes = await announced(readAll(stream, name), stdin.onWait, stdin.patienceMs).catch((error) => {
        throw fileFailure('read', name, error)
      })
      return await decode(bytes, name, limitMs)
    },
    async inClipboard() {
      const name = 'the clipboard'
      return await decode(await readClipboardPicture({ env, platform, mostBytes }), name, limitMs)
    },
  }
}

async function readFile(path: string): Promise<Uint8Array> {
  try {
    return await readAll(createReadStream(path), path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new Failure('usage', `there is no file ${path}`, 'name the picture of the QR code: --qr FILE', error)
    }
    throw fileFailure('read', path, error)
  }
}

/** As a stream, not by the file's size, so that pipes such as the shell's `<(…)` work. */
async function readAll(stream: Readable, name: string): Promise<Uint8Array> {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of stream) {
    pieces.push(Buffer.from(piece))
    length += pieces.at(-1)?.length ?? 0
    if (length > mostBytes) {
      throw new Failure('usage', `${name} is larger than ${mostBytes / 1024 / 1024} MiB`, otherPicture)
    }
  }
  return Buffer.concat(pieces)
}

async function decode(bytes: Uint8Array, name: string, limitMs: number): Promise<readonly string[]> {
  const { format } = readPictureHeader(bytes, name)
  const worker = new Worker(new URL('./qrWorker.js', import.meta.url), {
    workerData: { bytes, format },
    execArgv: [],
    stderr: true, // The libraries have nothing to say to people.
  })
  let timer: NodeJS.Timeout | undefined
  try {
    return await new Promise((resolve, reject) => {
      const tooSlow = `${name} cannot be read within ${limitMs / 1000} seconds`
      timer = setTimeout(() => reject(new Failure('usage', tooSlow, otherPicture)), limitMs)
      worker.once('message', resolve)
      worker.once('error', (error) =>
        reject(new Failure('usage', `${name} is a damaged or unusual ${format} picture`, otherPicture, error)),
      )
    })
  } finally {
    clearTimeout(timer)
    await worker.terminate()
  }
}
