import type { Readable } from 'node:stream'
import { Failure } from '../errors.js'
import type { Terminal } from '../outside/terminal.js'
import type { StandardInput } from '../world.js'
import { readUpTo } from './readUpTo.js'

const mostBytes = 65_536

export interface StandardInputParts {
  /** `process.stdin`, touched only when something is read: a paused stdin does not keep the process alive */
  stream(): Readable & { isTTY?: boolean }
  /** tells that somebody is waited for, see {@link sayReading} */
  onWait(): void
  /** a second by default */
  readonly patienceMs?: number
}

export function makeStandardInput({ stream, onWait, patienceMs }: StandardInputParts): StandardInput {
  return {
    get isTerminal() {
      return stream().isTTY === true
    },
    read: () => announced(readSeed(stream()), onWait, patienceMs),
  }
}

/** Tells when reading takes longer than a pipe needs that somebody has filled. */
export async function announced<T>(reading: Promise<T>, onWait: () => void, patienceMs = 1000): Promise<T> {
  const timer = setTimeout(onWait, patienceMs)
  try {
    return await reading
  } finally {
    clearTimeout(timer)
  }
}

/** Without a terminal of ours a person may be typing all the same, and the terminal at the other end then shows it. */
export function sayReading(terminal: Pick<Terminal, 'say' | 'interactive'>): void {
  terminal.say('reading the seed from standard input, up to its end')
  if (terminal.interactive) return
  terminal.say('hint: there is no terminal here, so what you type would be shown: use ssh -t, or winpty in Git Bash')
}

async function readSeed(stream: Readable): Promise<Uint8Array> {
  const bytes = await readUpTo(stream, mostBytes).catch((error) => {
    throw new Failure('act', 'standard input cannot be read', 'pipe in the seed, or run it on a terminal', error)
  })
  if (bytes !== undefined) return bytes
  throw new Failure('usage', `standard input holds more than ${mostBytes / 1024} KiB: that is no seed`, [
    'pipe in the seed alone, or the otpauth://totp/ link; a picture of its QR code: --qr -',
  ])
}
