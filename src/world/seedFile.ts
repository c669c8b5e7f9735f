import { formatKeyPair, parseKeyPair, sameKeys } from '../core/keyPair.js'
import { Seed, type SeedKey } from '../core/seed.js'
import { Failure, SeedUnreadable } from '../errors.js'
import type { SeedFile, SeedFilePlace } from '../outside/seedStores.js'
import type { Programs } from '../world.js'
import { checkWritable, replaceFile } from './replaceFile.js'
import { keyName, loadAge, makeIdentity, type OpenKey, openKey } from './seedKey.js'
import { makeSeedPlaces } from './seedPlaces.js'
import { findTarget, readTarget, removeFile } from './target.js'
import { sweepTempFiles } from './tempFile.js'

/**
 * Seeds in files of the age format (https://age-encryption.org/v1), one a device, mode 0600. Any other age tool opens
 * them with the same key.
 *
 * @param folder - from {@link seedFolder}; made when the first seed is stored
 * @param programs - runs the command that prints a passphrase
 * @param scryptLogN - how hard a passphrase is to guess; age's own 18 unless told, which takes a second
 */
export function makeSeedFile(folder: string, programs: Programs, scryptLogN = 18): SeedFile {
  async function get<T>({ path, key }: SeedFilePlace, parse: (text: string) => T): Promise<T | undefined> {
    const bytes = readTarget(findTarget(path))
    if (bytes !== undefined) return await decrypt(bytes, await openKey(key, programs), key, path, parse)
    // Without a file there is no need for a passphrase, whose command may ask the person.
    if (key.kind !== 'passphrase-command') await openKey(key, programs)
    return undefined
  }

  async function set<T>(
    { path, key }: SeedFilePlace,
    text: string,
    parse: (text: string) => T,
    isSame: (kept: T) => boolean,
  ): Promise<void> {
    const opened = await openKey(key, programs)
    const bytes = await encrypt(text, opened, scryptLogN)
    await replaceFile(path, () => bytes)
    const kept = readTarget(findTarget(path))
    if (kept !== undefined && isSame(await decrypt(kept, opened, key, path, parse))) return
    throw new Failure('act', `what was written to ${path} does not read back as it was`, 'run it again')
  }

  return {
    ...makeSeedPlaces(folder),
    get: (place) => get(place, Seed.parse),
    set: (place, seed) => set(place, seed.reveal(), Seed.parse, (kept) => kept.equals(seed)),
    getKeys: (place) => get(place, parseKeyPair),
    setKeys: (place, keys) => set(place, formatKeyPair(keys), parseKeyPair, (kept) => sameKeys(keys, kept)),

    async delete({ path }) {
      sweepTempFiles(findTarget(path))
      return removeFile(path)
    },

    async check({ path, key }) {
      await openKey(key, programs)
      checkWritable(path)
    },

    makeIdentity,

    async removeIdentity(path) {
      sweepTempFiles(findTarget(path))
      removeFile(path)
    },
  }
}

async function encrypt(secret: string, opened: OpenKey, scryptLogN: number): Promise<Uint8Array> {
  const { Encrypter } = await loadAge()
  const encrypter = new Encrypter()
  if ('passphrase' in opened) {
    encrypter.setPassphrase(opened.passphrase)
    encrypter.setScryptWorkFactor(scryptLogN)
  } else for (const recipient of opened.recipients) encrypter.addRecipient(recipient)
  return await encrypter.encrypt(`${secret}\n`)
}

async function decrypt<T>(
  bytes: Uint8Array,
  opened: OpenKey,
  key: SeedKey,
  path: string,
  parse: (text: string) => T,
): Promise<T> {
  const { Decrypter } = await loadAge()
  const decrypter = new Decrypter()
  if ('passphrase' in opened) decrypter.addPassphrase(opened.passphrase)
  else for (const identity of opened.identities) decrypter.addIdentity(identity)
  let text: string
  try {
    text = await decrypter.decrypt(bytes, 'text')
  } catch (error) {
    throw cannotOpen(bytes, key, path, error)
  }
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    throw damaged(`${path} holds something else: ${error.message}`, path, error)
  }
}

/** Why the file does not open. The library's messages are not an interface, but for the one of a key that does not fit. */
function cannotOpen(bytes: Uint8Array, key: SeedKey, path: string, error: unknown): Failure {
  const message = error instanceof Error ? error.message : ''
  if (message.includes('no identity matched')) {
    const what = key.kind === 'identity' ? 'the identity' : 'the passphrase'
    return new SeedUnreadable(`${what} in ${keyName(key)} does not open ${path}`, [
      'the file was made with another one: bring that back, or put the seed in again: awsmfa enroll --replace',
    ])
  }
  const text = Buffer.from(bytes).toString('latin1')
  if (!text.startsWith('age-encryption.org/v1\n')) return damaged(`${path} is no age file`, path, error)
  // A whole file has the header's end, then a nonce and at least one tag of 16 bytes each.
  const header = /\n--- \S+\n/.exec(text)
  if (header === null || text.length < header.index + header[0].length + 32) {
    return damaged(`${path} is cut off`, path, error)
  }
  return damaged(`${path} was changed or damaged since it was written`, path, error)
}

function damaged(message: string, path: string, cause: unknown): SeedUnreadable {
  return new SeedUnreadable(
    message,
    `restore ${path} from a copy, or put the seed in again: awsmfa enroll --replace`,
    cause,
  )
}
