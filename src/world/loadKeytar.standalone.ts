import type { Keytar } from './loadKeytar.js'

/**
 * keytar's native part, which is inside the executable. It must be named literally: a module that Bun has to look for, it
 * would find in the `node_modules` of whatever folder the person is in.
 */
export async function loadKeytar(): Promise<Keytar> {
  // @ts-expect-error scripts/standalone.mjs puts it there
  const { default: keytar } = await import('./keytar.node')
  return keytar as Keytar
}
