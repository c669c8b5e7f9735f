import type { Row } from './spec.js'

/**
 * Every command, in the order in which help shows them. Help, README's list, completion scripts and the manual page come
 * from this table: a new command is a row here, and its declaration in a file beside this one.
 */
export const commands: Readonly<Record<string, Row>> = {
  enroll: {
    summary: 'put a seed in the keychain, prove it, remember the profile',
    load: async () => (await import('./enroll.js')).enroll,
  },
  refresh: {
    summary: 'renew every enrolled profile that needs it; zero input',
    load: async () => (await import('./refresh.js')).refresh,
  },
  status: {
    summary: 'what is enrolled, until when it is good, what failed last',
    load: async () => (await import('./status.js')).status,
  },
  code: {
    summary: 'one unused code on stdout, for the console sign-in',
    load: async () => (await import('./code.js')).code,
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
    load: async () => (await import('./doctor.js')).doctor,
  },
  import: {
    summary: 'take over the settings of aws-mfa, aws-vault or the Go tool',
    load: async () => (await import('./import.js')).importSettings,
  },
  resync: {
    summary: "bring AWS's idea of the device's clock in line again",
    load: async () => (await import('./resync.js')).resync,
  },
  unenroll: {
    summary: 'forget the seed and the settings; --purge, --delete-device',
    load: async () => (await import('./unenroll.js')).unenroll,
  },
  help: {
    operand: '[COMMAND]',
    summary: 'this list, or how to use one command',
    load: async () => (await import('./help.js')).help,
  },
}
