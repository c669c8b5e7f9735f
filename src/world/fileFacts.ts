import { accessSync, constants, existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { FileFacts } from '../world.js'
import { fileFailure } from './fileFailure.js'
import { howToClose, othersMay, refuseUnsafe } from './refuseUnsafe.js'
import { checkWritable } from './replaceFile.js'
import { findTarget, octal } from './target.js'

/**
 * What the person is to know of a file before it is replaced.
 *
 * @param path - as the person knows it
 * @param mayBeRead - whether others may read it: it holds no secrets of ours, and many have it so
 * @throws Failure `act` when it cannot be replaced
 */
export function warningsOf(path: string, mayBeRead: boolean): string[] {
  const target = checkWritable(path)
  const { name, stat } = target
  if (stat === undefined || process.platform === 'win32') return []
  const bits = othersMay(stat) & (mayBeRead ? 0o022 : 0o066)
  if (bits === 0) return []
  const what = (bits & 0o022) === 0 ? 'read' : 'read and write'
  return [`others can ${what} ${name} (mode ${octal(stat)}): ${howToClose(target)}`]
}

/**
 * What a file is like to somebody who wants to replace it. Only looks: not even a temporary file is made.
 *
 * @param path - as the person knows it
 * @throws Failure `act` when it cannot be replaced, as far as looking tells
 */
export function factsOf(path: string): FileFacts {
  const target = findTarget(path)
  refuseUnsafe(target, { looking: true })
  const { stat, folder, name, path: end } = target
  try {
    if (stat !== undefined) accessSync(end, constants.R_OK | constants.W_OK)
    accessSync(existingFolder(folder), constants.W_OK)
  } catch (error) {
    throw fileFailure('write', end, error, name)
  }
  const modes = stat !== undefined && process.platform !== 'win32'
  return {
    path: end,
    name,
    exists: stat !== undefined,
    mode: modes ? octal(stat) : undefined,
    othersCanRead: modes && (othersMay(stat) & 0o044) !== 0,
    closing: howToClose(target, { looking: true }),
    gitWorkTree: gitWorkTree(folder),
  }
}

function existingFolder(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : existingFolder(dirname(folder))
}

/** `.git` is a folder, or in a worktree or submodule a file (gitrepository-layout(5)). */
function gitWorkTree(folder: string): string | undefined {
  if (existsSync(join(folder, '.git'))) return folder
  return dirname(folder) === folder ? undefined : gitWorkTree(dirname(folder))
}
