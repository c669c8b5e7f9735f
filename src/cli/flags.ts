import type { Command } from 'commander'
import { parseDurationSeconds } from '../core/duration.js'
import { parseProfileName } from '../core/profileName.js'
import type { FailureKind } from '../errors.js'
import { Failure } from '../errors.js'
import type { World } from '../world.js'

/** What a command's action needs besides its flags. */
export interface Context {
  readonly world: World
  /** Takes the kind of the gravest failure that the command has told itself; it becomes the exit code. */
  tell(kind: FailureKind | undefined): void
}

/** The flags that several commands share, as commander hands them over. */
export interface CommonFlags {
  readonly profile?: string
  readonly mfaProfileName?: readonly string[]
  readonly serialNumber?: string
  readonly durationSeconds?: number
  readonly region?: string
  readonly quiet?: boolean
  readonly verbose?: boolean
  readonly input?: boolean
}

/** Declares a subcommand with its examples first, as people read help from the top. */
export function declare(program: Command, name: string, description: string, examples: readonly string[]): Command {
  return program
    .command(name)
    .description(description)
    .configureHelp({})
    .addHelpText('before', `Examples:\n${examples.map((example) => `  $ ${example}`).join('\n')}\n`)
}

/** `--quiet`, `--verbose` and `--no-input`. */
export function withVoiceFlags(command: Command): Command {
  return command
    .option('--quiet', 'errors only')
    .option('--verbose', 'more about what happens; never a secret')
    .option('--no-input', 'never ask, even when a terminal is there')
}

/** `--mfa-profile-name`, which may be repeated; {@link singleMfaProfile} refuses that where one is meant. */
export function withMfaProfileFlag(command: Command): Command {
  return command.option(
    '--mfa-profile-name <profile>',
    'the profile that awsmfa writes (mfa)',
    (text, before: string[] | undefined) => [...(before ?? []), parseProfileName(text, '--mfa-profile-name')],
  )
}

/** The flags that describe an enrolment. */
export function withProfileFlags(command: Command): Command {
  return withMfaProfileFlag(command)
    .option('--profile <profile>', 'the profile that holds the long-term keys (default)')
    .option('--serial-number <serial>', 'the MFA device: its ARN, or the number on a hardware token')
    .option('--duration-seconds <seconds>', 'how long sessions last, 900 to 129600 (43200)', (text) =>
      parseDurationSeconds(text, '--duration-seconds'),
    )
    .option('--region <region>', 'whose STS endpoint to ask')
}

/** The flags of a command and of those before it: `awsmfa --quiet refresh` means `awsmfa refresh --quiet`. */
export function flagsOf<Own extends object>(command: Command): CommonFlags & Own {
  const own = command.opts<CommonFlags & Own>()
  const flags = command.parent === null ? own : { ...flagsOf<Own>(command.parent), ...own }
  // commander gives `--no-input` the default `true`, which says nothing, and must not undo a `false`.
  const { input, ...rest } = flags
  const refused = [command, command.parent].some((each) => each?.opts<CommonFlags>().input === false)
  return (refused ? { ...rest, input: false } : rest) as CommonFlags & Own
}

/** The flags of an enrolment under the names that commands use. */
export function settingsOf({ profile: sourceProfile, serialNumber, durationSeconds, region }: CommonFlags) {
  return { sourceProfile, serialNumber, durationSeconds, region }
}

/** @throws Failure `usage` when `--mfa-profile-name` was given more than once */
export function singleMfaProfile({ mfaProfileName = [] }: CommonFlags): string | undefined {
  const [only, another] = mfaProfileName
  if (another === undefined) return only
  throw new Failure('usage', 'this command takes one --mfa-profile-name', 'run it once for each profile')
}
