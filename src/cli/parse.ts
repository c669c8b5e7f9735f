import { Command, CommanderError, Option } from 'commander'
import { Failure } from '../errors.js'
import type { Terminal } from '../outside/terminal.js'
import { manual, refuseSeed, seedInArguments } from './manual.js'
import type { Understood } from './plain.js'
import { either, type Flag, flagName, type Row, type Spec, valuesOf, voiceFlags } from './spec.js'
import { commands } from './table.js'

/** What the parser needs to know besides the table. */
interface Parsing {
  /** the command line; only commands that it names are loaded */
  readonly words: readonly string[]
  /** the width of the terminal, for help */
  columns(): number
  act(understood: Understood): Promise<void>
}

/** What the command line is read with. */
interface Line extends Pick<Parsing, 'act'> {
  version(): string
  readonly terminal: Pick<Terminal, 'answer' | 'columns'>
  /** whether it began with `help`: nothing but commands may follow */
  readonly asksForHelp: boolean
}

/**
 * Understands any command line, or says in what way it cannot be understood.
 *
 * @param words - the command line
 * @throws Failure `usage`, and what `act` throws
 */
export async function parse(words: readonly string[], { version, terminal, asksForHelp, act }: Line): Promise<void> {
  // Before its flags are judged: those of a mistyped command are unknown too.
  const flag = words.findIndex((word) => word.startsWith('-'))
  const named = words.slice(0, flag === -1 ? undefined : flag)
  if (asksForHelp) await expectPath(named, commands, 'awsmfa')
  else expectCommand(named, commands, 'awsmfa', true)
  const program = new Command('awsmfa')
    .version(version(), '-V, --version')
    .configureOutput({ writeOut: (text) => terminal.answer(text.trimEnd()), writeErr: () => {} })
  try {
    await declare(program, 'awsmfa', { ...manual, commands }, { words, columns: () => terminal.columns, act })
    await program.parseAsync(words, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError && error.exitCode === 0)) throw error
  }
}

/**
 * Tells commander of a command and of those below it. Of its own it keeps splitting the line, dispatch and suggestions.
 *
 * @param path - such as `awsmfa schedule install`
 */
export async function declare(command: Command, path: string, spec: Spec, parsing: Parsing): Promise<void> {
  const { words, columns } = parsing
  // A run that nobody waits for need not load it.
  const help = words.some((word) => word === '--help' || word === '-h') ? await import('./help.js') : undefined
  const helpText = () =>
    (command.parent === null ? help?.topHelp(spec, columns()) : help?.commandHelp(path, spec, columns())) ?? ''
  command
    .helpCommand(false)
    .enablePositionalOptions()
    .passThroughOptions(spec.operand?.verbatim ?? false)
    .allowExcessArguments()
    .configureHelp({ formatHelp: helpText })
    .exitOverride((error) => {
      throw error.exitCode === 0 ? error : usageFailure(error, path, spec)
    })
    .action(() => parsing.act(understand(command, path, spec)))
  for (const [key, flag] of Object.entries({ ...spec.flags, ...voiceFlags })) command.addOption(optionOf(key, flag))
  for (const [name, row] of Object.entries(spec.commands ?? {})) {
    if (words.includes(name)) await declare(command.command(name), `${path} ${name}`, await row.load(), parsing)
  }
}

function optionOf(key: string, { value }: Flag<unknown>): Option {
  const option = new Option(value === undefined ? flagName(key) : `${flagName(key)} <${value.name}>`)
  // To us `--no-input` is a flag of its own, not the opposite of `--input`.
  option.negate = false
  if (value !== undefined) option.argParser((text: string, before: string[] = []) => [...before, text])
  return option
}

function understand(command: Command, path: string, spec: Spec): Understood {
  const { args } = command
  const { operand, commands } = spec
  if (commands !== undefined) expectCommand(args, commands, path, spec.run !== undefined)
  if (args.length > (operand === undefined ? 0 : operand.many ? Number.POSITIVE_INFINITY : 1)) {
    refuseSeed(args)
    const most = operand === undefined ? 'nothing' : `one ${operand.name}`
    throw new Failure('usage', `too many arguments: ${path} takes ${most} besides its flags`, helpHint(path))
  }
  const own = { ...spec.flags, ...voiceFlags }
  const texts = given(command)
  const stray = Object.keys(texts).find((key) => !Object.hasOwn(own, key))
  if (stray !== undefined) throw new Failure('usage', `${path} has no ${flagName(stray)}`, helpHint(path))
  return { spec, flags: valuesOf(own, texts), operand: operand?.parse(args) }
}

/** The texts by flag, and those of the commands before it: `awsmfa --quiet refresh` means `awsmfa refresh --quiet`. */
function given(command: Command): Record<string, readonly string[]> {
  const own = Object.entries(command.opts<Record<string, true | string[]>>())
  const texts = Object.fromEntries(own.map(([key, value]) => [key, value === true ? [''] : value]))
  return command.parent === null ? texts : { ...given(command.parent), ...texts }
}

/**
 * @param otherwise - whether what cannot be a mistyped command may be something else
 * @throws Failure `usage` when a command is missing, or the first word names none
 */
function expectCommand(
  [word, ...more]: readonly string[],
  commands: Readonly<Record<string, Row>>,
  path: string,
  otherwise: boolean,
): void {
  const names = Object.keys(commands)
  if (word === undefined && otherwise) return
  if (word === undefined) {
    throw new Failure('usage', `${path} does nothing by itself`, `add ${either(names)}`)
  }
  // Longer words are not repeated: they may be a seed, or another secret in the wrong place.
  const isWord = /^[a-z]{1,15}$|^(?=.{1,20}$)[a-z]+(-[a-z]+)+$/i.test(word)
  if (names.includes(word) || (!isWord && otherwise)) return
  refuseSeed([word, ...more])
  const meant = isWord ? nearest(word, names) : undefined
  throw new Failure('usage', `unknown command${isWord ? ` '${word}'` : ''}`, [
    `${didYouMean(meant)}${helpOf(path)} lists the commands`,
  ])
}

/**
 * For `awsmfa help schedule install`.
 *
 * @throws Failure `usage` when the words do not lead to a command
 */
async function expectPath(words: readonly string[], commands: Spec['commands'], path: string): Promise<void> {
  const [word, ...more] = words
  if (word === undefined) return
  if (commands === undefined) {
    refuseSeed(words)
    throw new Failure('usage', `${path} has no commands of its own`, helpHint(path))
  }
  expectCommand(words, commands, path, false)
  await expectPath(more, (await commands[word]?.load())?.commands, `${path} ${word}`)
}

/** Lets commander find the name that was probably meant, among those without dashes before them. */
function nearest(word: string, names: readonly string[]): string | undefined {
  const lower = word.toLowerCase()
  if (names.includes(lower)) return lower
  const probe = new Command()
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .helpCommand(false)
  for (const name of names) probe.command(name)
  try {
    probe.parse([lower], { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) return /\(Did you mean (?:one of )?([a-z-]+)/.exec(error.message)?.[1]
    throw error
  }
  return undefined
}

const didYouMean = (name: string | undefined) => (name === undefined ? '' : `did you mean ${name}? `)
const helpOf = (path: string) => path.replace('awsmfa', 'awsmfa help')
const helpHint = (path: string) => `${helpOf(path)} shows what there is`

/** commander's complaints about flags in our words. What may be a value is not repeated. */
function usageFailure(error: CommanderError, path: string, spec: Spec): Failure {
  const [, text = ''] = /'(.*)'/s.exec(error.message) ?? []
  if (error.code === 'commander.optionMissingArgument') {
    const [flag, value = ''] = text.split(' ')
    return new Failure('usage', `${flag} needs a value: ${value.slice(1, -1)}`, helpHint(path))
  }
  if (error.code !== 'commander.unknownOption') return new Failure('usage', error.code, helpHint(path))
  if (/^--?(seed|secret)([=A-Z2-7]|-key|$)/.test(text)) return seedInArguments()
  const [flag = ''] = text.split('=', 1)
  const names = [...Object.keys({ ...spec.flags, ...voiceFlags }).map(flagName), '--help']
  if (names.includes(flag)) return new Failure('usage', `${flag} takes no value`, helpHint(path))
  const isWord = /^--[a-z-]{1,30}$|^-[a-z-]{1,20}$/i.test(flag)
  const bare = names.map((name) => name.slice(2))
  const meant = isWord ? nearest(flag.replace(/^-+/, ''), bare) : undefined
  return new Failure(
    'usage',
    `unknown option '${isWord ? flag : `${flag.slice(0, 2)}…`}${text === flag ? '' : '=…'}'`,
    [`${didYouMean(meant && `--${meant}`)}${helpHint(path)}`],
  )
}
