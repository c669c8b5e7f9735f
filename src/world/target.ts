import { lstatSync, readFileSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { Failure } from '../errors.js'
import { fileFailure } from './fileFailure.js'

/** As many as Linux follows, path_resolution(7). */
const mostLinks = 40

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
 * @throws Failure `act` when links lead in a circle, or the end is a folder, a pipe or a device
 */
export function findTarget(path: string): Target {
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
  const name = end === resolve(path) ? path : `${path} (a link to ${end})`
  if (stat !== undefined && !stat.isFile()) {
    throw new Failure('act', `${name} is not a regular file but ${kindOf(stat)}`, 'move it away, or name another file')
  }
  return { path: end, folder: dirname(end), name, stat }
}

/**
 * @returns every byte, or `undefined` when the file is absent
 * @throws Failure `act` when it is there and cannot be read
 */
export function readTarget(target: Target): Buffer | undefined {
  try {
    // No encoding: with one, Node 20 takes a native path that aborts the process when close() fails.
    return readFileSync(target.path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw fileFailure('read', target.path, error, target.name)
  }
}

/**
 * Refuses to write where somebody else could write too, or where the owner said no. A refusal is what people obey;
 * ssh does the same with its keys (sshd_config(5), StrictModes).
 *
 * @throws Failure `act`
 */
export function refuseUnsafe({ path, folder, name, stat }: Target): void {
  // Windows has no such modes; Node makes them up.
  if (process.platform === 'win32') return
  const user = process.geteuid?.() ?? 0
  if (stat !== undefined) {
    if (user !== 0 && stat.uid !== user) {
      throw new Failure(
        'act',
        `${name} belongs to another user (uid ${stat.uid})`,
        `make it yours: chown ${user} ${path}`,
      )
    }
    if ((stat.mode & 0o200) === 0) {
      throw new Failure(
        'act',
        `${name} is read-only (mode ${octal(stat)})`,
        `to let awsmfa write it: chmod u+w ${path}`,
      )
    }
    if ((stat.mode & 0o022) !== 0) {
      throw new Failure('act', `${name} can be written by others (mode ${octal(stat)})`, `close it: chmod go-w ${path}`)
    }
  }
  const around = statIfAny(folder)
  if (around !== undefined && (around.mode & 0o1002) === 0o0002) {
    throw new Failure(
      'act',
      `everybody can write in ${folder} (mode ${octal(around)})`,
      `close it: chmod o-w ${folder}`,
    )
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
