/**
 * Every way in which the program asks:
 *
 * - Questions go to the terminal device itself, whatever stdin and stderr are. A seed is typed without any echo.
 * - Nothing is asked when nobody can answer: no terminal, a background job, `--no-input`.
 * - An answer is one line. When more comes, nothing of it is kept, and nothing of it reaches the person's shell.
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import process from 'node:process'
import { type TypedEnd, TypedLine } from '../core/typedLine.js'
import { Failure } from '../errors.js'
import { device } from './attended.js'
import { onExit } from './cleanup.js'
import { openTtyInput, type TtyInput } from './ttyInput.js'

/** How long a paste may pause between two lines. A seed is typed once in a device's life, a code every day. */
const hiddenPauseMs = 1000
const openPauseMs = 200

/**
 * Reads one line from the terminal device. In the open the kernel echoes and edits; hidden means raw mode. After the line
 * raw mode stays until nothing more comes: half a pasted seed would otherwise be shown, run and kept by the shell.
 * The terminal is put right again on every way out, so that the shell does not go on without an echo.
 *
 * @param pauseMs - how long nothing must come after the line; for a test
 * @throws Failure `usage` when the input ends, or is more than one line, or far too long; `act` when the terminal goes away
 */
export async function readLine(
  prompt: string,
  hidden: boolean,
  pauseMs = hidden ? hiddenPauseMs : openPauseMs,
): Promise<string> {
  const { input, write, close } = openDevice()
  const typed = new TypedLine()
  let raw = false
  const setRaw = (on: boolean) => {
    raw = on
    input.setRawMode(on)
  }
  let entered = false
  // A shell sets its own modes while we are stopped. Toggled, because libuv skips a mode that it believes to be set.
  const show = () => {
    if (raw) setRaw(false)
    if (hidden || entered) setRaw(true)
    if (!entered) write(prompt)
  }
  const finish = () => {
    forget()
    process.off('SIGCONT', show)
    if (raw) setRaw(false)
    if (hidden && !entered) write('\n')
    close()
  }
  const forget = onExit(finish)
  process.on('SIGCONT', show)
  let end: TypedEnd
  try {
    const reading = readKeys(input, typed, pauseMs, () => {
      entered = true
      if (hidden) write('\n')
      else setRaw(true)
    })
    show()
    end = await reading
  } catch (error) {
    throw new Failure('act', 'the terminal went away before the question was answered', [], error)
  } finally {
    finish()
  }
  // Raw mode keeps Ctrl-C from becoming a signal. The code is that of the signal, and `exit` runs the clean-up.
  if (end === 'interrupted') process.exit(130)
  return answerOf(typed, end)
}

/** Fills `typed`, and what comes after the line too until nothing comes for `pauseMs`. */
function readKeys(input: TtyInput, typed: TypedLine, pauseMs: number, onEntered: () => void): Promise<TypedEnd> {
  return new Promise((resolve, reject) => {
    let silence: NodeJS.Timeout | undefined
    let pieces = 0
    input.setEncoding('utf8')
    input.on('error', reject)
    input.once('end', () => resolve('ended'))
    input.on('data', (piece: string) => {
      const state = typed.type(piece)
      if (state === 'more') return
      clearTimeout(silence)
      if (state !== 'entered') return resolve(state)
      const before = ++pieces
      if (before === 1) onEntered()
      // On a busy machine the time may be over before what has come was read: one more turn of the loop reads it.
      const last = () => setImmediate(() => before === pieces && resolve(state))
      silence = setTimeout(last, pauseMs)
    })
  })
}

function answerOf(typed: TypedLine, end: TypedEnd): string {
  if (end === 'ended') throw new Failure('usage', 'the input ended before the question was answered')
  if (typed.surplus) {
    throw new Failure('usage', 'more than one line was typed where one was asked for; nothing of it is kept', [
      'when it was pasted, copy it again as one line',
    ])
  }
  if (typed.text === undefined) throw new Failure('usage', 'what was typed is too long to be an answer')
  return typed.text
}

interface Device {
  readonly input: TtyInput
  write(text: string): void
  close(): void
}

function openDevice(): Device {
  if (process.platform === 'win32') {
    return {
      input: process.stdin,
      write: (text) => void process.stderr.write(text),
      close: () => {
        process.stdin.removeAllListeners('data').pause()
      },
    }
  }
  // Two descriptors: reading makes its own non-blocking, and a prompt must not be lost to EAGAIN.
  const input = openTtyInput(device)
  const output = openSync(device, 'w')
  return {
    input,
    write(text) {
      try {
        writeSync(output, text)
      } catch {
        // The terminal has hung up: there is nobody to tell, and the reading side reports it.
      }
    },
    close() {
      input.destroy()
      closeSync(output)
    },
  }
}
