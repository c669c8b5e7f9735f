import { existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

/** The repository's top folder. */
export const top = findTop()

/** The program that the tests start: what is built here, or the one that `AWSMFA_BIN` names. */
export const program = process.env.AWSMFA_BIN || join(top, 'dist', 'main.js')

/** Whether it is the executable that needs no Node. */
export const standalone = existsSync(program) && !realpathSync(program).endsWith('.js')

const throwAwayKeychain = join(top, 'test', 'support', 'throwAwayKeychain.cjs')

/** How the program is started. */
export interface Start {
  /** the words before the arguments */
  readonly command: readonly [string, ...string[]]
  /** what must be in the environment */
  readonly env: Readonly<Record<string, string>>
}

/** @param options - `throwAway`: with the throw-away keychain in place of keytar */
export function startOf({ throwAway }: { throwAway: boolean }): Start {
  if (standalone) return { command: [program], env: throwAway ? { BUN_OPTIONS: `--preload=${throwAwayKeychain}` } : {} }
  return { command: [process.execPath, ...(throwAway ? ['--require', throwAwayKeychain] : []), program], env: {} }
}

function findTop(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder)
  return folder
}
