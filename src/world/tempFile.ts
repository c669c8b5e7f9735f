import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { alive, pidSpace } from './alive.js'
import { onExit } from './cleanup.js'
import { crypto } from './crypto.js'
import type { Target } from './target.js'

/** A number may belong to another process by now; one of another machine or container that shares the folder says nothing. */
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
 * @param durable - whether to wait until the disk has it
 * @throws the system's error; nothing is left then
 */
export function writeTempFile(target: Target, bytes: Uint8Array, durable = true): TempFile {
  const path = join(target.folder, tempName(prefix(target)))
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
      if (durable) fsyncSync(fd)
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
  sweepTempNames(target.folder, prefix(target))
}

/** A name for a temporary file of this process that no other gets, and that {@link sweepTempNames} understands. */
export function tempName(prefix: string): string {
  return `${prefix}${process.pid}-${spaceHash()}-${crypto().randomBytes(6).toString('hex')}.tmp`
}

/** Removes the temporary files with this prefix whose process is surely gone. Never fails. */
export function sweepTempNames(folder: string, prefix: string): void {
  for (const name of namesIn(folder).filter((each) => each.startsWith(prefix))) {
    const [, pid, space] = /^(\d+)-(?:(\w+)-)?\w+\.tmp$/.exec(name.slice(prefix.length)) ?? []
    if (pid === undefined) continue
    const path = join(folder, name)
    try {
      const dead = space === spaceHash() && !alive(Number(pid))
      if (dead || Date.now() - lstatSync(path).mtimeMs > surelyLeftOverMs) unlinkSync(path)
    } catch {
      // The next run tries again; what matters now is the file itself.
    }
  }
}

/** @returns nothing for a folder that cannot be read */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function spaceHash(): string {
  return crypto().createHash('sha256').update(pidSpace()).digest('hex').slice(0, 8)
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
