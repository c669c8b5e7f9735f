import { Failure } from '../errors.js'
import { shellQuoted } from './text.js'

export const exportFormats = ['sh', 'fish', 'powershell', 'json', 'dotenv'] as const
export type ExportFormat = (typeof exportFormats)[number]

interface Syntax {
  set(name: string, value: string): string
  /** absent where nothing can be taken out */
  unset?(name: string): string
}

/** What each reader of variables takes for the very same bytes. */
const syntaxes: Readonly<Record<Exclude<ExportFormat, 'json'>, Syntax>> = {
  sh: {
    set: (name, value) => `export ${name}=${shellQuoted(value)}`,
    unset: (name) => `unset ${name}`,
  },
  fish: {
    set: (name, value) => `set -gx ${name} ${fishQuoted(value)}`,
    unset: (name) => `set -e ${name}`,
  },
  powershell: {
    set: (name, value) => `$env:${name} = ${powershellQuoted(value)}`,
    unset: (name) => `Remove-Item Env:${name} -ErrorAction SilentlyContinue`,
  },
  dotenv: { set: (name, value) => `${name}=${dotenvPlain(name, value)}` },
}

/**
 * A session's variables as text that a shell evaluates or a program reads.
 *
 * @param others - the names of variables that must not stand beside them: shells are told to forget these
 * @throws Failure `usage` when a value cannot be said in that format
 */
export function exportText(
  format: Exclude<ExportFormat, 'json'>,
  variables: Readonly<Record<string, string>>,
  others: readonly string[],
): string {
  const { set, unset } = syntaxes[format]
  // A shell's function may have any name as a variable, and these lines are evaluated.
  const names = unset === undefined ? [] : others.filter((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
  const lines = [
    ...names.map((name) => unset?.(name)),
    ...Object.entries(variables).map(([name, value]) => set(name, value)),
  ]
  return lines.join('\n')
}

/** Between single quotes fish knows `\\` and `\'`, and no other escapes. */
function fishQuoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}

/** PowerShell takes the four curly ones for single quotes too. */
function powershellQuoted(text: string): string {
  return `'${text.replace(/['‘’‚‛]/g, '$&$&')}'`
}

/** Docker takes the rest of the line as it is, others know quotes and comments: only what all read alike is written. */
function dotenvPlain(name: string, value: string): string {
  if (/^[\w./+=:@%,-]*$/.test(value)) return value
  throw new Failure('usage', `${name} has a character that not all readers of .env files take alike`, [
    'take another format: --format json',
  ])
}
