import { constants, createReadStream, openSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { Worker } from 'node:worker_threads'
import { checkPicture, otherPicture } from '../core/qr.js'
import { Failure } from '../errors.js'
import type { QrCodes, World } from '../world.js'
import { readClipboardPicture } from './clipboard.js'
import { fileFailure } from './fileFailure.js'
import { typedPath } from './homeFolder.js'
import { readUpTo } from './readUpTo.js'
import { announced, type StandardInputParts } from './standardInput.js'
import { statIfAny } from './target.js'

/** A screenshot of three large displays has seldom more. */
const mostBytes = 32 * 1024 * 1024

export interface QrCodesOptions {
  readonly env: World['env']
  readonly platform: NodeJS.Platform
  readonly stdin: StandardInputParts
  /** how long one picture may take; half a minute by default, a large one takes a few seconds */
  readonly limitMs?: number
}

/** Reads pictures and decodes them in memory; nothing of them is ever written. */
export function makeQrCodes({ env, platform, stdin, limitMs = 30_000 }: QrCodesOptions): QrCodes {
  return {
    async inFile(path) {
      if (path !== '-') return await decode(await readFile(typedPath(path), limitMs), path, limitMs)
      const stream = stdin.stream()
      if (stream.isTTY) {
        throw new Failure('usage', 'standard input is a terminal, not a picture', [
          'pipe or redirect a PNG into awsmfa, or name a file: --qr FILE',
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
      return await decode(await readClipboardPicture({ env, platform }, mostBytes), name, limitMs)
    },
  }
}

async function readFile(path: string, limitMs: number): Promise<Uint8Array> {
  try {
    if (statIfAny(path)?.isFIFO()) return await readPipe(path, limitMs)
    return await readAll(createReadStream(path), path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new Failure('usage', `there is no file ${path}`, 'name the picture of the QR code: --qr FILE', error)
    }
    throw fileFailure('read', path, error)
  }
}

/**
 * A pipe that has a path, such as the shell's `<(…)`. Opened like a file it would wait for a writer in a thread of its own,
 * and a process with a thread that waits does not even leave on Ctrl-C.
 */
async function readPipe(path: string, limitMs: number): Promise<Uint8Array> {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const socket = new Socket({ fd, readable: true, writable: false })
  socket.setTimeout(limitMs, () =>
    socket.destroy(new Failure('usage', `nobody writes into the pipe ${path}`, otherPicture)),
  )
  return await readAll(socket, path)
}

async function readAll(stream: Readable, name: string): Promise<Uint8Array> {
  const bytes = await readUpTo(stream, mostBytes)
  if (bytes !== undefined) return bytes
  throw new Failure('usage', `${name} is larger than ${mostBytes / 1024 / 1024} MiB`, otherPicture)
}

async function decode(bytes: Uint8Array, name: string, limitMs: number): Promise<readonly string[]> {
  checkPicture(bytes, name)
  const worker = new Worker(new URL('./qrWorker.js', import.meta.url), {
    workerData: bytes,
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
        reject(new Failure('usage', `${name} is a damaged or unusual PNG picture`, otherPicture, error)),
      )
    })
  } finally {
    clearTimeout(timer)
    await worker.terminate()
  }
}
