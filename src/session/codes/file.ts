import { parseArgumentList } from '../../core/argumentList.js'
import { bad, type Check, failed, ok } from '../../core/doctor/check.js'
import type { SeedKey } from '../../core/seed.js'
import { attempt, Failure } from '../../errors.js'
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
  read: (written) => {
    const { awsmfa_seed_file: path } = written.keys
    return { kind: 'file', key: readKey(written), ...(path ? { path } : {}) }
  },
  write: ({ key, path }) => ({
    awsmfa_seed_file: path,
    awsmfa_seed_identity: key.kind === 'identity' ? key.path : undefined,
    awsmfa_seed_passphrase_file: key.kind === 'passphrase-file' ? key.path : undefined,
    awsmfa_seed_passphrase_command: key.kind === 'passphrase-command' ? key.command : undefined,
  }),
  store,
  needsLogin: false,
  runsProgram: ({ key }) => key.kind === 'passphrase-command',
  takesTime: (_, { key }) => key.kind === 'passphrase-command',
  open: (world, enrolment, codes, meanwhile) => openSeed(store(world, { ...enrolment, codes }), enrolment, meanwhile),
  check,
}

function store({ seedFile }: World, place: Place<FileSource>): SeedStore {
  const at = placeOf(seedFile, place)
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
function placeOf(seedFile: World['seedFile'], { serialNumber, codes: { path, key } }: Place<FileSource>) {
  return {
    path: path === undefined ? seedFile.defaultPath(serialNumber) : seedFile.absolute(path),
    key: key.kind === 'passphrase-command' ? key : { ...key, path: seedFile.absolute(key.path) },
  }
}

function readKey({ keys, origin }: Written): SeedKey {
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
  const at = placeOf(world.seedFile, { serialNumber, codes })
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
