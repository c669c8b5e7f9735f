import { accessSync, constants, existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Failure } from '../errors.js'
import type { AwsFile, AwsFiles, FileFacts } from '../world.js'
import { fileFailure } from './fileFailure.js'
import { homeFolder, pathIn } from './homeFolder.js'
import { howToClose, othersMay, refuseUnsafe } from './refuseUnsafe.js'
import { checkWritable, replaceFile } from './replaceFile.js'
import { findTarget, octal, readSettled, type Target } from './target.js'

const variables = { credentials: 'AWS_SHARED_CREDENTIALS_FILE', config: 'AWS_CONFIG_FILE' } as const

/**
 * `~/.aws/credentials` and `~/.aws/config`, or where AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE point.
 *
 * @param env - the environment; an empty variable counts as absent
 * @param home - the person's folder
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html
 */
export function makeAwsFiles(env: Readonly<Record<string, string | undefined>>, home?: string): AwsFiles {
  const homeOf = () => home ?? homeFolder()

  function find(file: AwsFile): Target & { readonly known: string } {
    const named = pathIn(env, variables[file], homeOf)
    const known = named ?? join(homeOf(), '.aws', file)
    return { ...findTarget(known, named === undefined ? undefined : variables[file]), known }
  }

  return {
    path(file) {
      const { known, name, stat } = find(file)
      return stat === undefined ? name : known
    },

    async read(file) {
      const bytes = await readSettled(find(file), false)
      return bytes?.toString('latin1')
    },

    async checkWritable(file) {
      const { known, folder } = find(file)
      const missing = env[variables[file]] && !existsSync(dirname(folder))
      const target = checkWritable(known)
      // A path that was mistyped must not become a tree of new folders without a word.
      if (missing) return [`${variables[file]} names ${known}, whose folders are made now`]
      const { name, stat } = target
      if (stat === undefined || process.platform === 'win32') return []
      // The config file holds no secrets of ours, and many have it readable.
      const bits = othersMay(stat) & (file === 'config' ? 0o022 : 0o066)
      if (bits === 0) return []
      const what = (bits & 0o022) === 0 ? 'read' : 'read and write'
      return [`others can ${what} ${name} (mode ${octal(stat)}): ${howToClose(target)}`]
    },

    async inspect(file) {
      return inspectFile(find(file).known)
    },

    async edit(file, change) {
      await replaceFile(find(file).known, (bytes) => encode(change(bytes.toString('latin1'))))
    },
  }
}

/** Refuses what latin1 has no byte for: Node would drop the upper half of it, and U+010A would become a line end. */
function encode(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1')
  if (bytes.toString('latin1') !== text) throw new Failure('usage', 'only plain characters can be written to AWS files')
  return bytes
}

/**
 * What a file is like to somebody who wants to replace it. Only looks: not even a temporary file is made.
 *
 * @param path - as the person knows it
 * @throws Failure `act` when it cannot be replaced, as far as looking tells
 */
function inspectFile(path: string): FileFacts {
  const target = findTarget(path)
  refuseUnsafe(target, { looking: true })
  const { stat, folder, name, path: end } = target
  try {
    if (stat !== undefined) accessSync(end, constants.R_OK | constants.W_OK)
    accessSync(existingFolder(folder), constants.W_OK)
  } catch (error) {
    throw fileFailure('write', end, error, name)
  }
  const modes = stat !== undefined && process.platform !== 'win32'
  return {
    path: end,
    name,
    exists: stat !== undefined,
    mode: modes ? octal(stat) : undefined,
    othersCanRead: modes && (othersMay(stat) & 0o044) !== 0,
    closing: howToClose(target, { looking: true }),
    gitWorkTree: gitWorkTree(folder),
  }
}

function existingFolder(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : existingFolder(dirname(folder))
}

/** `.git` is a folder, or in a worktree or submodule a file (gitrepository-layout(5)). */
function gitWorkTree(folder: string): string | undefined {
  if (existsSync(join(folder, '.git'))) return folder
  return dirname(folder) === folder ? undefined : gitWorkTree(dirname(folder))
}
