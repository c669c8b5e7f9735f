import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import process from 'node:process'

/** Those of keytar's functions that awsmfa uses. */
export interface Keytar {
  getPassword(service: string, account: string): Promise<string | null>
  setPassword(service: string, account: string, password: string): Promise<void>
  deletePassword(service: string, account: string): Promise<boolean>
}

/** @throws the reason why its native part does not load */
export async function loadKeytar(): Promise<Keytar> {
  const require = createRequire(import.meta.url)
  try {
    return require('keytar') as Keytar
  } catch (error) {
    throw nativeCause(require) ?? error
  }
}

/** keytar's loader swallows why its native part did not load; loading that part by its path tells. */
function nativeCause(require: NodeJS.Require): NodeJS.ErrnoException | undefined {
  try {
    const folder = dirname(require.resolve('keytar/package.json'))
    require(join(folder, 'prebuilds', `${process.platform}-${process.arch}`, 'keytar.node'))
    return undefined
  } catch (error) {
    return error as NodeJS.ErrnoException
  }
}
