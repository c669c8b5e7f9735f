import { readFileSync } from 'node:fs'

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
  try {
    const text = readFileSync(`/proc/${pid}/stat`).toString('latin1')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0], threads: fields[17], start: fields[19] }
  } catch {
    return undefined
  }
}
