import { writeFileSync } from 'node:fs'
import { constants } from 'node:os'

const pending = new Set<() => void>()
let listening = false

/**
 * Registers something to undo when the process exits early: a temporary file, a lock, a child. Runs also when a signal
 * handler calls `process.exit`. After SIGKILL nothing runs; whoever registers here must also sweep on the next run.
 *
 * @param undo - synchronous, as nothing else runs at exit; what it throws is dropped
 * @returns takes the registration back
 */
export function onExit(undo: () => void): () => void {
  if (!listening) process.once('exit', undoAll)
  listening = true
  const entry = () => undo()
  pending.add(entry)
  return () => {
    pending.delete(entry)
  }
}

/** Last in, first out: what was made under a lock goes before the lock. */
function undoAll(): void {
  for (const undo of [...pending].reverse()) {
    try {
      undo()
    } catch {
      // the others must still run, and there is nobody left to tell
    }
  }
}

/**
 * What ends a process by default, signal(7), and does not come from a fault of its own. A fault (SIGSEGV, SIGABRT and the
 * like) leaves nothing that could run JavaScript, and the V8 profiler needs SIGPROF. Node ignores SIGPIPE and SIGXFSZ.
 */
const ends: readonly NodeJS.Signals[] = [
  ...(['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR2', 'SIGALRM', 'SIGXCPU', 'SIGVTALRM', 'SIGBREAK'] as const),
  ...(process.platform === 'linux' ? (['SIGIO', 'SIGPWR', 'SIGSTKFLT'] as const) : []),
]

/** Makes signals end the program with its clean-ups done, and its memory, which holds seed and keys, stay in it. */
export function endInOrder(): void {
  for (const signal of ends) {
    const number = constants.signals[signal]
    if (number !== undefined) process.once(signal, () => process.exit(128 + number))
  }
  // Node opens its inspector, to any local user, on this signal; a handler of any kind prevents that.
  process.on('SIGUSR1', () => {})
  try {
    // No memory in the core file of a fault, core(5): also where it is piped to a program, which RLIMIT_CORE does not
    // stop. Other systems write none unless told to. The programs that we start inherit it.
    writeFileSync('/proc/self/coredump_filter', '0')
  } catch {
    // not Linux, or a kernel without core files
  }
}

/**
 * Asks for no core file at all, before AWS is talked to. The registers that stand in even an empty one hold what was copied
 * last, which can be the code in a request. Node cannot set limits itself, so prlimit(1) does it, of util-linux.
 *
 * @returns when it is done, or cannot be
 */
export async function writeNoCoreFile(): Promise<void> {
  if (process.platform !== 'linux') return
  const { execFile } = await import('node:child_process')
  // The soft limit alone: a program that is started from here could raise it again.
  const args = [`--pid=${process.pid}`, '--core=0:']
  await new Promise<void>((done) =>
    execFile('prlimit', args, { timeout: 2_000 }, () => done()).on('error', () => done()),
  )
}
