import { readFileSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import { expandPath, parseUsers } from '../core/fileSystem.js'
import { printable } from '../core/text.js'
import { Failure } from '../errors.js'
import { statIfAny } from './target.js'
import { userRecord } from './userRecord.js'

type Env = Readonly<Record<string, string | undefined>>

const windows = process.platform === 'win32'

/**
 * The person's folder: HOME, or else what the user database says.
 *
 * @throws Failure `act` when neither tells, or HOME is relative: each run would have another one then
 */
export function homeFolder(): string {
  const variable = windows ? 'USERPROFILE' : 'HOME'
  const home = process.env[variable] || person()?.homedir
  if (home && isAbsolute(home)) return home
  const what = home
    ? `${variable} is ${printable(home)}, which is no absolute path`
    : `no home folder: ${variable} is not set and uid ${process.getuid?.()} is in no user database`
  throw new Failure('act', what, `set ${variable} to a folder that you can write`)
}

/**
 * The path that a variable of the environment names; `undefined` when it is empty or absent.
 *
 * @param home - where `~` leads
 * @throws Failure `act` that names the variable, when it holds no path
 */
export function pathIn(env: Env, variable: string, home: () => string = homeFolder): string | undefined {
  const value = env[variable]
  if (!value) return undefined
  const homeOf = (user: string) => {
    if (user === '') return home()
    const self = person()
    return self?.username === user
      ? self.homedir
      : parseUsers(readDatabase('passwd')).find(({ name }) => name === user)?.home
  }
  return expandPath(variable, value, { env, windows, homeOf })
}

/** The absolute path that a person wrote: shells leave `~` alone behind `=`, as in `--identity=~/id`, and config files too. */
export function typedPath(path: string): string {
  return resolve(path.replace(/^~(?=[/\\])/, () => homeFolder()))
}

/**
 * Where the platform keeps the state of programs: `$XDG_STATE_HOME/awsmfa` or `~/.local/state/awsmfa` on Linux, the place
 * for application data on macOS and Windows.
 */
export function stateFolder(env: Env = process.env): string {
  return ownFolderIn(env, 'XDG_STATE_HOME', 'state')
}

/** Where the platform keeps the data of programs: `$XDG_DATA_HOME/awsmfa` or `~/.local/share/awsmfa` on Linux. */
export function dataFolder(env: Env = process.env): string {
  return ownFolderIn(env, 'XDG_DATA_HOME', 'share')
}

function ownFolderIn(env: Env, variable: string, usual: string): string {
  if (process.platform === 'darwin') return join(homeFolder(), 'Library', 'Application Support', 'awsmfa')
  const named = pathIn(env, windows ? 'LOCALAPPDATA' : variable)
  // A relative one is to be ignored (XDG Base Directory Specification): cron and a shell must find the same.
  const base = named !== undefined && isAbsolute(named) && !isOfApp(named) ? named : undefined
  if (windows) return join(base ?? join(homeFolder(), 'AppData', 'Local'), 'awsmfa', 'Data')
  return join(base ?? join(homeFolder(), '.local', usual), 'awsmfa')
}

/**
 * Whether a folder is a snap's or flatpak's own. The terminal in such an editor hands it on to every program in it, other
 * shells and cron do not know it, and a snap's goes with its version (microsoft/vscode#237608).
 */
function isOfApp(folder: string): boolean {
  return /\/snap\/[^/]+\/(x?\d+|common|current)(\/|$)|\/\.var\/app\//.test(folder)
}

/**
 * Refuses to write as root while HOME is somebody else's, as after `sudo -E`: files of root would be left there, which
 * that person's own runs cannot open. A home that root really has may belong to anybody, as when one is mounted in a container.
 *
 * @throws Failure `act`
 */
export function refuseForeignHome(): void {
  const home = process.env.HOME
  if (process.geteuid?.() !== 0 || !home) return
  const uid = statIfAny(home)?.uid ?? 0
  const users = parseUsers(readDatabase('passwd'))
  if (uid === 0 || users.some((user) => user.uid === 0 && user.home === home)) return
  const name = users.find((user) => user.uid === uid)?.name
  const owner = name === undefined ? `uid ${uid}` : `${name} (uid ${uid})`
  throw new Failure('act', `you are root, and HOME (${home}) belongs to ${owner}`, [
    `run it without sudo${name === undefined ? '' : `, as ${name}`}`,
  ])
}

/** As the user database has them, a directory server's too; `undefined` for a mere number, as in many containers. */
function person(): { username: string; homedir: string } | undefined {
  try {
    return userRecord()
  } catch {
    return undefined
  }
}

/** @returns nothing where there is no such file */
export function readDatabase(name: 'passwd' | 'group'): string {
  try {
    return readFileSync(join('/etc', name)).toString()
  } catch {
    return ''
  }
}
