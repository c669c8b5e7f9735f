import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
  unlinkSync,
} from 'node:fs'
import { dirname, resolve } from 'node:path'
import { Failure } from '../errors.js'
import { sleep } from './clock.js'
import { fileFailure } from './fileFailure.js'

/** As many as Linux follows, path_resolution(7). */
const mostLinks = 40
/** Ten thousand profiles need a tenth of it. */
const mostBytes = 16 << 20
const settlingSeconds = 2
const pauseMs = 50

/** The file that a path stands for, behind all symbolic links. */
export interface Target {
  readonly path: string
  readonly folder: string
  /** how messages call it: as the person does, and where it leads */
  readonly name: string
  /** `undefined` when there is no such file yet */
  readonly stat: Stats | undefined
}

/**
 * Follows symbolic links to their end, so that the links of a dotfiles repository stay links. The end may be absent.
 *
 * @param path - as the person knows it
 * @param variable - of the environment, when it names the path
 * @throws Failure `act` when links lead in a circle, or the end is a folder, a pipe or a device
 */
export function findTarget(path: string, variable?: string): Target {
  let end = resolve(path)
  let stat: Stats | undefined
  try {
    for (let links = 0; ; links++) {
      stat = lstatSync(end, { throwIfNoEntry: false })
      if (!stat?.isSymbolicLink()) break
      if (links === mostLinks) {
        throw new Failure('act', `${path} is a circle of symbolic links`, 'mend the links, or remove them')
      }
      end = resolve(realpathSync(dirname(end)), readlinkSync(end))
    }
  } catch (error) {
    throw fileFailure('open', path, error)
  }
  const linked = end !== resolve(path)
  const dangling = stat === undefined ? ', which is not there' : ''
  const name = linked ? `${path} (a link to ${end}${dangling})` : path
  if (stat !== undefined && !stat.isFile()) {
    const what = `${name} is not a regular file but ${kindOf(stat)}`
    if (variable !== undefined) throw new Failure('act', `${variable}: ${what}`, `unset ${variable}, or name a file`)
    throw new Failure('act', what, linked ? `let the link ${path} lead to a file` : 'put a file in its place')
  }
  return { path: end, folder: dirname(end), name, stat }
}

/**
 * @returns every byte, or `undefined` when the file is absent
 * @throws Failure `act` when it is there and cannot be read
 */
export function readTarget(target: Target): Buffer | undefined {
  try {
    return readLimited(target.path, mostBytes)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw fileFailure('read', target.path, error, target.name)
  }
}

/**
 * Reads a file that another program may be rewriting in place: `aws configure` empties ~/.aws/credentials and then fills
 * it (awscli/customizations/configure/writer.py). Taking that moment for the whole file would lose every other profile.
 *
 * A file changed in the last two seconds must be equal in two readings and not blank; this takes two seconds at most.
 *
 * @param toEdit - also distrust a blank file that seems old (the clock of a file server may differ), and one with text
 *   (the rest may follow). Without it, a file with text is taken as it is.
 */
export async function readSettled(target: Target, toEdit: boolean): Promise<Buffer | undefined> {
  const start = process.uptime()
  let bytes = readTarget(target)
  while (bytes !== undefined && process.uptime() - start < settlingSeconds) {
    const blank = bytes.toString('latin1').trim() === ''
    if (blank ? !toEdit && !isRecent(target) : !toEdit || !isRecent(target)) return bytes
    await sleep(pauseMs)
    const again = readTarget(target)
    if (!blank && again?.equals(bytes)) return again
    bytes = again
  }
  return bytes
}

function isRecent(target: Target): boolean {
  const changed = statIfAny(target.path)?.ctimeMs
  return changed !== undefined && Math.abs(Date.now() - changed) < settlingSeconds * 1000
}

/**
 * Reads a file that is not ours to trust: a pipe or a device would never end, and too large a one would fill the memory.
 *
 * @throws Failure `act` when it is no regular file or larger than `most` bytes, else the system's error
 */
function readLimited(path: string, most: number): Buffer {
  // Without O_NONBLOCK, opening a pipe waits for its writer. Windows knows neither.
  const fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile())
      throw new Failure('act', `${path} is not a regular file but ${kindOf(stat)}`, 'name another file')
    const pieces: Buffer[] = []
    for (let total = 0; ; ) {
      const piece = Buffer.allocUnsafe(64 * 1024)
      const length = readSync(fd, piece)
      if (length === 0) return Buffer.concat(pieces)
      total += length
      if (total > most) throw new Failure('act', `${path} has more than ${most >> 20} MiB`, 'name another file')
      pieces.push(piece.subarray(0, length))
    }
  } finally {
    closeSync(fd)
  }
}

/**
 * @returns whether it was there
 * @throws Failure `act`
 */
export function removeFile(path: string): boolean {
  try {
    unlinkSync(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw fileFailure('remove', path, error)
  }
}

/** @returns `undefined` when there is nothing, or nothing can be known: using it will tell why */
export function statIfAny(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch {
    return undefined
  }
}

/** Permissions as people write them, such as `0644`. */
export function octal(stat: Stats): string {
  return (stat.mode & 0o7777).toString(8).padStart(4, '0')
}

function kindOf(stat: Stats): string {
  if (stat.isDirectory()) return 'a folder'
  if (stat.isFIFO()) return 'a pipe'
  return stat.isSocket() ? 'a socket' : 'a device'
}
