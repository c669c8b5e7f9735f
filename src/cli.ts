import { type Understood, understandPlainly } from './cli/plain.js'
import type { Values, voiceFlags } from './cli/spec.js'
import { commands } from './cli/table.js'
import type { FailureKind } from './errors.js'
import type { Terminal } from './outside/terminal.js'
import type { World } from './world.js'

/** What `main.ts` lends to the command line. */
export interface Edge {
  readonly version: string
  readonly terminal: Pick<Terminal, 'answer' | 'columns'>
  /** Called with the flags that change the voice, before a command runs. */
  obey(voice: Values<typeof voiceFlags>): void
  /** The world, for a command that runs: help needs none. */
  makeWorld(): Promise<World>
}

/**
 * Parses the command line and runs the command it names. Of the declarations in {@link commands} only that of the named
 * one is loaded, and what it does only when it runs.
 *
 * @param args - the arguments after the program's name
 * @returns the kind of the gravest failure that was told already, `undefined` when all is well
 * @throws Failure; `usage` when the command line cannot be understood
 */
export async function run(args: readonly string[], edge: Edge): Promise<FailureKind | undefined> {
  const words = rewrite(args)
  const versionLine = () => `awsmfa ${edge.version} (npm package awsmfa)`
  if (words.length === 1 && /^(-V|--version)$/.test(words[0] ?? '')) {
    edge.terminal.answer(versionLine())
    return undefined
  }
  let told: FailureKind | undefined
  const act = async ({ spec, flags, operand }: Understood) => {
    edge.obey(spec.isBehindProgram?.(flags) ? { ...flags, noInput: true, quiet: !flags.verbose } : flags)
    told = await spec.run?.(await edge.makeWorld(), flags, operand)
  }
  const understood = await understandPlainly(words, commands)
  if (understood !== undefined) {
    await act(understood)
    return told
  }
  const { parse } = await import('./cli/parse.js')
  const asksForHelp = words.at(-1) === '--help' && args.includes('help')
  await parse(words, { version: versionLine, terminal: edge.terminal, asksForHelp, act })
  return told
}

/** The ways of asking for help and version that people try, and the Go tool's flags with one dash, as commander knows them. */
function rewrite(args: readonly string[]): string[] {
  if (args.length === 0) return ['--help']
  // What stands behind is another program's.
  const own = args.findIndex((word) => word === '--' || word === 'exec')
  const end = own === -1 ? args.length : own
  const flag = /^-(?=(profile|mfa-profile-name|serial-number|duration-seconds|quiet)(=|$))/
  const words = args.map((word, index) => (index < end ? word.replace(flag, '--') : word))
  const start = words.findIndex((word) => !/^--(quiet|verbose|no-input)?$/.test(word))
  const asked = words.slice(start + 1)
  if (words[start] === 'help') return asked.includes('--help') ? ['help', '--help'] : [...asked, '--help']
  if (words[start] === 'version' || words[start] === '-v') return ['--version']
  return words
}
