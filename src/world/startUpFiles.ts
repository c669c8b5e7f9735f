import { readFileSync, statSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { resolve } from 'node:path'
import type { StartUpFiles } from '../world.js'

export function makeStartUpFiles(): StartUpFiles {
  return {
    async read(name) {
      try {
        const path = resolve(homedir() || userInfo().homedir, name)
        // A FIFO would be waited for.
        return statSync(path).isFile() ? readFileSync(path, 'latin1') : undefined
      } catch {
        return undefined
      }
    },
  }
}
