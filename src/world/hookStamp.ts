import { rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { claimName, stampName } from '../core/stamp.js'
import type { HookStamp } from '../world.js'
import { fileFailure } from './fileFailure.js'
import { replaceFile } from './replaceFile.js'
import { statIfAny } from './target.js'

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
