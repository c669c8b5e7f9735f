import { Command, CommanderError } from 'commander'
import { type Context, flagsOf, settingsOf, singleMfaProfile, withProfileFlags, withVoiceFlags } from './cli/flags.js'
import { parseCode } from './core/code.js'
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

/** How each command is declared; loaded only for the command that was named. */
const declarations: Readonly<Record<string, () => Promise<(program: Command, context: Context) => void>>> = {
  enroll: async () => (await import('./cli/enroll.js')).declareEnroll,
  refresh: async () => (await import('./cli/refresh.js')).declareRefresh,
  status: async () => (await import('./cli/status.js')).declareStatus,
  code: async () => (await import('./cli/code.js')).declareCode,
  schedule: async () => (await import('./cli/schedule.js')).declareSchedule,
  hook: async () => (await import('./cli/hook.js')).declareHook,
  import: async () => (await import('./cli/import.js')).declareImport,
  doctor: async () => (await import('./cli/doctor.js')).declareDoctor,
  resync: async () => (await import('./cli/resync.js')).declareResync,
  unenroll: async () => (await import('./cli/unenroll.js')).declareUnenroll,
}

const topHelp = `Examples:
  $ awsmfa enroll --create      # makes an MFA device for this machine
  $ awsmfa refresh              # no input: for cron, timers and login hooks
  $ awsmfa 123456               # type a code, as with a hardware token
  $ aws s3 ls --profile mfa

Commands (awsmfa COMMAND --help tells more):
  enroll     put a seed in the keychain, prove it, remember the profile
  refresh    renew every enrolled profile that needs it; zero input
  status     what is enrolled, until when it is good, what failed last
  code       one unused code on stdout, for the console sign-in
  schedule   install | status | remove: run refresh by itself
  hook       the snippet for a shell's start-up file: refresh at login
  import     take over the settings of aws-mfa, aws-vault or the Go tool
  doctor     test the whole chain, say how to mend each weak link
  resync     make AWS take the device's clock anew
  unenroll   forget the seed and the settings

Flags:
  --profile P            profile with the long-term keys (default)
  --mfa-profile-name M   profile to write (mfa)
  --serial-number S      MFA device: its ARN, or the number on a hardware token
  --duration-seconds N   how long sessions last, 900 to 129600 (43200)
  --region R, --quiet, --verbose, --version, --help`

/**
 * Parses the command line and runs the command it names. Each action loads its command only when it runs.
 *
 * @param args - the arguments after the program's name
 * @returns the kind of the gravest failure that was told already, `undefined` when all is well
 * @throws Failure; `usage` when the command line cannot be understood
 */
export async function run(world: World, args: readonly string[], edge: Edge): Promise<FailureKind | undefined> {
  let told: FailureKind | undefined
  const tell = (kind: FailureKind | undefined) => {
    told = kind
  }
  const context = { world, tell }
  const program = makeProgram(context, edge)
  try {
    for (const [name, load] of Object.entries(declarations)) {
      if (args.includes(name)) (await load())(program, context)
    }
    await program.parseAsync(args.map(withTwoDashes), { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode !== 0)
      throw usageFailure(
        error.message,
        args.find((each) => Object.hasOwn(declarations, each)),
      )
  }
  return told
}

function makeProgram({ world, tell }: Context, edge: Edge): Command {
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

  withVoiceFlags(withProfileFlags(program))
    .argument('[code]')
    .action(async (operand: string | undefined) => {
      const flags = flagsOf(program)
      if (operand === undefined && Object.keys(flags).length === 0) return world.terminal.answer(topHelp)
      const code = codeOrCommand(operand)
      const mfaProfiles = [singleMfaProfile(flags) ?? 'mfa']
      const { refresh } = await import('./commands/refresh.js')
      tell(await refresh(world, { ...settingsOf(flags), mfaProfiles, force: true, code, quiet: flags.quiet ?? false }))
    })

  return program
}

/** The operand of the Go tool's form: a code, or else a mistyped command or a seed in a dangerous place. */
function codeOrCommand(operand: string | undefined): string {
  if (operand === undefined) {
    throw new Failure('usage', 'CODE is required: the six digits that the device shows now', [
      'for example: awsmfa --serial-number arn:aws:iam::123456789012:mfa/alice 123456',
    ])
  }
  if (/^[a-z][a-z-]{0,19}$/.test(operand)) suggestCommand(operand)
  if (/^otpauth|^[a-z2-7=\s-]{16,}$/i.test(operand)) {
    throw seedInArguments()
  }
  return parseCode(operand)
}

/** Lets commander word the error and find the likely command; the real program takes any operand for a code. */
function suggestCommand(word: string): void {
  const names = new Command()
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .helpCommand(false)
  for (const name of Object.keys(declarations)) names.command(name)
  names.parse([word], { from: 'user' })
}

/**
 * commander's words in our form: the message, then its suggestion as the hint. A value behind `=` is not repeated.
 *
 * @param command - the command that was named, `undefined` when none was
 */
function usageFailure(message: string, command: string | undefined): Failure {
  const [what = '', suggestion] = message.replace(/^error: /, '').split('\n')
  if (/^unknown option '--(seed|secret)\b/.test(what)) return seedInArguments()
  const help = `awsmfa ${command === undefined ? '' : `${command} `}--help shows what there is`
  const hint = suggestion === undefined ? help : suggestion.replace(/^\(Did (.*)\)$/, 'did $1')
  const sentences = what.replace(/=[^']*'/, "=…'").replace(/\.$/, '')
  return new Failure(
    'usage',
    sentences.replace(/\. ([A-Z])/g, (_, first: string) => `; ${first.toLowerCase()}`),
    hint,
  )
}

function seedInArguments(): Failure {
  return new Failure(
    'usage',
    'a seed does not belong on the command line, where other users and the shell history see it',
    'if this was one, make a new device in the IAM console; awsmfa enroll asks for its seed without showing it',
  )
}

/** The Go tool took its flags with one dash too. */
function withTwoDashes(argument: string): string {
  return argument.replace(/^-(?=(profile|mfa-profile-name|serial-number|duration-seconds|quiet)(=|$))/, '--')
}
