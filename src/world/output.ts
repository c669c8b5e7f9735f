import { fstatSync, writeSync } from 'node:fs'

/** The part of stdout and stderr that is used; a test passes its own. */
export interface Output {
  write(text: string): unknown
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

/**
 * stdout or stderr. A line goes straight to the descriptor, as Node's own stream does it on these systems: to load that
 * takes longer than to find a fresh session. The stream comes in where only it knows what to do: a pipe that takes no more
 * for now, a terminal's width, and Windows' console, whose characters are not bytes.
 */
export function output(fd: 1 | 2): Output {
  const listeners: ((error: NodeJS.ErrnoException) => void)[] = []
  const stream = once(() => {
    const made = fd === 1 ? process.stdout : process.stderr
    return made.on('error', (error) => tell(error))
  })
  const tell = (error: NodeJS.ErrnoException) => {
    for (const listener of listeners) listener(error)
  }
  let direct = process.platform !== 'win32'
  return {
    write(text) {
      let rest = Buffer.from(text)
      try {
        while (direct && rest.length > 0) rest = rest.subarray(writeSync(fd, rest))
      } catch (error) {
        direct = false
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return tell(error as NodeJS.ErrnoException)
      }
      if (rest.length > 0) stream().write(rest)
    },
    on: (_, listener) => listeners.push(listener),
    get isTTY() {
      return mayBeTerminal(fd) && stream().isTTY === true
    },
    get columns() {
      return mayBeTerminal(fd) ? stream().columns : 0
    },
  }
}

function mayBeTerminal(fd: number): boolean {
  try {
    return process.platform === 'win32' || fstatSync(fd).isCharacterDevice()
  } catch {
    return false
  }
}

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}
