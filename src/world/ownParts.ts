import process from 'node:process'
import { fileURLToPath } from 'node:url'

// How the program finds parts of itself where Node runs it from a folder of files. Beside this is the same for the
// executable, which is one file; the bundler takes the one or the other.

/** @param nodeOptions - Node's own, for the child */
export function keychainCommand(nodeOptions: readonly string[]): readonly [program: string, ...args: string[]] {
  const file = fileURLToPath(new URL('./keychainChild.js', import.meta.url))
  return [process.execPath, ...nodeOptions.filter((option) => !option.startsWith('--inspect')), file]
}

/** What jobs and hooks start: the first with the second as its first argument. */
export function ownProgram(): { readonly node: string; readonly program: string } {
  return { node: process.execPath, program: process.argv[1] ?? '' }
}
