import { closeSync, openSync, renameSync } from 'node:fs'
import { Failure, ReadOnlyFailure } from '../errors.js'
import { sleep } from './clock.js'
import { fileFailure } from './fileFailure.js'
import { makeFolder, removeFolders, syncFolder } from './folders.js'
import { readMounts, refuseUnsafe } from './refuseUnsafe.js'
import { findTarget, readSettled, readTarget, type Target } from './target.js'
import { sweepTempFiles, writeTempFile } from './tempFile.js'

const mostAttempts = 20
/** 5 ms, doubled each time: 5 seconds in all. */
const mostWindowsRetries = 10
/** Far above what a session adds to a file. */
const roomBytes = 16 * 1024

/**
 * - `shared`: other programs write it too, and not always in one piece
 * - `ours`: nobody but awsmfa, and awsmfa only like this, so that it is never found half written
 * - `news`: ours, and worth nothing after a power cut: not worth two waits for the disk either
 */
export type Writers = 'shared' | 'ours' | 'news'

/**
 * Replaces a file atomically and durably: whoever reads it, even after a power cut, finds the old bytes or the new ones.
 * Symbolic links stay, and so do mode and owner. A new file gets mode 0600, its folder 0700.
 *
 * @param path - as the person knows it
 * @param change - pure; gets the bytes now in the file (none when it is absent); runs again when another program has
 *   written in between. Nothing is written when it returns the same bytes.
 * @param whose - who else writes it, and whether it must outlast a power cut; see {@link Writers}
 * @throws Failure `act` when it cannot be written, `retry` when another program does not stop writing, and whatever
 *   `change` throws. The file is then as it was.
 */
export async function replaceFile(
  path: string,
  change: (bytes: Buffer) => Uint8Array,
  whose: Writers = 'shared',
): Promise<void> {
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const target = findTarget(path)
    const readOnly = readOnlyFailure(target)
    sweepTempFiles(target)
    const reading = async () => (whose === 'shared' ? await readSettled(target, true) : readTarget(target))
    const before = await reading().catch((error) => {
      throw readOnly ?? error
    })
    const after = change(before ?? Buffer.alloc(0))
    if (same(after, before)) return
    if (readOnly !== undefined) throw readOnly
    try {
      if (await replaceUnlessChanged(target, before, after, whose !== 'news')) return
    } catch (error) {
      throw fileFailure('write', target.path, error, target.name)
    }
  }
  throw new Failure('retry', `another program does not stop writing ${path}`, 'run it again when that program is done')
}

/** A file that nobody may write may stay as it is; what is open to others is refused at once. */
function readOnlyFailure(target: Target): ReadOnlyFailure | undefined {
  try {
    refuseUnsafe(target)
  } catch (error) {
    if (error instanceof ReadOnlyFailure) return error
    throw error
  }
  return undefined
}

/** @returns false when the file is no longer as it was before */
async function replaceUnlessChanged(
  target: Target,
  before: Buffer | undefined,
  after: Uint8Array,
  durable: boolean,
): Promise<boolean> {
  makeFolder(target.folder)
  const temp = writeTempFile(target, after, durable)
  try {
    for (let retries = 0; ; retries++) {
      // As late as can be: `aws configure` and editors take no lock.
      if (!same(readTarget(target), before)) return false
      try {
        renameSync(temp.path, target.path)
        break
      } catch (error) {
        if (!isTakenOnWindows(error) || retries === mostWindowsRetries) throw error
        await sleep(5 * 2 ** retries)
      }
    }
  } finally {
    temp.remove()
  }
  if (durable) syncFolder(target.folder)
  return true
}

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

/** Absent and empty are the same, as they are for `change`. */
function same(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return Buffer.compare(one ?? Buffer.alloc(0), other ?? Buffer.alloc(0)) === 0
}

/** Virus scanners and indexers open new files for a moment, and Windows then refuses to rename. */
function isTakenOnWindows(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return process.platform === 'win32' && (code === 'EPERM' || code === 'EACCES' || code === 'EBUSY')
}
