import { readFileSync, rmSync, statSync, utimesSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { claimName, stampName } from '../core/stamp.js'
import type { HookStamp, StartUpFiles } from '../world.js'
import { fileFailure } from './fileFailure.js'
import { replaceFile } from './replaceFile.js'
import { statIfAny } from './target.js'
import { userRecord } from './userRecord.js'

/** @param folder - the state folder; where there is none awsmfa was never used, and nothing is written */
export function makeHookStamp(folder: string): HookStamp {
  return {
    async write(text, due) {
      if (statIfAny(folder) === undefined) return
      const path = join(folder, stampName)
      await replaceFile(path, () => Buffer.from(text), true)
      try {
        utimesSync(path, due, due)
        rmSync(join(folder, claimName), { force: true })
      } catch (error) {
        throw fileFailure('write', path, error)
      }
    },
  }
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
