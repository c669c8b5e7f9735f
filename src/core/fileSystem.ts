import { Failure } from '../errors.js'
import { printable } from './text.js'

export interface PathSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly windows: boolean
  /** the home folder of a user, `''` for the person; `undefined` when nobody is called that */
  homeOf(user: string): string | undefined
}

/**
 * The path in a variable of the environment. Where no shell has set it (a systemd unit, an `.env` file, an editor's
 * settings) it may still say `$HOME` or `~`: those are expanded as botocore does (`os.path.expandvars`, then `expanduser`).
 *
 * @param variable - its name, for the message
 * @throws Failure `act` when the value still holds what only a shell, or another system, could make a path of: taken
 *   as it is, it would name a file that nobody means
 */
export function expandPath(variable: string, value: string, surroundings: PathSurroundings): string {
  const { windows, homeOf } = surroundings
  const expanded = expandNames(value, surroundings)
  const [, user, rest = ''] = (windows ? /^~([^\\/]*)(.*)$/s : /^~([^/]*)(.*)$/s).exec(expanded) ?? []
  const home = user === undefined ? undefined : homeOf(user)
  const path = home === undefined ? expanded : home.replace(/[\\/]+$/, '') + rest || '/'
  const wrong = leftovers.find(([pattern, , where]) => (where ?? windows) === windows && pattern.test(path))
  if (wrong === undefined) return path
  throw new Failure('act', `${variable} is '${printable(value)}', ${wrong[1]}`, [
    `write the whole path without anything that a shell would expand, or unset ${variable}`,
  ])
}

/** What a path must not hold any more, in words, and the one system on which it must not: `true` is Windows. */
const leftovers: readonly (readonly [RegExp, string, boolean?])[] = [
  [/^$/, 'which comes to nothing'],
  [/\p{Cc}/u, 'which holds a control character'],
  [/^["']/, 'which has quotes that no shell has taken away'],
  [/^\s|\s$/, 'which has a blank at one end'],
  [/^~/, 'and no user here is called that'],
  [/\$/, 'which names a variable that is not set', false],
  // Hidden shares end in a dollar sign: \\server\home$\alice
  [/\$[\w{(]/, 'which names a variable that is not set', true],
  [/`/, 'which holds a command for a shell'],
  [/%\w+%|^%\w[\\/]/, 'which holds a name between percent signs that nothing was put in for'],
  [/^[a-z]+:\/\//i, 'which is a URL'],
  [/^[a-z]:[\\/]|^\\\\/i, 'which is a path of Windows (in WSL, drive C: is /mnt/c)', false],
]

/** Names that are not set stay as they are; what is put in is not expanded again. */
function expandNames(value: string, { env, windows }: PathSurroundings): string {
  const name = windows ? /\$(\w+)|\$\{([^}]*)\}|%([^%]+)%/g : /\$(\w+)|\$\{([^}]*)\}/g
  return value.replace(name, (text, ...found: (string | undefined)[]) => {
    const wanted = found.slice(0, windows ? 3 : 2).find((each) => each !== undefined) ?? ''
    if (!windows) return env[wanted] ?? text
    return Object.entries(env).find(([each]) => each.toUpperCase() === wanted.toUpperCase())?.[1] ?? text
  })
}

/** What passwd(5) and group(5) tell: only of local users and groups. */

interface User {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
}

export function parseUsers(passwd: string): User[] {
  return passwd.split('\n').flatMap((line) => {
    const [name, , uid, gid, , home] = line.split(':')
    return name && uid && gid && home !== undefined ? [{ name, uid: Number(uid), gid: Number(gid), home }] : []
  })
}

/**
 * Whether the group is the user's own: their primary group, nobody else's, with no further members. Many systems give
 * each user such a group and a umask of 002, so that their files have mode 0664 and still only they can write them.
 * Debian's sshd judges the same way (its patch "user-group-modes").
 */
export function isPrivateGroup(uid: number, gid: number, passwd: string, group: string): boolean {
  const users = parseUsers(passwd)
  const owner = users.find((user) => user.uid === uid)
  const lines = group.split('\n').map((line) => line.split(':'))
  const members = lines
    .filter(([, , number]) => Number(number) === gid)
    .flatMap(([, , , names]) => names?.split(',') ?? [])
  return (
    owner?.gid === gid &&
    users.every((user) => user.gid !== gid || user.uid === uid) &&
    members.every((name) => name === '' || name === owner.name)
  )
}

export interface Mount {
  readonly point: string
  /** such as `ext4`; the drives of Windows in WSL are `drvfs`, whatever carries them */
  readonly type: string
  readonly readOnly: boolean
  /** whether files there can be closed to others, as far as the type tells */
  readonly modes: boolean
}

const modeless = /^(drvfs|vfat|msdos|exfat|ntfs|cifs|smb\w*|vboxsf|vmhgfs|prl_fs|fuse.*)$/

/** The mounts in the text of `/proc/self/mountinfo`, proc_pid_mountinfo(5). */
export function parseMounts(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ')
    const [point, options = ''] = before.split(' ').slice(4)
    const [kind = '', , more = ''] = after.split(' ')
    if (point === undefined) return []
    const type = kind === '9p' && more.includes('aname=drvfs') ? 'drvfs' : kind
    const metadata = type === 'drvfs' && /[;,]metadata\b/.test(line)
    return [
      {
        // Blanks and such are written in octal.
        point: point.replace(/\\(\d{3})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 8))),
        type,
        readOnly: isReadOnly(options) || isReadOnly(more),
        modes: metadata || !modeless.test(type),
      },
    ]
  })
}

function isReadOnly(options: string): boolean {
  return options.split(',').includes('ro')
}

/** The mount that a path without symbolic links lies on: of those around it the innermost, and of its like the latest. */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  return mounts
    .filter(({ point }) => point === '/' || path === point || path.startsWith(`${point}/`))
    .reduce<Mount | undefined>(
      (best, mount) => (best && best.point.length > mount.point.length ? best : mount),
      undefined,
    )
}

/** What to do about files on a mount where chmod has no effect. */
export function closeMount({ point, type }: Pick<Mount, 'point' | 'type'>): string {
  const how =
    type === 'drvfs'
      ? 'in /etc/wsl.conf: [automount] options = "metadata,umask=077", then wsl --shutdown'
      : /^(cifs|smb)/.test(type)
        ? 'mount it with file_mode=0600,dir_mode=0700'
        : /^(vfat|msdos|exfat|ntfs|fuseblk)/.test(type)
          ? 'mount it with umask=077'
          : 'keep the AWS files on a disk that does'
  return `the mount ${point} (${type}) knows no permissions; ${how}`
}
