import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** A system call of the main thread, in the order in which strace saw it. */
export interface Call {
  readonly name: string
  /** arguments and result, file descriptors with their paths */
  readonly rest: string
  /** which one of this name it is, from 1: what strace's `when` counts */
  readonly nth: number
}

/** The calls that a change of a file may need, under all the names that architectures give them. */
const calls = [
  ...['openat', 'close', 'read', 'pread64', 'write', 'pwrite64', 'fsync', 'fchmod', 'fchown', 'chmod', 'fchmodat'],
  ...['rename', 'renameat', 'renameat2', 'link', 'linkat', 'unlink', 'unlinkat', 'mkdir', 'mkdirat'],
  ...['statx', 'newfstatat', 'readlink', 'readlinkat', 'getdents64'],
]

/**
 * The words to put before a command that strace is to run; what it saw is read with {@link callsIn}.
 *
 * @param log - a file for strace's output
 * @param inject - such as `rename:error=EIO:when=1`
 */
export function tracing(log: string, inject?: string): string[] {
  const trace = `trace=${calls.map((call) => `?${call}`).join()}`
  const injecting = inject === undefined ? [] : ['-e', `inject=${inject}`]
  return ['strace', '-qq', '-y', '-s', '0', '-o', log, '-e', trace, ...injecting]
}

/**
 * Runs a command under strace, which watches its main thread only: counts are the same each time then.
 *
 * @param log - a file for strace's output
 * @param inject - such as `rename:error=EIO:when=1`
 */
export async function strace(
  command: readonly string[],
  log: string,
  inject?: string,
): Promise<{ code: number | null; signal: string | null; stderr: string; calls: Call[] }> {
  const [program = '', ...args] = [...tracing(log, inject), ...command]
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  return await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stderr, calls: callsIn(log) }))
  })
}

/** Whether a call may change something on the disk. Being killed at another one is being killed at the next of these. */
export function changesSomething({ name, rest }: Call): boolean {
  return /^(p?write|fsync|f?chmod|f?chown|rename|link|unlink|mkdir)/.test(name) || rest.includes('O_CREAT')
}

/** For the `skip` option: containers often forbid to trace. */
export function untraceable(): string | false {
  const { status, stderr } = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true'], { encoding: 'utf8' })
  return status === 0 ? false : `strace cannot trace here: ${stderr?.split('\n')[0] ?? 'not installed'}`
}

/** What strace has written down. */
export function callsIn(log: string): Call[] {
  const counts = new Map<string, number>()
  return readFileSync(log, 'latin1')
    .split('\n')
    .flatMap((line) => {
      const [, name, rest] = /^(\w+)\((.*)$/.exec(line) ?? []
      if (name === undefined || rest === undefined) return []
      const nth = (counts.get(name) ?? 0) + 1
      counts.set(name, nth)
      return [{ name, rest, nth }]
    })
}
