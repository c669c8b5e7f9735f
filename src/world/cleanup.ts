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
