import { Failure } from '../errors.js'

/*
 * The line for `credential_process`, spelled so that every program that reads it starts the same. Some split it themselves
 * (botocore), others give it to a shell, to `sh` or to `cmd.exe`; some cut comments off.
 */

export interface ProcessLine {
  readonly line: string
  /** what not every program can start */
  readonly cautions: readonly string[]
}

/**
 * @param words - the absolute path of a program, and its arguments
 * @throws Failure `act` when a path cannot stand on such a line
 */
export function processLine(words: readonly string[]): ProcessLine {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (words.some((word) => /[\0-\x1f\x7f]/.test(word))) {
    throw new Failure('act', 'a path with a control character in it cannot be written into the config file', [
      'install awsmfa in a folder with an ordinary name',
    ])
  }
  return /^([A-Za-z]:[\\/]|\\\\)/.test(words[0] ?? '') ? forWindows(words) : { line: forPosix(words), cautions: [] }
}

/**
 * Backslashes, not quotes: a `"` in front makes older Go SDKs and rclone drop the rest, and behind a blank a `#` or `;` would
 * start a comment for some, even between quotes.
 */
function forPosix(words: readonly string[]): string {
  return words.map((word) => word.replace(/[^\w@%+=:,./\u0080-\uffff-]/g, '\\$&')).join(' ')
}

/** The first word must not begin with a quote here either, so that what does is started by `call`. */
function forWindows(words: readonly string[]): ProcessLine {
  const isPlain = (word: string) => /^[\w@+=:,./\\~\u0080-\uffff-]+$/.test(word)
  const line = words.map((word) => (isPlain(word) ? word : `"${word}"`)).join(' ')
  if (words.every(isPlain)) return { line, cautions: [] }
  return {
    line: line.startsWith('"') ? `cmd.exe /d /c call ${line}` : line,
    cautions: [
      'a path has a blank, or another character that needs quotes: Terraform and other Go programs do not start such a line on Windows',
      'install Node and awsmfa where the path has none, or write the short name that dir /x shows',
    ],
  }
}

/** A section of the config file; settings without a value are left out. */
export function profileSection(name: string, settings: Readonly<Record<string, string | undefined>>): string {
  const lines = Object.entries(settings).flatMap(([key, value]) => (value === undefined ? [] : [`${key} = ${value}`]))
  return [`[profile ${name}]`, ...lines].join('\n')
}
