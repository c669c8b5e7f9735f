import {
  accessSync,
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  rmdirSync,
  statSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { Failure } from '../errors.js'
import { fileFailure } from './fileFailure.js'
import { refuseForeignHome } from './homeFolder.js'
import { statIfAny } from './target.js'

/**
 * Makes the state folder, mode 0700.
 *
 * @throws Failure `act` when it cannot be made or written, or belongs to another user, who could take the ledger or the
 *   lock away
 */
export function ownFolder(folder: string): void {
  const elsewhere =
    process.platform === 'linux'
      ? 'set XDG_STATE_HOME to a folder that you can write'
      : `make ${folder} a folder that you can write`
  try {
    refuseForeignHome()
    makeFolder(folder)
    const owner = statSync(folder).uid
    const user = process.geteuid?.() ?? 0
    if (user !== 0 && owner !== user) {
      throw new Failure('act', `the state folder ${folder} belongs to another user (uid ${owner})`, [
        `make it yours with chown, or ${elsewhere}`,
      ])
    }
    accessSync(folder, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw fileFailure('make or write', folder, error, `the state folder ${folder}`, elsewhere)
  }
}

/**
 * Makes a folder that only its owner may enter, and what is missing above it: one by one, as Node's recursive mkdir says
 * ENOENT for whatever it was (nodejs/node#47098), and the umask may take bits that the next one needs.
 *
 * @returns the topmost folder that was missing
 * @throws the system's error
 */
export function makeFolder(folder: string): string | undefined {
  if (statIfAny(folder)?.isDirectory()) return undefined
  const above = dirname(folder)
  const topmost = above === folder ? undefined : makeFolder(above)
  try {
    mkdirSync(folder, 0o700)
  } catch (error) {
    // Another run was faster.
    if (statIfAny(folder)?.isDirectory()) return topmost
    throw error
  }
  chmodSync(folder, 0o700)
  const { uid, gid } = statSync(above)
  // As root in somebody's folder; their own runs must be able to use it.
  if (process.geteuid?.() === 0 && uid !== 0) chownSync(folder, uid, gid)
  return topmost ?? folder
}

/** Removes the folders from `folder` up to `topmost`, as far as nobody else uses them. */
export function removeFolders(folder: string, topmost: string): void {
  try {
    for (let each = folder; each.length >= topmost.length; each = dirname(each)) rmdirSync(each)
  } catch {
    // in use by now
  }
}

/**
 * Makes the rename itself survive a power cut. It has happened already, so an error here is not one of the file; some
 * systems cannot do it at all.
 */
export function syncFolder(folder: string): void {
  try {
    const fd = openSync(folder, 'r')
    try {
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
  } catch {
    // see above
  }
}
