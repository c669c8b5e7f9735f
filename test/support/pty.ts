import { execFileSync, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { constants } from 'node:os'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { limitMs } from './limit.js'

// From the compiled place, build*/test/support, back to the source's.
const helper = fileURLToPath(new URL('../../../test/support/pty.py', import.meta.url))
/** The interpreter itself: what is found on the PATH may be a script of pyenv's, which takes ten times as long. */
let python: string | undefined

export interface PtyOptions {
  /** the whole environment; the test's own by default. Without colours, unless it says `NO_COLOR: ''` */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** 80 by default */
  readonly cols?: number
  /** 24 by default */
  readonly rows?: number
}

export interface PtyEnd {
  /** the exit code; 128 + the number for a signal, as shells count */
  readonly code: number
  /** all that the terminal showed, escape sequences and all; a line ends with `\r\n` */
  readonly output: string
  /** the terminal's settings after the program's end: whether it echoes, and edits lines */
  readonly echo: boolean
  readonly canonical: boolean
}

export interface Pty {
  readonly pid: number
  /** what the terminal has shown so far */
  readonly output: string
  /**
   * Waits until the terminal shows `wanted`, after what the last waitFor found.
   *
   * @throws Error with the output when the program ends without it, or after {@link limitMs}
   */
  waitFor(wanted: string | RegExp): Promise<void>
  /** Presses keys: `\r` is Enter, `\x03` Ctrl-C, `\x04` Ctrl-D, `\x7f` Backspace. */
  type(keys: string): void
  resize(cols: number, rows: number): void
  /** Sends a signal to the program alone. */
  signal(name: NodeJS.Signals): void
  /** Switches local modes of the terminal behind the program's back, as a shell does while a job is stopped. */
  set(modes: { readonly ECHO?: boolean; readonly ICANON?: boolean }): void
  /** Waits for the program's end. */
  end(): Promise<PtyEnd>
}

/**
 * Runs a program on a real pseudo-terminal, as leader of its own session with that as controlling terminal. Needs python3:
 * put `{ skip: absent('python3') }` on the suite. A program that is still running when the test file ends is killed.
 */
export async function openPty(command: string, args: readonly string[], options: PtyOptions = {}): Promise<Pty> {
  python ??= execFileSync('python3', ['-IS', '-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim()
  const child = spawn(python, ['-IS', helper], { stdio: ['pipe', 'pipe', 'inherit'] })
  // Nothing here keeps a failed test's process alive; the limits below do while somebody waits.
  child.unref()
  for (const pipe of [child.stdin, child.stdout]) (pipe as unknown as Socket).unref()
  child.stdin.on('error', () => {}) // The program has ended already: end() tells.

  let pid: number | undefined
  let output = ''
  let seen = 0
  let end: PtyEnd | undefined
  let closed = false
  let changed = () => {}
  const decoder = new TextDecoder()
  const lines = createInterface(child.stdout)
  lines.on('line', (line) => {
    const message = JSON.parse(line)
    if ('pid' in message) pid = message.pid
    if ('output' in message) output += decoder.decode(Buffer.from(message.output, 'base64'), { stream: true })
    if ('code' in message) end = { ...message, output }
    changed()
  })
  lines.on('close', () => {
    closed = true
    changed()
  })
  child.on('error', () => lines.close())

  /** Waits until `look` finds something. */
  async function until<T>(what: string, look: () => T | undefined): Promise<T> {
    return await new Promise((resolve, reject) => {
      const fail = (why: string) =>
        reject(new Error(`${why} while waiting for ${what}; the terminal shows:\n${output}`))
      const timer = setTimeout(() => {
        changed = () => {}
        child.kill()
        fail(`${limitMs / 1000} seconds passed`)
      }, limitMs)
      changed = () => {
        const found = look()
        if (found === undefined && end === undefined && !closed) return
        clearTimeout(timer)
        changed = () => {}
        if (found !== undefined) resolve(found)
        else fail(`the program ended (${end?.code})`)
      }
      changed()
    })
  }

  const send = (message: object) => void child.stdin.write(`${JSON.stringify(message)}\n`)
  const { env = process.env, cwd = process.cwd(), cols = 80, rows = 24 } = options
  send({ command: [command, ...args], env: { NO_COLOR: '1', ...env }, cwd, cols, rows })
  const started = await until('its start', () => pid)

  return {
    pid: started,
    get output() {
      return output
    },
    async waitFor(wanted) {
      seen = await until(String(wanted), () => {
        const fresh = output.slice(seen)
        if (typeof wanted === 'string') {
          const at = fresh.indexOf(wanted)
          return at < 0 ? undefined : seen + at + wanted.length
        }
        const found = new RegExp(wanted.source, wanted.flags.replace('g', '')).exec(fresh)
        return found === null ? undefined : seen + found.index + found[0].length
      })
    },
    type: (keys) => send({ type: keys }),
    resize: (newCols, newRows) => send({ resize: [newCols, newRows] }),
    signal: (name) => send({ signal: constants.signals[name] }),
    set: (settings) => send({ settings }),
    end: () => until('its end', () => end),
  }
}
