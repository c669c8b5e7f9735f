import { constants, copyFileSync, linkSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgumentList } from '../core/argumentList.js'
import type { SeedKey } from '../core/seed.js'
import { Failure } from '../errors.js'
import type { NewIdentity } from '../outside/seedStores.js'
import type { Programs } from '../world.js'
import { onExit } from './cleanup.js'
import { fileFailure } from './fileFailure.js'
import { makeFolder, removeFolders, syncFolder } from './folders.js'
import { findTarget, octal, readTarget, statIfAny, type Target } from './target.js'
import { sweepTempFiles, writeTempFile } from './tempFile.js'

type Age = typeof import('age-encryption')

/** What opens and closes a seed file; never printed. */
export type OpenKey =
  | { readonly identities: readonly string[]; readonly recipients: readonly string[] }
  | { readonly passphrase: string }

/**
 * Reads an identity, or asks for a passphrase.
 *
 * @throws Failure `act` when it is absent, damaged, or open to others
 */
export async function openKey(key: SeedKey, programs: Programs): Promise<OpenKey> {
  if (key.kind === 'identity') return await openIdentity(key.path)
  const text =
    key.kind === 'passphrase-file'
      ? readKeyFile(key.path, 'passphrase file')
      : await programs.output(parseArgumentList(key.command, 'the passphrase command'))
  const passphrase = text.split(/\r?\n/)[0] ?? ''
  if (passphrase !== '') return { passphrase }
  throw new Failure('act', `${keyName(key)} holds no passphrase`, 'the passphrase must be its first line')
}

async function openIdentity(path: string): Promise<OpenKey> {
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
 * Makes an age identity; see {@link SeedFile.makeIdentity}. It gets its name when it is whole and on the disk: without it
 * no seed file opens, so it must be there before they are.
 */
export async function makeIdentity(path: string, owner: string, mayAdopt: boolean): Promise<NewIdentity> {
  const target = findTarget(path)
  if (mayAdopt && isMadeFor(target, owner)) return { adopted: true, keep() {}, remove() {} }
  const { generateX25519Identity, identityToRecipient } = await loadAge()
  const identity = await generateX25519Identity()
  const text = `${markFor(owner)}\n# public key: ${await identityToRecipient(identity)}\n${identity}\n`
  let madeFolder: string | undefined
  const remove = () => {
    // It may be asked for more than once on the way out, and the person may have been faster.
    rmSync(target.path, { force: true })
    if (madeFolder !== undefined) removeFolders(dirname(target.path), madeFolder)
  }
  try {
    madeFolder = makeFolder(target.folder)
    sweepTempFiles(target)
    const temp = writeTempFile({ ...target, stat: undefined }, Buffer.from(text))
    try {
      giveName(temp.path, target.path)
    } finally {
      temp.remove()
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new Failure('usage', `${path} exists already`, 'use it with --identity, or give another name')
    }
    throw fileFailure('make', path, error)
  }
  const forget = onExit(remove)
  syncFolder(target.folder)
  return {
    adopted: false,
    keep: () => forget(),
    remove() {
      forget()
      remove()
    },
  }
}

/** Unlike a rename, neither of the two replaces a file that is there. Some file systems have no links. */
function giveName(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error
    copyFileSync(from, to, constants.COPYFILE_EXCL)
  }
}

const markFor = (owner: string) => `# made by awsmfa for ${owner}`

function isMadeFor(target: Target, owner: string): boolean {
  return readTarget(target)?.toString().split('\n').includes(markFor(owner)) === true
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

export function keyName(key: SeedKey): string {
  return key.kind === 'passphrase-command' ? 'what the passphrase command prints' : key.path
}

let age: Promise<Age> | undefined

export async function loadAge(): Promise<Age> {
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
