import { randomBytes } from 'node:crypto'
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { alive } from './alive.js'
import { onExit } from './cleanup.js'
import type { Target } from './target.js'

/** A number may belong to another process by now, or to one on another machine that shares the folder. */
const surelyLeftOverMs = 3_600_000

export interface TempFile {
  readonly path: string
  /** Does nothing when it has been renamed away. Throws nothing. */
  remove(): void
}

/**
 * Writes a file beside the target, down to the disk, with the mode and owner of the target; a new one gets mode 0600 and,
 * under sudo, the owner of the folder. It is removed at exit.
 *
 * @throws the system's error; nothing is left then
 */
export function writeTempFile(target: Target, bytes: Uint8Array): TempFile {
  const path = join(target.folder, `${prefix(target)}${process.pid}-${randomBytes(6).toString('hex')}.tmp`)
  const fd = openSync(path, 'wx', 0o600)
  const forget = onExit(() => unlinkSync(path))
  const temp = {
    path,
    remove() {
      forget()
      try {
        unlinkSync(path)
      } catch {
        // renamed away; or the sweep of a later run gets it
      }
    },
  }
  try {
    try {
      // writeFileSync goes on after a short write; writeSync would not, and cut the file on a nearly full disk.
      writeFileSync(fd, bytes)
      giveAway(fd, target)
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    temp.remove()
    throw error
  }
  return temp
}

/** Removes what killed runs left beside the target: it may hold credentials. Never fails. */
export function sweepTempFiles(target: Target): void {
  try {
    for (const name of readdirSync(target.folder)) {
      if (!name.startsWith(prefix(target)) || !name.endsWith('.tmp')) continue
      const pid = Number.parseInt(name.slice(prefix(target).length), 10)
      const path = join(target.folder, name)
      if (pid > 0 && (!alive(pid) || Date.now() - statSync(path).mtimeMs > surelyLeftOverMs)) unlinkSync(path)
    }
  } catch {
    // The next run tries again; what matters now is the file itself.
  }
}

function prefix(target: Target): string {
  return `.${basename(target.path)}.awsmfa-`
}

/** Sets owner, then mode (chown clears bits of it). The umask may have taken bits that a new file needs. */
function giveAway(fd: number, target: Target): void {
  let mode = target.stat === undefined ? 0o600 : target.stat.mode & 0o777
  const mine = fstatSync(fd)
  const root = process.geteuid?.() === 0
  const owner = target.stat ?? (root ? statSync(target.folder) : mine)
  if (owner.uid !== mine.uid || owner.gid !== mine.gid) {
    try {
      fchownSync(fd, owner.uid, owner.gid)
    } catch (error) {
      if (root) throw error
      // A group that we are not in: what the old group might do, the new one must not.
      mode &= ~0o070
    }
  }
  fchmodSync(fd, mode)
}
