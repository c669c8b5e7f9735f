import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { limitMs } from './limit.js'

/** What one run of a program came to. */
export interface CliRun {
  /** `null` when a signal ended it */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  /** argv and environment of its process and of all below it, as far as sampling saw them; Linux only */
  readonly processes: readonly ProcessSeen[]
}

export interface ProcessSeen {
  readonly argv: readonly string[]
  readonly environ: readonly string[]
}

export interface StartedCli {
  readonly pid: number
  kill(signal: NodeJS.Signals): void
  readonly ended: Promise<CliRun>
}

export interface CliOptions {
  /** the whole environment: nothing of the test's own gets through */
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** what stands on standard input; without it standard input is `/dev/null`, as under cron */
  readonly input?: string | Buffer | undefined
}

/** How often the processes are looked at; a keychain's child lives for some 50 ms. */
const sampleMs = 10

/** Starts a program and collects what it says. Killed when it is still running after {@link limitMs}. */
export function startCli(command: readonly string[], options: CliOptions): StartedCli {
  const [program = '', ...args] = command
  const { env, cwd, input } = options
  const child = spawn(program, args, { env, cwd, stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] })
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout?.on('data', (piece: Buffer) => stdout.push(piece))
  child.stderr?.on('data', (piece: Buffer) => stderr.push(piece))
  child.stdin?.on('error', () => {}) // It ended without reading: its exit code tells.
  child.stdin?.end(input)
  const pid = child.pid
  const watch = watchProcesses(pid)
  const timer = setTimeout(() => child.kill('SIGKILL'), limitMs)
  const ended = new Promise<CliRun>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      const text = (pieces: Buffer[]) => Buffer.concat(pieces).toString()
      resolve({ code, signal, stdout: text(stdout), stderr: text(stderr), processes: watch.stop() })
    })
  })
  return { pid: pid ?? -1, kill: (signal) => void child.kill(signal), ended }
}

/** Looks again and again at argv and environment of a process and all its descendants, until it is stopped. */
export function watchProcesses(pid: number | undefined): { stop(): readonly ProcessSeen[] } {
  const seen = new Map<string, ProcessSeen>()
  const look = (each: number) => {
    const argv = procFile(each, 'cmdline')
    const environ = procFile(each, 'environ')
    if (argv !== '' || environ !== '') {
      seen.set(`${argv}\n${environ}`, { argv: argv.split('\0'), environ: environ.split('\0') })
    }
    for (const child of procFile(each, `task/${each}/children`).split(' ')) if (child !== '') look(Number(child))
  }
  const sample = () => {
    if (pid !== undefined) look(pid)
  }
  sample()
  // A test that fails before it stops this must still end.
  const timer = setInterval(sample, sampleMs).unref()
  return {
    stop() {
      clearInterval(timer)
      return [...seen.values()]
    },
  }
}

function procFile(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1')
  } catch {
    // gone by now, or not Linux
    return ''
  }
}
