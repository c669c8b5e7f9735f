import { type AwsFileKind, inherited } from './awsFileScan.js'

/**
 * The profile that a section describes to botocore, or `undefined` when it describes none.
 *
 * @param name - what stands between the brackets
 */
export function profileOf(file: AwsFileKind, name: string): string | undefined {
  if (name === inherited) return undefined
  if (file === 'credentials' || name === 'default') return name
  if (!name.startsWith('profile')) return undefined
  if (/^profile [\w.-]+$/.test(name)) return name.slice('profile '.length)
  // `build_profile_map` takes the second of exactly two words that `shlex.split` finds.
  const second = twoWords.exec(name)?.[1]
  return second?.replace(
    quoting,
    (_, escaped?: string, single?: string, double?: string) =>
      escaped ?? single ?? double?.replace(/\\(["\\])/g, '$1') ?? '',
  )
}

const word = `(?:[^ \\t\\r\\n'"\\\\]|\\\\.|'[^']*'|"(?:[^"\\\\]|\\\\.)*")+`
const twoWords = new RegExp(`^${word}[ \\t\\r\\n]+(${word})[ \\t\\r\\n]*$`, 's')
const quoting = /\\(.)|'([^']*)'|"((?:[^"\\]|\\.)*)"/gs
