import { closeSync, openSync, readFileSync } from 'node:fs'

/** The terminal itself, whatever stdin and stderr are. */
export const device = '/dev/tty'

/** Loaded by the runs that ask, or might: it brings the network's streams along. */
function tty(): typeof import('node:tty') {
  return process.getBuiltinModule('node:tty')
}

/** Why nobody can be asked, or `undefined`. */
export function whyNotInteractive(noInput: boolean): string | undefined {
  if (noInput) return '--no-input was given'
  if (process.platform === 'win32') return tty().isatty(0) ? undefined : 'stdin is not a terminal'
  // With neither, somebody else talks to the person: a job of an editor or of make, whose terminal is not ours to take.
  if (!tty().isatty(0) && !tty().isatty(2)) return 'neither stdin nor stderr is a terminal'
  try {
    closeSync(openSync(device, 'r+'))
  } catch {
    return 'there is no terminal'
  }
  return inBackground() ? 'awsmfa runs in the background' : undefined
}

/**
 * Whether the terminal is another job's: reading it would stop us (SIGTTIN) until somebody notices. Only Linux tells
 * without a child process: `pgrp` and `tpgid` of proc_pid_stat(5). The command's name before them may hold anything.
 */
function inBackground(): boolean {
  if (process.platform !== 'linux') return false
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1')
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return Number(foreground) > 0 && foreground !== group
  } catch {
    return false
  }
}
