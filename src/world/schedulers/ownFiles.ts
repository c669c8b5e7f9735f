import { existsSync, lstatSync, readFileSync, rmdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { findMarker, type Marker } from '../../core/schedule/job.js'
import { Failure } from '../../errors.js'
import type { InstalledJob } from '../../world.js'
import { fileFailure } from '../fileFailure.js'

/** @returns UTF-8 text, `undefined` when there is no such file */
export function readIfAny(path: string): string | undefined {
  try {
    return readFileSync(path).toString()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw fileFailure('read', path, error)
  }
}

/** @throws Failure `act` when there is a file that awsmfa has not made */
export function refuseForeign(path: string): void {
  const text = readIfAny(path)
  if (text === undefined || findMarker(text) !== undefined) return
  throw new Failure('act', `${path} is there and was not made by awsmfa schedule install`, 'move it away first')
}

/**
 * Removes a file of ours, and the folders above it that are empty then, up to `stop`.
 *
 * @param stop - this folder and those above it stay
 * @returns whether there was such a file
 */
export function removeFile(path: string, stop: string): boolean {
  const existed = lstatSync(path, { throwIfNoEntry: false }) !== undefined
  try {
    rmSync(path, { force: true })
  } catch (error) {
    throw fileFailure('remove', path, error)
  }
  removeEmpty(dirname(path), stop)
  return existed
}

/** Removes `folder` when it is empty, then the one above it, up to `stop`. */
export function removeEmpty(folder: string, stop: string): void {
  for (let each = folder; each.length > stop.length && each.startsWith(stop); each = dirname(each)) {
    try {
      rmdirSync(each)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return
    }
  }
}

/**
 * What an installed job tells about itself.
 *
 * @param files - what it needs beside the paths in its marker
 */
export function describeJob(
  { timetable, installedAt, paths }: Marker,
  where: string,
  files: readonly string[] = [],
): InstalledJob {
  return { timetable, installedAt, where, missing: [...files, ...paths].filter((path) => !existsSync(path)) }
}
