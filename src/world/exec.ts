import { spawn } from 'node:child_process'
import { accessSync, closeSync, constants, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { constants as system } from 'node:os'
import process from 'node:process'
import { isatty } from 'node:tty'
import { batchLine, childEnv, isBatchFile, programPaths, readHead } from '../core/exec.js'
import { CannotStart } from '../errors.js'
import type { Exec, FoundProgram } from '../outside/exec.js'
import type { World } from '../world.js'

export interface ExecOptions {
  readonly env: World['env']
  readonly platform: NodeJS.Platform
}

type Command = Parameters<Exec['become']>[1]

/** Since Node 22.15, and never on Windows. A failure of it aborts the process: only what surely starts is given to it. */
type Execve = (file: string, args: readonly string[], env: Record<string, string>) => never

/** The programs that a person puts behind `awsmfa exec --`. */
export function makeExec({ env, platform }: ExecOptions): Exec {
  const windows = platform === 'win32'
  return {
    async find(name) {
      let obstacle: string | undefined
      for (const path of programPaths(name, env, windows, process.cwd())) {
        const why = whyNotExecutable(path)
        if (why === undefined) return judge(path)
        obstacle ??= why === 'absent' ? undefined : `${path} is ${why}`
      }
      if (obstacle !== undefined) {
        throw new CannotStart(126, `cannot run ${name}: ${obstacle}`, 'chmod +x makes a program of a file')
      }
      throw new CannotStart(127, `cannot run ${name}: there is no such program`, [
        'awsmfa exec -- starts programs; for what only a shell knows (an alias, a pipe): awsmfa exec -- sh -c …',
      ])
    },
    async become(program, [name, ...args], variables) {
      const environment = childEnv(env, variables, windows)
      const { execve } = process as { execve?: Execve }
      if (!windows && program.sure && execve !== undefined) {
        const script = program.by === 'sh'
        const [file, ...words] = script ? ['/bin/sh', 'sh', program.path, ...args] : [program.path, name, ...args]
        giveBack()
        execve.call(process, file, words, environment)
      }
      return await runBelow(program, [name, ...args], environment)
    },
    async leave(exitCode) {
      await new Promise<void>((done) => process.stdout.write('', () => done()))
      process.exit(process.exitCode ?? exitCode)
    },
  }
}

function whyNotExecutable(path: string): string | undefined {
  try {
    if (statSync(path).isDirectory()) return 'a folder'
    accessSync(path, constants.X_OK)
    return undefined
  } catch (error) {
    return /^(EACCES|EPERM)$/.test((error as NodeJS.ErrnoException).code ?? '') ? 'not executable' : 'absent'
  }
}

function judge(path: string): FoundProgram {
  if (isBatchFile(path) && process.platform === 'win32') return { path, sure: false, by: 'cmd' }
  const head = headOf(path)
  const isText = head !== undefined && readHead(head, ownHead()).kind === 'text'
  return { path, sure: startsSurely(path), ...(isText ? { by: 'sh' } : {}) }
}

/** Whether the system can start a file: execve(2) tells by itself only when it is too late. */
function startsSurely(path: string, depth = 0): boolean {
  const bytes = headOf(path)
  if (bytes === undefined || depth > 4 || whyNotExecutable(path) !== undefined) return false
  const head = readHead(bytes, ownHead())
  if (head.kind === 'script') return startsSurely(head.interpreter, depth + 1)
  if (head.kind === 'binary') return head.loader === undefined || whyNotExecutable(head.loader) === undefined
  return head.kind === 'text' && depth === 0
}

/** @returns `undefined` for what may be run, and not be read */
function headOf(path: string): Buffer | undefined {
  try {
    const fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    try {
      const head = Buffer.alloc(4096)
      return head.subarray(0, readSync(fd, head))
    } finally {
      closeSync(fd)
    }
  } catch {
    return undefined
  }
}

function ownHead(): Buffer {
  return headOf(process.execPath) ?? Buffer.alloc(0)
}

/**
 * Undoes what Node has done to what the next program inherits. Ignored signals stay ignored in it and caught ones do not,
 * execve(2); Node ignores these two. A pipe that Node has looked at does not block any more, and most programs cannot live
 * with that.
 */
function giveBack(): void {
  for (const signal of ['SIGPIPE', 'SIGXFSZ'] as const) process.on(signal, () => {})
  for (const stream of [process.stdin, process.stdout, process.stderr]) {
    const { _handle: handle } = stream as { _handle?: { setBlocking?(on: boolean): void } }
    handle?.setBlocking?.(true)
  }
}

/** What a terminal's keys send to all programs in its foreground, so that the program below has it already. */
const fromKeys: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT']
const forwarded: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGALRM', 'SIGBREAK']

async function runBelow(program: FoundProgram, [name, ...args]: Command, env: Record<string, string>): Promise<number> {
  const child = start(program, name, args, env)
  for (const signal of [...fromKeys, ...forwarded]) {
    if (process.platform === 'win32' && !/^SIG(INT|BREAK|HUP)$/.test(signal)) continue
    process.removeAllListeners(signal)
    process.on(signal, () => {
      // Windows and the keys of a terminal tell every program of it. Twice would be taken for impatience: Terraform kills
      // its providers then.
      if (process.platform === 'win32' || (fromKeys.includes(signal) && isInForeground())) return
      child.kill(signal)
    })
  }
  return await new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => reject(cannotStart(name, error)))
    child.once('exit', (code, signal) => resolve(signal === null ? (code ?? 1) : dieOf(signal)))
  })
}

function start({ path, by }: FoundProgram, name: string, args: readonly string[], env: Record<string, string>) {
  const usual = { env, stdio: 'inherit', argv0: name } as const
  try {
    if (by !== 'cmd') return spawn(path, args, usual)
    const line = batchLine(path, args)
    if (line === undefined) {
      throw new CannotStart(
        126,
        `cannot run ${name}: a batch file cannot be given a line end, or have a % in its path`,
        ['start the program behind it instead'],
      )
    }
    return spawn(env.ComSpec ?? env.COMSPEC ?? 'cmd.exe', [line], {
      env,
      stdio: 'inherit',
      windowsVerbatimArguments: true,
    })
  } catch (error) {
    throw error instanceof CannotStart ? error : cannotStart(name, error as NodeJS.ErrnoException)
  }
}

function cannotStart(name: string, error: NodeJS.ErrnoException): CannotStart {
  if (error.code === 'ENOENT') {
    return new CannotStart(
      127,
      `cannot run ${name}: the program that its first line names is not there, or its loader`,
      ['see what its file says: head -1, or file'],
    )
  }
  return new CannotStart(
    126,
    `cannot run ${name}: ${error.code ?? error.name}`,
    'run the same without awsmfa exec --',
    error,
  )
}

/** By field 8 of /proc/self/stat, the group in the terminal's foreground, proc_pid_stat(5); elsewhere a guess. */
function isInForeground(): boolean {
  try {
    const text = readFileSync('/proc/self/stat', 'latin1')
    const [, , group, , , foreground] = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return group === foreground
  } catch {
    return [0, 1, 2].some((fd) => isatty(fd))
  }
}

/** Ends this process as the program below it has ended, so that a shell that runs both sees the same as without us. */
function dieOf(signal: NodeJS.Signals): number {
  if (process.platform !== 'win32') {
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  }
  // Some are ignored by Node.
  return 128 + system.signals[signal]
}
