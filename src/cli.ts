import { Command, CommanderError } from 'commander'
import { parseCode } from './core/code.js'
import { parseDurationSeconds, parseTimeSpan } from './core/duration.js'
import { parseProfileName } from './core/profileName.js'
import type { FailureKind } from './errors.js'
import { Failure } from './errors.js'
import type { World } from './world.js'

/** The flags that change the voice; the edge hands them to the terminal before a command runs. */
export interface Voice {
  readonly quiet: boolean
  readonly verbose: boolean
  readonly noInput: boolean
}

/** What `main.ts` tells the command line about the program. */
export interface Edge {
  readonly version: string
  obey(voice: Voice): void
}

const topHelp = `Examples:
  $ awsmfa enroll --serial-number arn:aws:iam::123456789012:mfa/alice
  $ awsmfa refresh              # no input: for cron, timers and login hooks
  $ awsmfa 123456               # type a code, as with a hardware token
  $ aws s3 ls --profile mfa

Usage:
  awsmfa COMMAND [flags]        # --help after a command tells more
  awsmfa [flags] CODE           # renew the MFA profile with a typed code

Commands:
  enroll     put a seed in the keychain, prove it, remember the profile
  refresh    renew every enrolled profile that needs it; zero input
  status     what is enrolled, until when it is good, what failed last
  unenroll   forget the seed and the settings

Flags:
  --profile P            profile with the long-term keys (default)
  --mfa-profile-name M   profile to write (mfa)
  --serial-number S      MFA device: its ARN, or the number on a hardware token
  --duration-seconds N   how long sessions last, 900 to 129600 (43200)
  --region R, --quiet, --verbose, --version, --help`

/** Parsed flags; which of them a command has is said where it is declared. */
interface Flags {
  profile?: string
  mfaProfileName?: string[]
  serialNumber?: string
  durationSeconds?: number
  region?: string
  minRemaining?: number
  force?: boolean
  code?: string
  seedStdin?: boolean
  hardwareToken?: boolean
  replace?: boolean
  purge?: boolean
  json?: boolean
  quiet?: boolean
  verbose?: boolean
  input?: boolean
}

/**
 * Parses the command line and runs the command it names. Each action loads its command only when it runs.
 *
 * @param args - the arguments after the program's name
 * @returns the kind of the gravest failure that was told already, `undefined` when all is well
 * @throws Failure; `usage` when the command line cannot be understood
 */
export async function run(world: World, args: readonly string[], edge: Edge): Promise<FailureKind | undefined> {
  let told: FailureKind | undefined
  const program = declare(world, edge, (kind) => {
    told = kind
  })
  try {
    await program.parseAsync(args.map(withTwoDashes), { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode !== 0) throw usageFailure(error.message)
  }
  return told
}

function declare(world: World, edge: Edge, tell: (kind: FailureKind | undefined) => void): Command {
  const program = new Command('awsmfa')
    .exitOverride()
    .configureOutput({ writeOut: (text) => world.terminal.answer(text.trimEnd()), writeErr: () => {} })
    .configureHelp({ formatHelp: () => topHelp })
    .version(`awsmfa ${edge.version} (npm package awsmfa)`, '-V, --version')
    .helpCommand(false)
    .enablePositionalOptions()
    .hook('preAction', (_, command) => {
      const { quiet = false, verbose = false, input = true } = flagsOf(command)
      edge.obey({ quiet, verbose, noInput: !input })
    })

  withProfileFlags(withVoiceFlags(program))
    .argument('[code]')
    .action(async (code: string | undefined) => {
      const flags = flagsOf(program)
      if (code === undefined && Object.keys(flags).length === 0) return world.terminal.answer(topHelp)
      const typed = codeOrCommand(code, program)
      const { refresh } = await import('./commands/refresh.js')
      const mfaProfiles = flags.mfaProfileName ?? ['mfa']
      tell(await refresh(world, { ...settings(flags), mfaProfiles, force: true, code: typed }))
    })

  subcommand(program, 'enroll', 'Put a seed in the keychain, prove it with one real session, remember the profile.', [
    'awsmfa enroll --serial-number arn:aws:iam::123456789012:mfa/alice',
    'awsmfa enroll --profile work --mfa-profile-name work-mfa',
    'awsmfa enroll --serial-number GAHT12345678 --hardware-token',
  ])
    .option('--seed-stdin', 'read the seed from standard input, not from the terminal')
    .option('--hardware-token', 'keep the settings without a seed: later codes are typed')
    .option('--replace', 'put another seed in the place of one that is enrolled already')
    .action(async (_, command: Command) => {
      const { seedStdin = false, hardwareToken = false, replace = false, ...flags } = flagsOf(command)
      const { enroll } = await import('./commands/enroll.js')
      await enroll(world, { ...settings(flags), mfaProfile: single(flags), seedStdin, hardwareToken, replace })
    })

  subcommand(
    program,
    'refresh',
    'Renew every enrolled profile that needs it. Needs no input, and spends no code on what is still good.',
    [
      'awsmfa refresh',
      'awsmfa refresh --mfa-profile-name work-mfa --force',
      'awsmfa refresh --min-remaining 2h --quiet   # from cron',
      'awsmfa refresh --code 123456                # typed, as with a hardware token',
    ],
  )
    .option('--min-remaining <time>', 'renew when less than this is left, such as 2h (half of the duration)', (text) =>
      parseTimeSpan(text, '--min-remaining'),
    )
    .option('--force', 'renew what is still good, too')
    .option('--code <code>', 'use this code instead of the seed', parseCode)
    .action(async (_, command: Command) => {
      const { mfaProfileName: mfaProfiles = [], minRemaining, force = false, code, ...flags } = flagsOf(command)
      const { refresh } = await import('./commands/refresh.js')
      tell(await refresh(world, { ...settings(flags), mfaProfiles, minRemainingSeconds: minRemaining, force, code }))
    })

  withVoiceFlags(
    command(
      program,
      'status',
      'Show what is enrolled, until when it is good, and what failed last. Exit code 3 when a profile needs you.',
      ['awsmfa status', 'awsmfa status --json'],
    ),
  )
    .option('--json', 'one JSON object, for programs')
    .action(async (_, command: Command) => {
      const { json = false } = flagsOf(command)
      const { status } = await import('./commands/status.js')
      tell(await status(world, { json }))
    })

  withMfaProfileFlag(
    withVoiceFlags(
      command(program, 'unenroll', 'Forget the seed and the settings of one profile.', [
        'awsmfa unenroll',
        'awsmfa unenroll --mfa-profile-name work-mfa --purge',
      ]),
    ),
  )
    .option('--purge', "remove the profile's session too")
    .action(async (_, command: Command) => {
      const { purge = false, ...flags } = flagsOf(command)
      const { unenroll } = await import('./commands/unenroll.js')
      await unenroll(world, { mfaProfile: single(flags), purge })
    })

  return program
}

/** A subcommand with its examples first, as people read help from the top. */
function command(program: Command, name: string, description: string, examples: readonly string[]): Command {
  return program
    .command(name)
    .description(description)
    .configureHelp({})
    .addHelpText('before', `Examples:\n${examples.map((example) => `  $ ${example}`).join('\n')}\n`)
}

function subcommand(program: Command, name: string, description: string, examples: readonly string[]): Command {
  return withProfileFlags(withVoiceFlags(command(program, name, description, examples)))
}

function withVoiceFlags(command: Command): Command {
  return command
    .option('--quiet', 'errors only')
    .option('--verbose', 'more about what happens; never a secret')
    .option('--no-input', 'never ask, even when a terminal is there')
}

function withMfaProfileFlag(command: Command): Command {
  return command.option(
    '--mfa-profile-name <profile>',
    'the profile that awsmfa writes (mfa)',
    (text, before: string[] | undefined) => [...(before ?? []), parseProfileName(text, '--mfa-profile-name')],
  )
}

function withProfileFlags(command: Command): Command {
  return withMfaProfileFlag(command)
    .option('--profile <profile>', 'the profile that holds the long-term keys (default)')
    .option('--serial-number <serial>', 'the MFA device: its ARN, or the number on a hardware token')
    .option('--duration-seconds <seconds>', 'how long sessions last, 900 to 129600 (43200)', (text) =>
      parseDurationSeconds(text, '--duration-seconds'),
    )
    .option('--region <region>', 'whose STS endpoint to ask')
}

/** The flags of a command and of those before it: `awsmfa --quiet refresh` and `awsmfa refresh --quiet` mean the same. */
function flagsOf(command: Command): Flags {
  const own = command.opts<Flags>()
  const flags: Flags = command.parent === null ? own : { ...flagsOf(command.parent), ...own }
  // `--no-input` has the default `true`, which says nothing, and must not undo a `false`.
  const { input, ...rest } = flags
  const asked = [command, command.parent].some((each) => each?.opts<Flags>().input === false)
  return asked ? { ...rest, input: false } : rest
}

function settings(flags: Flags) {
  const { profile: sourceProfile, serialNumber, durationSeconds, region } = flags
  return { sourceProfile, serialNumber, durationSeconds, region }
}

function single({ mfaProfileName = [] }: Flags): string | undefined {
  const [only, another] = mfaProfileName
  if (another === undefined) return only
  throw new Failure('usage', 'this command takes one --mfa-profile-name', 'run it once for each profile')
}

/** The operand of the Go tool's form: a code, or else a mistyped command or a seed in a dangerous place. */
function codeOrCommand(operand: string | undefined, program: Command): string {
  if (operand === undefined) {
    throw new Failure('usage', 'CODE is required: the six digits that the device shows now', [
      'for example: awsmfa --serial-number arn:aws:iam::123456789012:mfa/alice 123456',
    ])
  }
  if (/^[a-z][a-z-]{0,19}$/.test(operand)) suggestCommand(operand, program)
  if (/^otpauth|^[a-z2-7=\s-]{16,}$/i.test(operand)) {
    throw new Failure(
      'usage',
      'a seed does not belong on the command line, where other users and the shell history see it',
      ['if this was one, make a new device in the IAM console; awsmfa enroll asks for its seed without showing it'],
    )
  }
  return parseCode(operand)
}

/** Lets commander word the error and find the likely command; the real program takes any operand for a code. */
function suggestCommand(word: string, program: Command): never | void {
  const names = new Command()
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .helpCommand(false)
  for (const each of program.commands) names.command(each.name())
  names.parse([word], { from: 'user' })
}

/** commander's words in our form: the message, then its suggestion as the hint. A value behind `=` is not repeated. */
function usageFailure(message: string): Failure {
  const [what = '', suggestion] = message.replace(/^error: /, '').split('\n')
  const hint =
    suggestion === undefined ? 'awsmfa --help shows the commands and flags' : suggestion.replace(/^\(|\)$/g, '')
  return new Failure('usage', what.replace(/=[^']*'/, "=…'"), hint.replace(/^Did/, 'did'))
}

/** The Go tool took its flags with one dash too. */
function withTwoDashes(argument: string): string {
  return argument.replace(/^-(?=(profile|mfa-profile-name|serial-number|duration-seconds|quiet)(=|$))/, '--')
}
