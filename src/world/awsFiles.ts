import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Failure } from '../errors.js'
import type { AwsFile, AwsFiles } from '../world.js'
import { homeFolder, pathIn } from './homeFolder.js'
import { findTarget, readSettled, type Target } from './target.js'

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
      const variable = env[variables[file]] ? variables[file] : undefined
      const missing = variable !== undefined && !existsSync(dirname(folder))
      const { warningsOf } = await import('./fileFacts.js')
      const warnings = warningsOf(known, file === 'config')
      // A path that was mistyped must not become a tree of new folders without a word.
      return missing ? [`${variable} names ${known}, whose folders are made now`] : warnings
    },

    async inspect(file) {
      const { factsOf } = await import('./fileFacts.js')
      return factsOf(find(file).known)
    },

    async edit(file, change) {
      const { replaceFile } = await import('./replaceFile.js')
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
