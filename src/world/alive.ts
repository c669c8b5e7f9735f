import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { makeClock } from './clock.js'

/** What a process writes down of itself, so that other runs can tell later whether it still runs. */
export interface Trace {
  readonly pid: number
  /** see {@link startOf} */
  readonly start?: string | undefined
  /** see {@link pidSpace} */
  readonly machine: string
  /** tells this start of the machine from all others; absent where the system gives it no name */
  readonly boot?: string | undefined
  /** by the clock of its machine */
  readonly since: string
}

/** Two readings of the start-up instant differ by rounding and by gentle corrections of the clock. */
const sameBootMs = 5_000

/**
 * Whether a process of this machine still runs.
 *
 * @param pid - its number
 * @param start - what {@link startOf} gave for it; with it, another process that got the same number later does not count
 */
export function alive(pid: number, start?: string): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // Other errors, such as EPERM: it runs, as another user.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const now = readStat(pid)
  // Killed but not yet collected by its parent: holds nothing any more, once its other threads have ended as well.
  if (now?.state === 'Z' && now.threads === '1') return false
  return start === undefined || now === undefined || now.start === start
}

/** When the process started, in ticks since boot as text; `undefined` where the system has no /proc. */
export function startOf(pid: number): string | undefined {
  return readStat(pid)?.start
}

/** Fields 3, 20 and 22 of /proc/<pid>/stat, proc_pid_stat(5). The name before them may hold blanks and brackets. */
function readStat(pid: number): Record<'state' | 'threads' | 'start', string | undefined> | undefined {
  const text = textOf(() => readFileSync(`/proc/${pid}/stat`).toString('latin1'))
  if (text === undefined) return undefined
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { state: fields[0], threads: fields[17], start: fields[19] }
}

let space: string | undefined

/** Where a process number means something: this host, and on Linux this namespace of numbers, as containers have one. */
export function pidSpace(): string {
  space ??= [hostname(), textOf(() => readlinkSync('/proc/self/ns/pid')) ?? '-'].join(' ')
  return space
}

/** This process, now. */
export function ownTrace(): Trace {
  const { pid } = process
  return { pid, start: startOf(pid), machine: pidSpace(), boot: bootId(), since: new Date().toISOString() }
}

/** @returns `undefined` when the text is no trace. Numbers that no process has would make `kill` speak of groups. */
export function traceIn(text: string): Trace | undefined {
  try {
    const trace = JSON.parse(text) as Trace | null
    if (typeof trace?.pid !== 'number' || trace.pid !== (trace.pid | 0) || trace.pid <= 0) return undefined
    return typeof trace.machine === 'string' ? trace : undefined
  } catch {
    return undefined
  }
}

/**
 * Whether the process that left a trace is gone.
 *
 * @param old - the answer where nobody here can know
 */
export function isGone(trace: Trace, old: boolean): boolean {
  if (trace.machine !== pidSpace()) return old
  const boot = bootId()
  if (boot === undefined || boot !== trace.boot) {
    // A clock that is set meanwhile looks the same, but only where starts of the machine have no name.
    if (Date.parse(trace.since) < makeClock().bootedAt().getTime() - sameBootMs) return true
    // Another machine of the same name
    if (boot !== undefined) return old
  }
  if (!alive(trace.pid, trace.start)) return true
  // Without its start this may be another process that got the same number.
  return (trace.start === undefined || startOf(trace.pid) === undefined) && old
}

function bootId(): string | undefined {
  return textOf(() => readFileSync('/proc/sys/kernel/random/boot_id').toString().trim())
}

function textOf(source: () => string): string | undefined {
  try {
    return source()
  } catch {
    // gone, or not Linux
    return undefined
  }
}
