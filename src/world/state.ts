import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { State } from '../world.js'
import { stateFolder } from './homeFolder.js'
import { findTarget, readTarget, removeFile } from './target.js'

/** Far above what awsmfa keeps. What is larger is not of its making, and counts as absent. */
const mostBytes = 1 << 20

/** What no later run depends on; see core/news.ts. */
const news: ReadonlySet<string> = new Set(['outcomes.json', 'runs.json', 'clock.json'])

/**
 * @param folder - from {@link stateFolder}; made when something is first written
 * @param usualFolder - the same by an environment that says nothing
 */
export function makeState(folder: string, usualFolder: () => string = () => stateFolder({})): State {
  const find = (name: string) => {
    const target = findTarget(join(folder, name))
    return { ...target, tooLarge: (target.stat?.size ?? 0) > mostBytes }
  }
  return {
    folder,

    async other() {
      const usual = usualFolder()
      return usual !== folder && existsSync(join(usual, 'ledger.json')) ? usual : undefined
    },

    async read(name) {
      const target = find(name)
      return target.tooLarge ? undefined : readTarget(target)?.toString()
    },

    async edit(name, change) {
      const [{ ownFolder }, { replaceFile }] = await Promise.all([import('./folders.js'), import('./replaceFile.js')])
      ownFolder(folder)
      const { path, tooLarge } = find(name)
      if (tooLarge) removeFile(path)
      await replaceFile(
        join(folder, name),
        (bytes) => Buffer.from(change(bytes.toString())),
        news.has(name) ? 'news' : 'ours',
      )
    },

    async remove(name) {
      removeFile(join(folder, name))
    },
  }
}
