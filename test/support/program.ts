import { existsSync, realpathSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

/** The repository's top folder. */
export const top = findTop()

/** The program that the tests start: what is built here, or the one that `AWSMFA_BIN` names. */
export const program = resolve(process.env.AWSMFA_BIN || join(top, 'dist', 'main.js'))

/** Whether it is the executable that needs no Node. */
export const standalone = existsSync(program) && !realpathSync(program).endsWith('.js')

/** What cannot hold for the executable, and why: the only tests that are left out when `AWSMFA_BIN` names it. */
const onlyWithNode = {
  'lazy loading': 'it is one file',
  'old Node': 'it brings its own',
  'few open files': 'Bun itself opens more at its start than awsmfa',
  NODE_OPTIONS: 'Bun does not read it, so nothing can be put into the program that way',
  SIGPWR: "Bun's engine stops its threads with it",
  SIGSTKFLT: 'Bun has no handler for it: it ends the program at once, and the next run sweeps up',
  'system calls': 'Bun makes others than Node, and not all in the main thread',
} as const

/** For the `skip` option of a test. `skipReporter.mjs` knows the first words. */
export function withoutNode(what: keyof typeof onlyWithNode): string | false {
  return standalone && `not for the executable: ${onlyWithNode[what]}`
}

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
