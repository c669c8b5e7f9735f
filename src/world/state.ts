import { accessSync, constants, existsSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../errors.js'
import type { State } from '../world.js'
import { fileFailure } from './fileFailure.js'
import { refuseForeignHome, stateFolder } from './homeFolder.js'
import { makeFolder, replaceFile } from './replaceFile.js'
import { findTarget, readTarget, removeFile } from './target.js'

/** Far above what awsmfa keeps. What is larger is not of its making, and counts as absent. */
const mostBytes = 1 << 20

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
      ownFolder(folder)
      const { path, tooLarge } = find(name)
      if (tooLarge) rmSync(path, { force: true })
      await replaceFile(join(folder, name), (bytes) => Buffer.from(change(bytes.toString())), true)
    },

    async remove(name) {
      removeFile(join(folder, name))
    },
  }
}

/**
 * Makes the state folder, mode 0700.
 *
 * @throws Failure `act` when it cannot be made or written, or belongs to another user, who could take the ledger or the
 *   lock away
 */
export function ownFolder(folder: string): void {
  const elsewhere =
    process.platform === 'linux'
      ? 'set XDG_STATE_HOME to a folder that you can write'
      : `make ${folder} a folder that you can write`
  try {
    refuseForeignHome()
    makeFolder(folder)
    const owner = statSync(folder).uid
    const user = process.geteuid?.() ?? 0
    if (user !== 0 && owner !== user) {
      throw new Failure('act', `the state folder ${folder} belongs to another user (uid ${owner})`, [
        `make it yours with chown, or ${elsewhere}`,
      ])
    }
    accessSync(folder, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw fileFailure('make or write', folder, error, `the state folder ${folder}`, elsewhere)
  }
}
