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
