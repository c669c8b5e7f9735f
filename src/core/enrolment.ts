import { Failure } from '../errors.js'
import { defaultDurationSeconds, parseDurationSeconds } from './duration.js'
import { parseSerialNumber } from './serialNumber.js'

/** What opens an encrypted seed file: an age identity, or a passphrase that stands in a file or that a command prints. */
export type SeedKey =
  | { readonly kind: 'identity'; readonly path: string }
  | { readonly kind: 'passphrase-file'; readonly path: string }
  | { readonly kind: 'passphrase-command'; readonly command: string }

/**
 * Where a device's codes come from: computed from a seed in the OS keychain or in an encrypted file, printed by a command
 * of the person's, or typed.
 */
export type CodeOrigin =
  | SeedOrigin
  | { readonly seedStore: 'none' }
  | { readonly seedStore: 'process'; readonly mfaProcess: string }

/** Where a seed of ours is. */
export type SeedOrigin = { readonly seedStore: 'keychain' } | { readonly seedStore: 'file'; readonly seedKey: SeedKey }

/** What `[profile M]` in the config file says about one MFA profile. There is no other registry. */
export type Enrolment = EnrolmentFacts & CodeOrigin

interface EnrolmentFacts {
  /** the profile that awsmfa writes */
  readonly mfaProfile: string
  /** the profile that holds the long-term keys */
  readonly sourceProfile: string
  readonly serialNumber: string
  readonly durationSeconds: number
}

/** The keys of a config section that awsmfa owns. */
export const enrolmentKeys = [
  'mfa_serial',
  'awsmfa_source_profile',
  'awsmfa_duration_seconds',
  'awsmfa_seed_store',
  'awsmfa_seed_identity',
  'awsmfa_seed_passphrase_file',
  'awsmfa_seed_passphrase_command',
  'mfa_process',
  'awsmfa_created_device',
  'awsmfa_notify',
] as const

/** The keys of a credentials section that awsmfa owns; the last is stale wherever it stands, and is removed. */
export const sessionKeys = [
  'aws_access_key_id',
  'aws_secret_access_key',
  'aws_session_token',
  'x_security_token_expires',
  'aws_security_token',
] as const

type Keys = Readonly<Record<string, string>>

/** Whether a config section is an enrolment. */
export function isEnrolment(keys: Keys | undefined): boolean {
  return keys?.awsmfa_source_profile !== undefined
}

/**
 * Whether awsmfa has made the profile's device, and so may delete it. The mark names the device: should somebody put
 * another one into `mfa_serial`, it says nothing about that one.
 */
export function isCreatedDevice(keys: Keys | undefined): boolean {
  return keys?.awsmfa_created_device !== undefined && keys.awsmfa_created_device === keys.mfa_serial
}

/** Whether a profile's failures may raise desktop notifications: unless the person wrote `awsmfa_notify = off`. */
export function wantsNotifications(keys: Keys | undefined): boolean {
  return keys?.awsmfa_notify?.toLowerCase() !== 'off'
}

/**
 * Reads one enrolment.
 *
 * @param mfaProfile - the section's profile name
 * @param keys - the section's keys
 * @param configPath - for the messages
 * @param sourceMfaProcess - `mfa_process` of the source profile, which counts when the MFA profile has none
 * @throws Failure `act` when a key is missing or its value is not possible
 */
export function readEnrolment(
  mfaProfile: string,
  keys: Keys,
  configPath: string,
  sourceMfaProcess?: string,
): Enrolment {
  const origin = (key: string) => `${key} of profile ${mfaProfile} in ${configPath}`
  const sourceProfile = keys.awsmfa_source_profile ?? ''
  if (sourceProfile === '') {
    throw new Failure(
      'act',
      `${origin('awsmfa_source_profile')} is empty`,
      'name the profile with the long-term keys there',
    )
  }
  if (keys.mfa_serial === undefined || keys.mfa_serial === '') {
    throw new Failure(
      'act',
      `${origin('mfa_serial')} is missing`,
      `run: awsmfa enroll --mfa-profile-name ${mfaProfile}`,
    )
  }
  return {
    mfaProfile,
    sourceProfile,
    serialNumber: parseSerialNumber(keys.mfa_serial, origin('mfa_serial'), 'act'),
    durationSeconds:
      keys.awsmfa_duration_seconds === undefined
        ? defaultDurationSeconds
        : parseDurationSeconds(keys.awsmfa_duration_seconds, origin('awsmfa_duration_seconds'), 'act'),
    ...readCodeOrigin(keys, origin, chooseMfaProcess(keys.mfa_process, sourceMfaProcess)),
  }
}

/**
 * The command that prints codes: the MFA profile's own, else its source profile's. `awsmfa code` is what people write there
 * for aws-vault; for us it would be to wait for ourselves.
 */
export function chooseMfaProcess(own: string | undefined, source: string | undefined): string | undefined {
  return [own, source].find((command) => command !== undefined && !asksItself(command))
}

/** Whether a command's codes come from awsmfa. */
export function asksItself(command: string): boolean {
  return /^(?:npx\s+(?:-\S+\s+)*)?(["']?)(?:[^"']*[\\/])?awsmfa(?:\.\w+)?\1\s(?:.*\s)?code\b/.test(command)
}

/**
 * A store that is written down is the one that counts, whatever else could be had. Where none is, `mfa_process` (a word of
 * aws-vault's, which asks it before anything else, too) goes before the keychain.
 */
function readCodeOrigin(keys: Keys, origin: (key: string) => string, mfaProcess: string | undefined): CodeOrigin {
  const seedStore = keys.awsmfa_seed_store ?? defaultSeedStore(mfaProcess)
  switch (seedStore) {
    case 'keychain':
    case 'none':
      return { seedStore }
    case 'process':
      if (mfaProcess) return { seedStore, mfaProcess }
      throw new Failure('act', `${origin('mfa_process')} is missing`, [
        'write the command that prints a code there, or run: awsmfa enroll --mfa-process COMMAND',
      ])
    case 'file':
      return { seedStore, seedKey: readSeedKey(keys, origin) }
    default:
      throw new Failure('act', `${origin('awsmfa_seed_store')} is '${seedStore}'`, [
        'it may be keychain (the default), file, process or none',
      ])
  }
}

function readSeedKey(keys: Keys, origin: (key: string) => string): SeedKey {
  const found: SeedKey[] = []
  if (keys.awsmfa_seed_identity) found.push({ kind: 'identity', path: keys.awsmfa_seed_identity })
  if (keys.awsmfa_seed_passphrase_file) found.push({ kind: 'passphrase-file', path: keys.awsmfa_seed_passphrase_file })
  if (keys.awsmfa_seed_passphrase_command) {
    found.push({ kind: 'passphrase-command', command: keys.awsmfa_seed_passphrase_command })
  }
  const [only, another] = found
  if (only !== undefined && another === undefined) return only
  throw new Failure(
    'act',
    `${origin('awsmfa_seed_store')} is file, and ${only === undefined ? 'no key' : 'more than one key'} to it is named`,
    'one of awsmfa_seed_identity, awsmfa_seed_passphrase_file and awsmfa_seed_passphrase_command must be there',
  )
}

function defaultSeedStore(mfaProcess: string | undefined): 'keychain' | 'process' {
  return mfaProcess ? 'process' : 'keychain'
}

/** The part about codes alone of an enrolment, or of something else that says it, for another one of the same device. */
export function codeOriginOf(origin: CodeOrigin): CodeOrigin {
  switch (origin.seedStore) {
    case 'file':
      return { seedStore: origin.seedStore, seedKey: origin.seedKey }
    case 'process':
      return { seedStore: origin.seedStore, mfaProcess: origin.mfaProcess }
    default:
      return { seedStore: origin.seedStore }
  }
}

/** The keys of {@link enrolmentKeys} that awsmfa always writes; the others are the person's word and stay. */
type WrittenKey = Exclude<(typeof enrolmentKeys)[number], 'awsmfa_notify' | 'awsmfa_created_device' | 'mfa_process'>

type Changes = Record<WrittenKey, string | undefined> & { readonly mfa_process?: string }

/**
 * The config keys that say `enrolment`; defaults are absent keys, so that the section stays short.
 *
 * @param mfaProcess - as the MFA profile or its source profile says now
 */
export function enrolmentChanges(enrolment: Enrolment, mfaProcess?: string): Changes {
  const { durationSeconds, seedStore } = enrolment
  const seedKey = enrolment.seedStore === 'file' ? enrolment.seedKey : undefined
  const command = enrolment.seedStore === 'process' ? enrolment.mfaProcess : mfaProcess
  return {
    mfa_serial: enrolment.serialNumber,
    awsmfa_source_profile: enrolment.sourceProfile,
    awsmfa_duration_seconds: durationSeconds === defaultDurationSeconds ? undefined : String(durationSeconds),
    awsmfa_seed_store: seedStore === defaultSeedStore(command) ? undefined : seedStore,
    awsmfa_seed_identity: seedKey?.kind === 'identity' ? seedKey.path : undefined,
    awsmfa_seed_passphrase_file: seedKey?.kind === 'passphrase-file' ? seedKey.path : undefined,
    awsmfa_seed_passphrase_command: seedKey?.kind === 'passphrase-command' ? seedKey.command : undefined,
    // The source profile's needs no copy, and one that is not in use now is still the person's.
    ...(command !== undefined && command !== mfaProcess ? { mfa_process: command } : {}),
  }
}
