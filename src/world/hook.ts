import { readFileSync, statSync, utimesSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { claimName, stampName } from '../core/stamp.js'
import type { HookStamp, StartUpFiles } from '../world.js'
import { fileFailure } from './fileFailure.js'
import { findTarget, readTarget, removeFile, statIfAny } from './target.js'
import { userRecord } from './userRecord.js'

/** @param folder - the state folder; where there is none awsmfa was never used, and nothing is written */
export function makeHookStamp(folder: string): HookStamp {
  return {
    async write(text, due) {
      if (statIfAny(folder) === undefined) return
      const path = join(folder, stampName)
      // Nearly always it is as it was, and nothing need be loaded to write it.
      if (!isAlready(path, text)) {
        const { replaceFile } = await import('./replaceFile.js')
        await replaceFile(path, () => Buffer.from(text), 'news')
      }
      try {
        utimesSync(path, due, due)
        removeFile(join(folder, claimName))
      } catch (error) {
        throw fileFailure('write', path, error)
      }
    },
  }
}

/** Whether a file of ours alone holds just this. */
function isAlready(path: string, text: string): boolean {
  const target = findTarget(path)
  const { stat } = target
  const ours = stat !== undefined && (process.geteuid === undefined || stat.uid === process.geteuid())
  return ours && (stat.mode & 0o022) === 0 && readTarget(target)?.toString() === text
}

/** Where a person's shell calls the hook. */
export const startUpFiles: StartUpFiles = {
  async read(name) {
    try {
      const path = resolve(homedir() || userRecord().homedir, name)
      // A FIFO would be waited for.
      return statSync(path).isFile() ? readFileSync(path, 'latin1') : undefined
    } catch {
      return undefined
    }
  },
}
