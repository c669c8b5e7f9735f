import { parseArgumentList } from '../../core/argumentList.js'
import { parseCode } from '../../core/code.js'
import { failed, ok } from '../../core/doctor/check.js'
import { attempt, Failure } from '../../errors.js'
import type { World } from '../../world.js'
import type { CodeSourceOf, CodeSourceRow, OpenSource } from './codeSource.js'

/** A command of the person's prints codes: `mfa_process`, a word of aws-vault's. */
export const programRow: CodeSourceRow<CodeSourceOf<'process'>> = {
  words: 'from a command',
  settings: [],
  read: ({ mfaProcess, origin }) => {
    if (mfaProcess) return { kind: 'process', command: mfaProcess }
    throw new Failure('act', `${origin('mfa_process')} is missing`, [
      'write the command that prints a code there, or run: awsmfa enroll --mfa-process COMMAND',
    ])
  },
  write: () => ({}),
  needsLogin: false,
  runsProgram: () => true,
  takesTime: () => true,
  open: async (world, _, { command }) => askProgram(world, command),
  // A code of it would be spent for nothing, and may cost a touch of a key, so the command is only read.
  check: async (_, __, { command }) => {
    const parsed = await attempt(async () => parseArgumentList(command, 'mfa_process'))
    if (parsed instanceof Failure) return [failed('mfa-process', parsed)]
    return [ok('mfa-process', `codes come from ${parsed[0]} (mfa_process), which is not run here`)]
  },
}

/**
 * A source that asks a program of the person's for each code.
 *
 * @param command - what `mfa_process` says
 * @throws Failure `act` when it cannot be run without a shell
 */
function askProgram(world: World, command: string): OpenSource {
  const [program, ...args] = parseArgumentList(command, 'mfa_process')
  return {
    async ask() {
      const output = await world.programs.output([program, ...args])
      const code = await attempt(async () => parseCode(output))
      if (!(code instanceof Failure)) return code
      // What it printed may be a seed or a password, so it is not repeated.
      throw new Failure('act', `mfa_process printed no code: ${program} must print six digits and nothing else`, [
        'run the same command yourself and look at its output',
      ])
    },
  }
}

/** Whether a command's codes come from awsmfa. */
export function asksItself(command: string): boolean {
  return /^(?:npx\s+(?:-\S+\s+)*)?(["']?)(?:[^"']*[\\/])?awsmfa(?:\.\w+)?\1\s(?:.*\s)?code\b/.test(command)
}
