import { existsSync, rmdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { findMarker, type Marker } from '../../core/schedule/job.js'
import { Failure } from '../../errors.js'
import type { InstalledJob } from '../../outside/schedule.js'
import { findTarget, readTarget, removeFile } from '../target.js'

/** What a file of ours says about its job; `undefined` for one that is not there, or not ours. */
export function markerIn(path: string): Marker | undefined {
  return findMarker(readTarget(findTarget(path))?.toString() ?? '')
}

/** @throws Failure `act` when there is a file that awsmfa has not made */
export function refuseForeign(path: string): void {
  if (findTarget(path).stat === undefined || markerIn(path) !== undefined) return
  throw new Failure('act', `${path} is there and was not made by awsmfa schedule install`, 'move it away first')
}

/**
 * Removes a file of ours, and the folders above it that are empty then.
 *
 * @param stop - this folder and those above it stay
 * @returns whether there was such a file
 */
export function removeWithFolders(path: string, stop: string): boolean {
  const existed = removeFile(path)
  for (let each = dirname(path); each.length > stop.length && each.startsWith(stop); each = dirname(each)) {
    try {
      rmdirSync(each)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') break
    }
  }
  return existed
}

/**
 * What an installed job tells about itself.
 *
 * @param files - what it needs beside the paths in its marker
 */
export function describeJob(
  { timetable, installedAt, paths }: Marker,
  where: string,
  ...files: readonly string[]
): InstalledJob {
  return { timetable, installedAt, where, missing: [...files, ...paths].filter((path) => !existsSync(path)) }
}
