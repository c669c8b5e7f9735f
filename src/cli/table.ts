import { enrolledProfile, json, region } from './flags.js'
import { refresh } from './refresh.js'
import { command, on, type Row } from './spec.js'

/**
 * Every command, in the order in which help shows them. Help, README's list, completion scripts and the manual page come
 * from this table. A long declaration is a file beside this one, and is loaded for the command that is named only.
 */
export const commands: Readonly<Record<string, Row>> = {
  enroll: {
    summary: 'put a seed in the keychain, prove it, remember the profile',
    load: async () => (await import('./enroll.js')).enroll,
  },
  refresh: {
    summary: 'renew every enrolled profile that needs it; zero input',
    load: async () => refresh,
  },
  status: {
    summary: 'what is enrolled, until when it is good, what failed last',
    load: async () =>
      command({
        about:
          'Show what is enrolled, until when it is good, and what failed last. Exit code 3 when a profile needs you.',
        examples: ['awsmfa status', 'awsmfa status --json'],
        flags: { json },
        async run(world, { json }) {
          const { status } = await import('../commands/status.js')
          return await status(world, { json })
        },
      }),
  },
  code: {
    summary: 'one unused code on stdout, for the console sign-in',
    load: async () =>
      command({
        about: 'Print one unused code, for the console sign-in.',
        examples: [
          'awsmfa code',
          'awsmfa code --copy # to the clipboard, not to the screen',
          'awsmfa code --mfa-profile-name work-mfa',
        ],
        flags: { mfaProfileName: enrolledProfile, copy: on('put the code into the clipboard instead') },
        async run(world, { mfaProfileName: mfaProfile, copy }) {
          const { code } = await import('../commands/code.js')
          await code(world, { mfaProfile, copy })
        },
      }),
  },
  keys: {
    summary: 'status | move | restore | rotate: the long-term keys',
    load: async () => (await import('./keys.js')).keys,
  },
  exec: {
    summary: 'run one command with the session in its environment',
    load: async () => (await import('./exec.js')).exec,
  },
  export: {
    summary: 'the session as text: sh, fish, powershell, json, dotenv',
    load: async () => (await import('./export.js')).exportCommand,
  },
  'credential-process': {
    summary: 'the session as JSON, for credential_process',
    load: async () => (await import('./credentialProcess.js')).credentialProcess,
  },
  console: {
    summary: 'the AWS console of a role profile, as an address; --open',
    load: async () => (await import('./console.js')).console,
  },
  schedule: {
    summary: 'install | status | remove: run refresh by itself',
    load: async () => (await import('./schedule.js')).schedule,
  },
  hook: {
    operand: 'SHELL',
    summary: "the snippet for a shell's start-up file: refresh at login",
    load: async () => (await import('./hook.js')).hook,
  },
  doctor: {
    summary: 'test the whole chain, say how to mend each weak link',
    load: async () =>
      command({
        about:
          'Test the whole chain and say how to mend each weak link. Changes nothing and spends no code. Exit code 3 when something needs you, 4 when AWS cannot be reached.',
        examples: ['awsmfa doctor', 'awsmfa doctor --json'],
        flags: { json },
        async run(world, { json }) {
          const { doctor } = await import('../commands/doctor.js')
          return await doctor(world, { json })
        },
      }),
  },
  import: {
    summary: 'take over settings of aws-mfa, aws-vault or the Go tool',
    load: async () =>
      command({
        about:
          'Take over the settings of broamski/aws-mfa, aws-vault, the AWS CLI or the Go tool awsmfa. Shows them first, and asks.',
        examples: ['awsmfa import', 'awsmfa import --yes'],
        flags: { yes: on('write the settings without a question') },
        async run(world, { yes }) {
          const { importSettings } = await import('../commands/import.js')
          await importSettings(world, { yes })
        },
      }),
  },
  resync: {
    summary: "bring AWS's idea of the device's clock in line again",
    load: async () =>
      command({
        about: "Bring AWS's idea of the device's clock in line again, when AWS refuses good codes.",
        examples: ['awsmfa resync', 'awsmfa resync --mfa-profile-name work-mfa'],
        flags: { mfaProfileName: enrolledProfile, region },
        async run(world, { mfaProfileName: mfaProfile, region }) {
          const { resync } = await import('../commands/resync.js')
          await resync(world, { mfaProfile, region })
        },
      }),
  },
  unenroll: {
    summary: 'forget the seed and the settings; --purge, --delete-device',
    load: async () =>
      command({
        about: 'Forget the seed and the settings of one profile.',
        examples: [
          'awsmfa unenroll',
          'awsmfa unenroll --mfa-profile-name work-mfa --purge',
          'awsmfa unenroll --delete-device # the device that enroll --create has made',
        ],
        flags: {
          mfaProfileName: enrolledProfile,
          purge: on("remove the profile's session too"),
          deleteDevice: on('delete the MFA device at AWS too, when awsmfa has made it', { conflicts: ['keepDevice'] }),
          keepDevice: on('leave the device enabled at AWS, although its seed is forgotten here'),
          region,
        },
        async run(world, { mfaProfileName: mfaProfile, purge, deleteDevice, keepDevice, region }) {
          const { unenroll } = await import('../commands/unenroll.js')
          await unenroll(world, { mfaProfile, purge, deleteDevice, keepDevice, region })
          return undefined
        },
      }),
  },
  completion: {
    operand: 'SHELL',
    summary: 'what completes commands, flags and profiles in a shell',
    load: async () => (await import('./completion.js')).completion,
  },
  help: {
    operand: '[COMMAND]',
    summary: 'this list, or how to use one command',
    // The command line is read as that of the other command with `--help`.
    load: async () =>
      command({
        about: 'Show what commands there are, or how to use one of them.',
        examples: ['awsmfa help', 'awsmfa help enroll', 'awsmfa help schedule install'],
        operand: { name: '[COMMAND]', parse: () => undefined },
      }),
  },
}
