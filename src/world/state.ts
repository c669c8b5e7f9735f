import { rmSync, statSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { isAbsolute, join } from 'node:path'
import envPaths from 'env-paths'
import { Failure } from '../errors.js'
import type { State } from '../world.js'
import { fileFailure } from './fileFailure.js'
import { makeFolder, replaceFile } from './replaceFile.js'
import { findTarget, readTarget } from './target.js'

/**
 * Where the platform keeps the state of programs: `$XDG_STATE_HOME/awsmfa` or `~/.local/state/awsmfa` on Linux, the place
 * for application data on macOS and Windows.
 */
export function stateFolder(): string {
  const paths = envPaths('awsmfa', { suffix: '' })
  const mac = process.platform === 'darwin'
  const folder = mac || process.platform === 'win32' ? paths.data : paths.log
  if (isAbsolute(folder)) return folder
  // HOME is empty, or XDG_STATE_HOME relative, which the XDG Base Directory Specification says to ignore.
  const usual = mac ? ['Library', 'Application Support'] : ['.local', 'state']
  return join(homedir() || userInfo().homedir, ...usual, 'awsmfa')
}

/** @param folder - from {@link stateFolder}; made when something is first written */
export function makeState(folder: string): State {
  return {
    folder,

    async read(name) {
      return readTarget(findTarget(join(folder, name)))?.toString()
    },

    async edit(name, change) {
      ownFolder(folder)
      await replaceFile(join(folder, name), (bytes) => Buffer.from(change(bytes.toString())), true)
    },

    async remove(name) {
      const path = join(folder, name)
      try {
        rmSync(path, { force: true })
      } catch (error) {
        throw fileFailure('remove', path, error)
      }
    },
  }
}

/**
 * Makes the state folder, mode 0700.
 *
 * @throws Failure `act` when it cannot be made, or belongs to another user, who could take the ledger or the lock away
 */
export function ownFolder(folder: string): void {
  try {
    makeFolder(folder)
    const owner = statSync(folder).uid
    const user = process.geteuid?.() ?? 0
    if (user !== 0 && owner !== user) {
      throw new Failure(
        'act',
        `the state folder ${folder} belongs to another user (uid ${owner})`,
        'make it yours with chown, or set XDG_STATE_HOME to a folder of yours',
      )
    }
  } catch (error) {
    throw fileFailure('make', folder, error)
  }
}
