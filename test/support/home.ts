import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'

/** What a folder holds: each path below it, with its kind, mode and content. Two of them compare with deepEqual. */
export type Snapshot = Readonly<Record<string, string>>

/** A throw-away folder that stands for a person's home. Paths are relative to it. */
export interface Home {
  readonly path: string
  /** the text, bytes as latin1; `undefined` when there is no such file */
  read(name: string): string | undefined
  /** Writes a file, mode 0600 unless told, and the folders above it, mode 0700. Text is latin1. */
  write(name: string, text: string, mode?: number): void
  remove(name: string): void
  /** the permission bits, such as `600` */
  mode(name: string): string
  /** Everything in it, byte for byte, without the paths that `except` matches. */
  snapshot(except?: RegExp): Snapshot
}

/** @param path - an existing folder */
export function makeHome(path: string): Home {
  const at = (name: string) => join(path, name)
  return {
    path,
    read(name) {
      try {
        return readFileSync(at(name), 'latin1')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
    },
    write(name, text, mode = 0o600) {
      mkdirSync(dirname(at(name)), { recursive: true, mode: 0o700 })
      writeFileSync(at(name), text, 'latin1')
      chmodSync(at(name), mode)
    },
    remove: (name) => rmSync(at(name), { recursive: true, force: true }),
    mode: (name) => (lstatSync(at(name)).mode & 0o7777).toString(8),
    snapshot: (except) =>
      Object.fromEntries(
        paths(path)
          .filter((each) => except?.test(relative(path, each)) !== true)
          .flatMap((each) => {
            const description = describe(each)
            return description === undefined ? [] : [[relative(path, each), description]]
          }),
      ),
  }
}

function paths(folder: string): string[] {
  const names = readdirSync(folder, { withFileTypes: true })
  return names
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      return entry.isDirectory() ? [path, ...paths(path)] : [path]
    })
    .sort()
}

/** @returns `undefined` for what has gone since it was listed: other runs may be at work, with locks and temporary files */
function describe(path: string): string | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return undefined
  const mode = (stat.mode & 0o7777).toString(8)
  if (stat.isSymbolicLink()) return `link to ${readlinkSync(path)}`
  if (stat.isDirectory()) return `folder ${mode}`
  if (!stat.isFile()) return `other ${mode}`
  try {
    return `file ${mode}\n${readFileSync(path, 'latin1')}`
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
