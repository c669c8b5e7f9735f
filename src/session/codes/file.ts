import { parseArgumentList } from '../../core/argumentList.js'
import { bad, type Check, failed, ok } from '../../core/doctor/check.js'
import type { SeedKey } from '../../core/seed.js'
import { attempt, Failure } from '../../errors.js'
import type { SeedFilePlace } from '../../outside/seedStores.js'
import type { World } from '../../world.js'
import type { Enrolment } from '../enrolment.js'
import type { CodeSourceOf, CodeSourceRow, Place, SeedSourceFlags, SeedStore, Written } from './codeSource.js'
import { openSeed } from './openSeed.js'

type FileSource = CodeSourceOf<'file'>

/** The seed is in an encrypted file. Its path is remembered: XDG_DATA_HOME of another moment leads elsewhere. */
export const fileRow: CodeSourceRow<FileSource> = {
  words: 'from an encrypted file',
  settings: [
    'awsmfa_seed_file',
    'awsmfa_seed_identity',
    'awsmfa_seed_passphrase_file',
    'awsmfa_seed_passphrase_command',
  ],
  read: (written) => readFileSource(written, 'seed'),
  write: (source) => writeFileSource(source, 'seed'),
  store,
  needsLogin: false,
  runsProgram: ({ key }) => key.kind === 'passphrase-command',
  takesTime: (_, { key }) => key.kind === 'passphrase-command',
  open: (world, enrolment, codes, meanwhile) => openSeed(store(world, { ...enrolment, codes }), enrolment, meanwhile),
  check,
}

function store({ seedFile }: World, { serialNumber, codes }: Place<FileSource>): SeedStore {
  const at = placeOf(seedFile, serialNumber, codes)
  return {
    name: `the file ${at.path}`,
    absence: () => seedFile.absence(at.path),
    get: () => seedFile.get(at),
    set: (seed) => seedFile.set(at, seed),
    delete: () => seedFile.delete(at),
    check: () => seedFile.check(at),
  }
}

/** Paths in a config file that several machines share begin with `~`. */
export function placeOf(seedFile: World['seedFile'], account: string, { path, key }: FileSource): SeedFilePlace {
  return {
    path: path === undefined ? seedFile.defaultPath(account) : seedFile.absolute(path),
    key: key.kind === 'passphrase-command' ? key : { ...key, path: seedFile.absolute(key.path) },
  }
}

/** What is in an encrypted file: a seed, or long-term keys. Its settings are named after it. */
export type Content = 'seed' | 'key'

/** @throws Failure `act` when not exactly one key to the file is named */
export function readFileSource({ keys, origin }: Omit<Written, 'mfaProcess'>, content: Content): FileSource {
  const value = (name: string) => keys[`awsmfa_${content}_${name}`]
  const [path, identity, passphraseFile] = [value('file'), value('identity'), value('passphrase_file')]
  const command = value('passphrase_command')
  const found: SeedKey[] = []
  if (identity) found.push({ kind: 'identity', path: identity })
  if (passphraseFile) found.push({ kind: 'passphrase-file', path: passphraseFile })
  if (command) found.push({ kind: 'passphrase-command', command })
  const [only, another] = found
  if (only !== undefined && another === undefined) return { kind: 'file', key: only, ...(path ? { path } : {}) }
  const start = `awsmfa_${content}_`
  throw new Failure(
    'act',
    `${origin(`${start}store`)} is file, and ${only === undefined ? 'no key' : 'more than one key'} to it is named`,
    `one of ${start}identity, ${start}passphrase_file and ${start}passphrase_command must be there`,
  )
}

export function writeFileSource({ key, path }: FileSource, content: Content): Record<string, string | undefined> {
  return {
    [`awsmfa_${content}_file`]: path,
    [`awsmfa_${content}_identity`]: key.kind === 'identity' ? key.path : undefined,
    [`awsmfa_${content}_passphrase_file`]: key.kind === 'passphrase-file' ? key.path : undefined,
    [`awsmfa_${content}_passphrase_command`]: key.kind === 'passphrase-command' ? key.command : undefined,
  }
}

export const keyFlags = '--identity FILE, --new-identity FILE, --passphrase-file FILE and --passphrase-command COMMAND'

/**
 * The key to a seed file that the flags name.
 *
 * @throws Failure `usage` when they name more than one, or a command that cannot be run without a shell
 */
export function keyFromFlags({ seedFile }: World, flags: SeedSourceFlags): SeedKey | undefined {
  const keys: SeedKey[] = []
  for (const path of [flags.identity, flags.newIdentity]) {
    if (path !== undefined) keys.push({ kind: 'identity', path: seedFile.absolute(path) })
  }
  if (flags.passphraseFile !== undefined) {
    keys.push({ kind: 'passphrase-file', path: seedFile.absolute(flags.passphraseFile) })
  }
  if (flags.passphraseCommand !== undefined) {
    parseArgumentList(flags.passphraseCommand, '--passphrase-command', 'usage')
    keys.push({ kind: 'passphrase-command', command: flags.passphraseCommand })
  }
  if (keys.length > 1) throw new Failure('usage', 'a seed file has one key', `give one of ${keyFlags}`)
  return keys[0]
}

async function check(world: World, { serialNumber }: Enrolment, codes: FileSource): Promise<readonly Check[]> {
  const at = placeOf(world.seedFile, serialNumber, codes)
  // The person's command may ask for something, or cost a touch of a key.
  if (codes.key.kind === 'passphrase-command') {
    return [ok('seed-file', `the seed is in ${at.path}; its passphrase comes from a command, which is not run here`)]
  }
  const held = await attempt(async () => (await world.seedFile.get(at)) !== undefined)
  if (held instanceof Failure) return [failed('seed-file', held)]
  if (held) return [ok('seed-file', `${at.path} opens and holds the seed`)]
  const { message, hints } = world.seedFile.absence(at.path)
  return [bad('seed-file', message, ...hints, 'or run awsmfa enroll again')]
}
