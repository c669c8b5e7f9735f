import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'
import { Failure } from '../errors.js'
import type { AwsFile, AwsFiles } from '../world.js'
import { checkWritable } from './checkWritable.js'
import { inspectFile } from './inspectFile.js'
import { readSettled } from './readSettled.js'
import { replaceFile } from './replaceFile.js'
import { findTarget, octal } from './target.js'

const variables = { credentials: 'AWS_SHARED_CREDENTIALS_FILE', config: 'AWS_CONFIG_FILE' } as const

/**
 * `~/.aws/credentials` and `~/.aws/config`, or where AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE point.
 *
 * @param env - the environment; an empty variable counts as absent
 * @param home - the person's folder; from the user database when HOME is not set
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html
 */
export function makeAwsFiles(env: Readonly<Record<string, string | undefined>>, home = homeFolder()): AwsFiles {
  function path(file: AwsFile): string {
    const named = env[variables[file]] || join('~', '.aws', file)
    return /^~[/\\]/.test(named) ? join(home, named.slice(2)) : named
  }

  return {
    path,

    async read(file) {
      const bytes = await readSettled(findTarget(path(file)), false)
      return bytes?.toString('latin1')
    },

    async checkWritable(file) {
      const { path: end, name, stat } = checkWritable(path(file))
      // The config file holds no secrets of ours, and many have it readable.
      if (file === 'config' || stat === undefined || process.platform === 'win32') return []
      return (stat.mode & 0o044) === 0 ? [] : [`others can read ${name} (mode ${octal(stat)}): chmod 600 ${end}`]
    },

    async inspect(file) {
      return inspectFile(path(file))
    },

    async edit(file, change) {
      await replaceFile(path(file), (bytes) => encode(change(bytes.toString('latin1'))))
    },
  }
}

/** Refuses what latin1 has no byte for: Node would drop the upper half of it, and U+010A would become a line end. */
function encode(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1')
  if (bytes.toString('latin1') !== text) throw new Failure('usage', 'only plain characters can be written to AWS files')
  return bytes
}

function homeFolder(): string {
  return homedir() || userInfo().homedir
}
