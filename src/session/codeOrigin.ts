import { parseArgumentList } from '../core/argumentList.js'
import { asksItself, type CodeOrigin, type Enrolment, type SeedKey, type SeedOrigin } from '../core/enrolment.js'
import { Failure } from '../errors.js'
import type { World } from '../world.js'

/** Where the codes of a new enrolment are to come from, as flags. */
export interface CodeOriginFlags extends SeedOriginFlags {
  /** they are typed */
  readonly hardwareToken: boolean
  /** a command prints them */
  readonly mfaProcess?: string | undefined
}

export interface SeedOriginFlags {
  /** where the seed that gives them is kept; as before when absent, in the keychain at first */
  readonly seedStore?: 'keychain' | 'file' | undefined
  /** what opens the file, one of these: */
  readonly identity?: string | undefined
  readonly newIdentity?: string | undefined
  readonly passphraseFile?: string | undefined
  readonly passphraseCommand?: string | undefined
}

/**
 * Decides where an enrolment's codes come from.
 *
 * @param before - the MFA profile's enrolment so far
 * @throws Failure `usage` when the flags do not fit together
 */
export function chooseCodeOrigin(world: World, flags: CodeOriginFlags, before: Enrolment | undefined): CodeOrigin {
  const { hardwareToken, mfaProcess } = flags
  const needsSeed = !hardwareToken && mfaProcess === undefined
  const seedOrigin = chooseSeedOrigin(world, flags, needsSeed ? before : undefined)
  if (hardwareToken) return { seedStore: 'none' }
  if (mfaProcess === undefined) return seedOrigin
  parseArgumentList(mfaProcess, '--mfa-process', 'usage')
  if (asksItself(mfaProcess)) {
    throw new Failure('usage', '--mfa-process names awsmfa, which would wait for itself', [
      'name a command that has the seed, or leave the flag out to enrol a seed',
    ])
  }
  return { seedStore: 'process', mfaProcess }
}

/**
 * Decides where a seed is kept. A file is never chosen because the keychain fails: only when it was asked for, now or when
 * the profile was enrolled first.
 *
 * @param before - as in {@link chooseCodeOrigin}
 * @throws Failure `usage` when the flags do not fit together
 */
export function chooseSeedOrigin(world: World, flags: SeedOriginFlags, before?: Enrolment): SeedOrigin {
  const { seedStore } = flags
  const [key, another] = seedKeys(world, flags)
  if (another !== undefined) throw new Failure('usage', 'a seed file has one key', `give one of ${keyFlags}`)
  const keyBefore = before?.seedStore === 'file' ? before.seedKey : undefined
  if (key !== undefined && (seedStore === 'keychain' || (seedStore === undefined && keyBefore === undefined))) {
    throw new Failure('usage', 'a key is named, but not what it is for', 'add --seed-store file')
  }
  if (seedStore === 'keychain' || (seedStore === undefined && keyBefore === undefined)) return { seedStore: 'keychain' }
  const seedKey = key ?? keyBefore
  if (seedKey !== undefined) return { seedStore: 'file', seedKey }
  throw new Failure('usage', '--seed-store file needs a key that opens it when nobody is there', [
    `give one of ${keyFlags}`,
  ])
}

const keyFlags = '--identity FILE, --new-identity FILE, --passphrase-file FILE and --passphrase-command COMMAND'

function seedKeys({ seedFile }: World, flags: SeedOriginFlags): SeedKey[] {
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
  return keys
}
