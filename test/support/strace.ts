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
  const trace = `trace=${calls.map((call) => `?${call}`).join()}`
  const options = [
    '-qq',
    '-y',
    '-s',
    '0',
    '-o',
    log,
    '-e',
    trace,
    ...(inject === undefined ? [] : ['-e', `inject=${inject}`]),
  ]
  const child = spawn('strace', [...options, ...command], { stdio: ['ignore', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  return await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stderr, calls: parse(readFileSync(log, 'latin1')) }))
  })
}

/** For the `skip` option: containers often forbid to trace. */
export function untraceable(): string | false {
  const { status, stderr } = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true'], { encoding: 'utf8' })
  return status === 0 ? false : `strace cannot trace here: ${stderr?.split('\n')[0] ?? 'not installed'}`
}

function parse(log: string): Call[] {
  const counts = new Map<string, number>()
  return log.split('\n').flatMap((line) => {
    const [, name, rest] = /^(\w+)\((.*)$/.exec(line) ?? []
    if (name === undefined || rest === undefined) return []
    const nth = (counts.get(name) ?? 0) + 1
    counts.set(name, nth)
    return [{ name, rest, nth }]
  })
}
