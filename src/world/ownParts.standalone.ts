import process from 'node:process'

/** The verb by which the executable is the keychain's child; for nobody else. */
export const keychainVerb = '__keychain-child'

export function keychainCommand(): readonly [program: string, ...args: string[]] {
  return [process.execPath, keychainVerb]
}

/** There is no Node: `standalone.ts` ignores its own path as the first argument. */
export function ownProgram(): { readonly node: string; readonly program: string } {
  return { node: process.execPath, program: process.execPath }
}
