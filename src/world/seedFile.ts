import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, openSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseArgumentList } from '../core/argumentList.js'
import type { SeedKey } from '../core/enrolment.js'
import { Seed } from '../core/seed.js'
import { Failure } from '../errors.js'
import type { Programs, SeedFile } from '../world.js'
import { checkWritable, removeFolders } from './checkWritable.js'
import { onExit } from './cleanup.js'
import { fileFailure } from './fileFailure.js'
import { dataFolder } from './homeFolder.js'
import { makeFolder, replaceFile } from './replaceFile.js'
import { findTarget, octal, readTarget, statIfAny } from './target.js'

type Age = typeof import('age-encryption')

/** What opens and closes a seed file; never printed. */
type Lock =
  | { readonly identities: readonly string[]; readonly recipients: readonly string[] }
  | { readonly passphrase: string }

/** In the place of the platform for the data of programs. */
export function seedFolder(env?: Readonly<Record<string, string | undefined>>): string {
  return join(dataFolder(env), 'seeds')
}

/**
 * Seeds in files of the age format (https://age-encryption.org/v1), one a device, mode 0600. Any other age tool opens
 * them with the same key.
 *
 * @param folder - from {@link seedFolder}; made when the first seed is stored
 * @param programs - runs the command that prints a passphrase
 * @param scryptLogN - how hard a passphrase is to guess; age's own 18 unless told, which takes a second
 */
export function makeSeedFile(folder: string, programs: Programs, scryptLogN = 18): SeedFile {
  const pathOf = (serialNumber: string) => join(folder, fileName(serialNumber))

  async function read(path: string, lock: Lock, key: SeedKey): Promise<Seed | undefined> {
    const bytes = readTarget(findTarget(path))
    return bytes === undefined ? undefined : await decrypt(bytes, lock, key, path)
  }

  return {
    path: pathOf,
    absolute: (path) => resolve(path),

    async get(serialNumber, key) {
      const path = pathOf(serialNumber)
      // Without a file there is no need for a passphrase, whose command may ask the person.
      if (readTarget(findTarget(path)) === undefined) {
        if (key.kind !== 'passphrase-command') await openLock(key, programs)
        return undefined
      }
      return await read(path, await openLock(key, programs), key)
    },

    async set(serialNumber, seed, key) {
      const path = pathOf(serialNumber)
      const lock = await openLock(key, programs)
      const bytes = await encrypt(seed, lock, scryptLogN)
      await replaceFile(path, () => bytes)
      const kept = await read(path, lock, key)
      if (kept?.equals(seed) === true) return
      throw new Failure('act', `the seed does not read back from ${path} as it was written`, 'run it again')
    },

    delete: async (serialNumber) => removeFile(pathOf(serialNumber)),

    async check(serialNumber, key) {
      await openLock(key, programs)
      checkWritable(pathOf(serialNumber))
    },

    makeIdentity,

    async removeIdentity(path) {
      removeFile(path)
    },
  }
}

/** @returns whether it was there */
function removeFile(path: string): boolean {
  try {
    unlinkSync(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw fileFailure('remove', path, error)
  }
}

/** Readable for a person who looks into the folder; the hash tells apart what the readable part does not. */
function fileName(serialNumber: string): string {
  const hash = createHash('sha256').update(serialNumber).digest('hex').slice(0, 12)
  return `${serialNumber.replace(/[^A-Za-z0-9]+/g, '-').slice(0, 80)}-${hash}.age`
}

async function makeIdentity(path: string) {
  const { generateX25519Identity, identityToRecipient } = await loadAge()
  const identity = await generateX25519Identity()
  const text = `# key to awsmfa's seed files\n# public key: ${await identityToRecipient(identity)}\n${identity}\n`
  let madeFolder: string | undefined
  let forget: () => void
  const remove = () => {
    unlinkSync(path)
    if (madeFolder !== undefined) removeFolders(dirname(path), madeFolder)
  }
  try {
    madeFolder = makeFolder(dirname(path))
    const fd = openSync(path, 'wx', 0o600)
    forget = onExit(remove)
    try {
      writeFileSync(fd, text)
      // Without it no seed file opens, so it must be on the disk before they are.
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new Failure('usage', `${path} exists already`, 'use it with --identity, or give another name')
    }
    throw fileFailure('make', path, error)
  }
  return {
    keep: () => forget(),
    remove: () => {
      forget()
      remove()
    },
  }
}

async function openLock(key: SeedKey, programs: Programs): Promise<Lock> {
  if (key.kind === 'identity') return await openIdentity(key.path)
  const text =
    key.kind === 'passphrase-file'
      ? readKeyFile(key.path, 'passphrase file')
      : await programs.output(parseArgumentList(key.command, 'the passphrase command'))
  const passphrase = text.split(/\r?\n/)[0] ?? ''
  if (passphrase !== '') return { passphrase }
  throw new Failure('act', `${nameOf(key)} holds no passphrase`, 'the passphrase must be its first line')
}

async function openIdentity(path: string): Promise<Lock> {
  const lines = readKeyFile(path, 'identity file').split(/\r?\n/)
  const identities = lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'))
  const unknown = identities.find((line) => !/^AGE-SECRET-KEY-(PQ-)?1[A-Z0-9]+$/.test(line))
  if (identities.length === 0 || unknown !== undefined) {
    const encrypted = unknown !== undefined && /^age-encryption\.org|^-----BEGIN AGE ENCRYPTED/.test(unknown)
    throw new Failure('act', `${path} ${encrypted ? 'is encrypted itself' : 'is no age identity file'}`, [
      'it must be as age-keygen writes it, with a line AGE-SECRET-KEY-1…; --new-identity FILE makes one',
    ])
  }
  const { identityToRecipient } = await loadAge()
  try {
    return { identities, recipients: await Promise.all(identities.map((identity) => identityToRecipient(identity))) }
  } catch {
    throw new Failure('act', `${path} holds an age identity that is damaged`, 'copy it again, or make a new one')
  }
}

/**
 * Reads a file that opens the seed. One that others may read is refused, as ssh refuses such a private key.
 *
 * @throws Failure `act`
 */
function readKeyFile(path: string, what: string): string {
  const target = findTarget(path)
  const bytes = readTarget(target)
  if (bytes === undefined || target.stat === undefined) {
    throw new Failure('act', `there is no ${what} ${path}`, [
      'mount or copy it there; without it the seed cannot be read, and the device must be enrolled again',
    ])
  }
  refuseExposed(path)
  return bytes.toString()
}

function refuseExposed(path: string): void {
  // Windows has no such modes; Node makes them up.
  if (process.platform === 'win32') return
  const { path: end, folder, name, stat } = findTarget(path)
  const user = process.geteuid?.() ?? 0
  if (stat !== undefined && stat.uid !== user && stat.uid !== 0) {
    throw new Failure('act', `${name} belongs to another user (uid ${stat.uid})`, `make it yours: chown ${user} ${end}`)
  }
  if (stat !== undefined && (stat.mode & 0o077) !== 0) {
    throw new Failure('act', `${name} is open to others (mode ${octal(stat)})`, `close it: chmod 600 ${end}`)
  }
  const around = statIfAny(folder)
  if (around !== undefined && (around.mode & 0o1002) === 0o0002) {
    throw new Failure('act', `${name} is in a folder where everybody can write (mode ${octal(around)})`, [
      'move it to a folder of your own',
    ])
  }
}

async function encrypt(seed: Seed, lock: Lock, scryptLogN: number): Promise<Uint8Array> {
  const { Encrypter } = await loadAge()
  const encrypter = new Encrypter()
  if ('passphrase' in lock) {
    encrypter.setPassphrase(lock.passphrase)
    encrypter.setScryptWorkFactor(scryptLogN)
  } else for (const recipient of lock.recipients) encrypter.addRecipient(recipient)
  return await encrypter.encrypt(`${seed.reveal()}\n`)
}

async function decrypt(bytes: Uint8Array, lock: Lock, key: SeedKey, path: string): Promise<Seed> {
  const { Decrypter } = await loadAge()
  const decrypter = new Decrypter()
  if ('passphrase' in lock) decrypter.addPassphrase(lock.passphrase)
  else for (const identity of lock.identities) decrypter.addIdentity(identity)
  let text: string
  try {
    text = await decrypter.decrypt(bytes, 'text')
  } catch (error) {
    throw cannotOpen(bytes, key, path, error)
  }
  try {
    return Seed.parse(text)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    throw new Failure('act', `${path} holds no seed: ${error.message}`, error.hints)
  }
}

/** Why the file does not open. The library's messages are not an interface, but for the one of a key that does not fit. */
function cannotOpen(bytes: Uint8Array, key: SeedKey, path: string, error: unknown): Failure {
  const again = `restore ${path} from a copy, or remove it and enrol the device again`
  const message = error instanceof Error ? error.message : ''
  if (message.includes('no identity matched')) {
    const what = key.kind === 'identity' ? 'the identity' : 'the passphrase'
    return new Failure('act', `${what} in ${nameOf(key)} does not open ${path}`, [
      `the file was made with another one: bring that back, or remove ${path} and enrol the device again`,
    ])
  }
  const text = Buffer.from(bytes).toString('latin1')
  if (!text.startsWith('age-encryption.org/v1\n')) return new Failure('act', `${path} is no age file`, again, error)
  // A whole file has the header's end, then a nonce and at least one tag of 16 bytes each.
  const header = /\n--- \S+\n/.exec(text)
  if (header === null || text.length < header.index + header[0].length + 32) {
    return new Failure('act', `${path} is cut off`, again, error)
  }
  return new Failure('act', `${path} was changed or damaged since it was written`, again, error)
}

function nameOf(key: SeedKey): string {
  return key.kind === 'passphrase-command' ? 'what the passphrase command prints' : key.path
}

let age: Promise<Age> | undefined

async function loadAge(): Promise<Age> {
  age ??= loadSilently()
  return await age
}

/** Node 20.17 and 22 at first call WebCrypto's X25519 experimental, on stderr, and cron would send that as a mail. */
async function loadSilently(): Promise<Age> {
  const emit = process.emitWarning as (...args: unknown[]) => void
  process.emitWarning = (...args: unknown[]) => {
    if (!String(args[0]).includes('X25519')) emit.apply(process, args)
  }
  return await import('age-encryption')
}
