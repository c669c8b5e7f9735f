import { type ChildProcess, spawn } from 'node:child_process'
import { basename } from 'node:path'
import { redact } from '../core/text.js'
import { Failure } from '../errors.js'
import type { Programs, World } from '../world.js'
import { onExit } from './cleanup.js'

const usualLimitMs = 30_000
/** Nothing that is asked for here is longer than a line. */
const mostBytes = 65_536
const mostComplaint = 200
/** A program may leave a helper behind (an agent, a daemon) that keeps its stdout open for ever. */
const usualLastWordsMs = 500

export interface ProgramsOptions {
  readonly env: World['env']
  /** whether a person is there, for a PIN or a touch */
  readonly attended: () => boolean
  /** 30 seconds unless told */
  readonly limitMs?: number
  /** how long a program that has ended may still be heard; half a second unless told */
  readonly lastWordsMs?: number
}

interface Ending {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs programs of the person's in the person's own environment. */
export function makePrograms({
  env,
  attended,
  limitMs = usualLimitMs,
  lastWordsMs = usualLastWordsMs,
}: ProgramsOptions): Programs {
  return {
    async output([program, ...args]) {
      const name = basename(program)
      // With a person, what the program says and asks is between the two of them.
      const person = attended() ? 'inherit' : undefined
      // Without a terminal to share it gets a group of its own, so that whatever it has started can be ended with it.
      const detached = person === undefined && process.platform !== 'win32'
      const child = start(name, () =>
        spawn(program, args, {
          env,
          stdio: [person ?? 'ignore', 'pipe', person ?? 'pipe'],
          detached,
          windowsHide: true,
        }),
      )
      const kill = () => {
        if (!detached || child.pid === undefined) return void child.kill('SIGKILL')
        try {
          process.kill(-child.pid, 'SIGKILL')
        } catch {
          // all of it is gone
        }
      }
      const forget = onExit(kill)
      try {
        const { exitCode, signal, stdout, stderr } = await ending(child, name, { limitMs, lastWordsMs, kill })
        if (exitCode === 0) return stdout
        const how = signal === null ? `exit code ${exitCode}` : signal
        // It is kept for `status`, too.
        const complaint = /\S.*/.exec(redact(stderr))?.[0].slice(0, mostComplaint)
        throw new Failure('act', `${name} failed (${how})${complaint === undefined ? '' : `: ${complaint}`}`, [
          'run the same command yourself to see why; awsmfa runs it without a shell, and unattended without a terminal',
        ])
      } finally {
        forget()
      }
    },
  }
}

/** Some errors Node throws at once, others it tells by an event. */
function start(name: string, spawned: () => ChildProcess): ChildProcess {
  try {
    return spawned()
  } catch (error) {
    throw cannotStart(name, error as NodeJS.ErrnoException)
  }
}

interface Limits {
  readonly limitMs: number
  readonly lastWordsMs: number
  kill(): void
}

function ending(child: ChildProcess, name: string, { limitMs, lastWordsMs, kill }: Limits): Promise<Ending> {
  return new Promise((resolve, reject) => {
    const timers: NodeJS.Timeout[] = []
    const said = { stdout: '', stderr: '' }
    const finish = (settle: () => void) => {
      timers.forEach(clearTimeout)
      child.stdout?.destroy()
      child.stderr?.destroy()
      settle()
    }
    const giveUp = (failure: Failure) => {
      kill()
      finish(() => reject(failure))
    }
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream]?.setEncoding('utf8').on('data', (piece: string) => {
        said[stream] += piece
        if (said[stream].length > mostBytes) {
          giveUp(new Failure('act', `${name} does not stop talking`, 'it must print one short line'))
        }
      })
    }
    child.once('error', (error) => finish(() => reject(cannotStart(name, error))))
    child.once('exit', (exitCode, signal) => {
      const done = () => finish(() => resolve({ exitCode, signal, ...said }))
      child.once('close', done)
      timers.push(setTimeout(done, lastWordsMs))
    })
    const tooLong = new Failure('retry', `${name} did not end within ${limitMs / 1000} seconds`, [
      'if it waits for a touch, a PIN or a login, run awsmfa in a terminal',
    ])
    timers.push(setTimeout(() => giveUp(tooLong), limitMs))
  })
}

function cannotStart(name: string, error: NodeJS.ErrnoException): Failure {
  const why =
    error.code === 'ENOENT' ? 'there is no such program' : `it cannot be started (${error.code ?? error.name})`
  return new Failure('act', `cannot run ${name}: ${why}`, [
    'give its absolute path: the PATH of cron, timers and login hooks is shorter than that of your shell',
  ])
}
