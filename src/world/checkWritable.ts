import { closeSync, openSync, rmdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { Failure } from '../errors.js'
import { fileFailure } from './fileFailure.js'
import { readMounts, refuseUnsafe } from './refuseUnsafe.js'
import { makeFolder } from './replaceFile.js'
import { findTarget, type Target } from './target.js'
import { sweepTempFiles, writeTempFile } from './tempFile.js'

/** Far above what a session adds to a file. */
const roomBytes = 16 * 1024

/**
 * Finds out whether {@link replaceFile} could replace the file: writes one of its size and more beside it, and removes it.
 *
 * @param path - as the person knows it
 * @returns what the path leads to
 * @throws Failure `act` that says what is in the way
 */
export function checkWritable(path: string): Target {
  const target = findTarget(path)
  refuseUnsafe(target)
  try {
    if (target.stat !== undefined) {
      // Opening is enough to learn of an immutable file or a read-only mount.
      closeSync(openSync(target.path, 'r+'))
      refuseMountPoint(target)
    }
    const made = makeFolder(target.folder)
    try {
      sweepTempFiles(target)
      writeTempFile(target, Buffer.alloc((target.stat?.size ?? 0) + roomBytes, '#')).remove()
    } finally {
      if (made !== undefined) removeFolders(target.folder, made)
    }
  } catch (error) {
    throw fileFailure('write', target.path, error, target.name)
  }
  return target
}

/** Only a folder can be mounted if its files are to be replaced: rename fails with EBUSY on a mount of the file alone. */
function refuseMountPoint(target: Target): void {
  if (!readMounts().some(({ point }) => point === target.path)) return
  throw new Failure(
    'act',
    `${target.name} is mounted as a single file, which cannot be replaced`,
    `mount the folder ${target.folder} instead, for instance with docker run -v`,
  )
}

/** Removes the folders from `folder` up to `topmost`, as far as nobody else uses them. */
export function removeFolders(folder: string, topmost: string): void {
  try {
    for (let each = folder; each.length >= topmost.length; each = dirname(each)) rmdirSync(each)
  } catch {
    // in use by now
  }
}
