import { posix, win32 } from 'node:path'
import { otherCredentials } from './credential.js'

/* What is needed to start a program as a shell would. Windows is known from its manuals only: all of it is pure. */

type Env = Readonly<Record<string, string | undefined>>

/**
 * The environment of a program that gets a session.
 *
 * @param caseless - as on Windows, where `Path` and `PATH` are one variable
 */
export function childEnv(
  env: Env,
  variables: Readonly<Record<string, string>>,
  caseless: boolean,
): Record<string, string> {
  const same = (name: string) => (caseless ? name.toUpperCase() : name)
  const removed = new Set(otherCredentials(env, caseless))
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !removed.has(entry[0]) && !Object.hasOwn(variables, same(entry[0])),
  )
  return { ...Object.fromEntries(kept), ...variables }
}

/** The value of a variable, whatever the case of its name where that does not count. */
function valueIn(env: Env, name: string, caseless: boolean): string | undefined {
  if (!caseless) return env[name]
  return env[Object.keys(env).find((each) => each.toUpperCase() === name) ?? name]
}

/**
 * Where a program may be, in the order in which it is looked for: as execvp(3) does, or as Windows' shells do without their
 * look into the current folder, which is how a program that somebody has put there gets the keys.
 *
 * @param name - as it was typed
 * @param cwd - the current folder
 */
export function programPaths(name: string, env: Env, windows: boolean, cwd: string): readonly string[] {
  const { resolve, delimiter } = windows ? win32 : posix
  const isPath = windows ? /[\\/:]/.test(name) : name.includes('/')
  const path = valueIn(env, 'PATH', windows) ?? (windows ? '' : '/usr/bin:/bin')
  const folders = isPath ? [cwd] : path.split(delimiter).map((folder) => folder.replace(/^"(.*)"$/, '$1'))
  const found = folders.filter((folder) => !windows || folder !== '').map((folder) => resolve(cwd, folder, name))
  if (!windows) return found
  const endings = (valueIn(env, 'PATHEXT', true) ?? '.COM;.EXE;.BAT;.CMD').split(';').filter((each) => each !== '')
  const hasEnding = endings.some((each) => name.toUpperCase().endsWith(each.toUpperCase()))
  return found.flatMap((each) => [...(hasEnding ? [each] : []), ...endings.map((ending) => each + ending)])
}

/** Whether Windows starts it by its command processor. */
export function isBatchFile(path: string): boolean {
  return /\.(bat|cmd)$/i.test(path)
}

/**
 * The arguments of `cmd.exe` that run a batch file, to be passed on as they are. Each word stands between quotes, in which
 * a quote is doubled, so that the state of the quotes is the same however often the line is read; `%` is followed by a
 * variable that is always empty, so that it starts no name.
 *
 * @returns `undefined` for what cannot be said on such a line
 * @see https://learn.microsoft.com/en-us/windows-server/administration/windows-commands/cmd
 */
export function batchLine(path: string, args: readonly string[]): string | undefined {
  if ([path, ...args].some((word) => /[\0\r\n]/.test(word)) || /["%]/.test(path)) return undefined
  const words = args.map(
    (word) =>
      `"${word
        .replace(/(\\*)("|$)/g, '$1$1$2')
        .replace(/"/g, '""')
        .replace(/%/g, '%%cd:~,%')}"`,
  )
  return `/e:ON /v:OFF /d /s /c "${[`"${path}"`, ...words].join(' ')}"`
}

/** What the first bytes of a file say. */
export type ProgramHead =
  /** for this very machine; `loader` is the program that the system starts it with, where it has one */
  | { readonly kind: 'binary'; readonly loader?: string }
  | { readonly kind: 'script'; readonly interpreter: string }
  /** text without a first line of that kind: a shell runs it, execvp(3) */
  | { readonly kind: 'text' }
  | { readonly kind: 'unknown' }

/**
 * @param head - the first kilobytes of a program's file
 * @param own - those of the program that runs now
 */
export function readHead(head: Buffer, own: Buffer): ProgramHead {
  const script = /^#![ \t]*([^ \t\n]+)/.exec(head.toString('latin1', 0, 256))
  if (script?.[1] !== undefined) return { kind: 'script', interpreter: Buffer.from(script[1], 'latin1').toString() }
  // Class, byte order and machine of an ELF file, elf(5); the first word of a Mach-O file, which tells the width.
  const isElf = head.toString('latin1', 0, 4) === '\x7fELF'
  const same = (from: number, to: number) => own.subarray(from, to).equals(head.subarray(from, to))
  if (isElf && same(0, 6) && same(18, 20)) {
    const loader = /\0(\/[^\0\s]*\/ld[^\0\s/]*)\0/.exec(head.toString('latin1'))?.[1]
    return { kind: 'binary', ...(loader === undefined ? {} : { loader }) }
  }
  const isMach = own.toString('hex', 0, 4) === 'cffaedfe' || isUniversal(own)
  if (isMach && (isUniversal(head) || (head.length > 8 && same(0, 8)))) return { kind: 'binary' }
  return !isElf && head.length > 0 && !head.subarray(0, 256).includes(0) ? { kind: 'text' } : { kind: 'unknown' }
}

/** A Mach-O file for several machines, with their number behind; where a class file of Java has its version, 45 or more. */
function isUniversal(head: Buffer): boolean {
  return head.length > 8 && head.toString('hex', 0, 4) === 'cafebabe' && head.readUInt32BE(4) < 20
}
