import { ScureBase32Plugin } from 'otplib'
import { Failure } from '../errors.js'
import { Seed } from './seed.js'

const issuer = 'Amazon Web Services'

/**
 * The link that authenticator apps read out of a QR code, as the IAM console makes it.
 *
 * Google's "Key URI Format" wants the issuer both before the name and as a parameter.
 *
 * @param account - what the app shows beside the code, such as `alice@123456789012`
 * @returns a secret: it holds the seed
 */
export function otpauthLink(seed: Seed, account: string): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`
  return `otpauth://totp/${label}?secret=${seed.reveal()}&issuer=${encodeURIComponent(issuer)}`
}

const hint = 'export the account again in Google Authenticator, with "transfer accounts"'

/** One account of an export. Holds the secret only inside. */
export class MigrationAccount {
  /** such as `Amazon Web Services:alice@123456789012` */
  readonly label: string
  readonly #secret: Uint8Array
  readonly #obstacle: string | undefined

  /** @param obstacle - what keeps the account from being an AWS device, such as `eight digits` */
  constructor(label: string, secret: Uint8Array, obstacle: string | undefined) {
    this.label = label
    this.#secret = secret
    this.#obstacle = obstacle
  }

  /** @throws Failure `usage` when AWS's devices cannot have such a secret */
  seed(): Seed {
    if (this.#obstacle !== undefined) {
      throw new Failure('usage', `the account '${this.label}' has ${this.#obstacle}`, [
        'AWS devices use SHA1, 6 digits and 30 seconds: this account belongs to another service',
      ])
    }
    return Seed.parse(new ScureBase32Plugin().encode(this.#secret))
  }
}

export interface Migration {
  readonly accounts: readonly MigrationAccount[]
  /** how many QR codes the whole export has; this is one of them */
  readonly parts: number
}

/** Whether the text is the link that Google Authenticator's export shows as a QR code. */
export function isMigrationLink(text: string): boolean {
  return /^otpauth-migration:/i.test(text.trim())
}

/**
 * Reads Google Authenticator's export, `otpauth-migration://offline?data=…`: base64 of a protocol buffer that nobody has
 * documented officially; the field numbers are what open-source readers agree on.
 *
 * @throws Failure `usage` when it cannot be read; never echoes it
 */
export function readMigrationLink(text: string): Migration {
  const data = /[?&]data=([^&#]*)/.exec(text.trim())?.[1]
  const bytes = Buffer.from(base64Of(data ?? ''), 'base64')
  if (bytes.length === 0) throw unreadable()
  const payload = readFields(bytes)
  const accounts = payload.flatMap(([field, value]) =>
    field === 1 && value instanceof Buffer ? [readAccount(value)] : [],
  )
  if (accounts.length === 0) throw new Failure('usage', 'the export of Google Authenticator holds no account', hint)
  return { accounts, parts: Math.max(1, numberOf(payload, 3)) }
}

/** A `+` is a character of base64 here, never a blank: so no URLSearchParams, and others have made blanks of it. */
function base64Of(text: string): string {
  try {
    return decodeURIComponent(text).replaceAll(' ', '+')
  } catch {
    throw unreadable()
  }
}

function readAccount(bytes: Buffer): MigrationAccount {
  const fields = readFields(bytes)
  const name = textOf(fields, 2)
  const issuer = textOf(fields, 3)
  const known = issuer === '' || name.toLowerCase().startsWith(`${issuer.toLowerCase()}:`)
  const secret = fields.find(([field]) => field === 1)?.[1]
  return new MigrationAccount(
    known ? name : `${issuer}:${name}`,
    secret instanceof Buffer ? secret : new Uint8Array(),
    obstacleIn(fields),
  )
}

/** Zero is "not told" in each of these, and the apps then take AWS's own values. */
function obstacleIn(fields: readonly Field[]): string | undefined {
  if (numberOf(fields, 4) > 1) return 'another algorithm than SHA1'
  if (numberOf(fields, 5) > 1) return 'another number of digits than 6'
  if (numberOf(fields, 6) === 1) return 'codes that count (HOTP) instead of codes by time'
  return undefined
}

/** The number of a field, and a whole number or the bytes. */
type Field = readonly [number, number | Buffer]

/**
 * The fields of a protocol buffer (protobuf.dev, "Encoding"). Two of its wire types occur here; a library would be ten times
 * as long as this, with dependencies of its own.
 */
function readFields(bytes: Buffer): readonly Field[] {
  const fields: Field[] = []
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let shift = 0; shift < 10; shift++) {
      const byte = bytes[at++]
      if (byte === undefined) throw unreadable()
      value += (byte & 0x7f) * 2 ** (7 * shift)
      if (byte < 0x80) return value
    }
    throw unreadable()
  }
  while (at < bytes.length) {
    const tag = varint()
    const field = Math.floor(tag / 8)
    if (tag % 8 === 0) {
      fields.push([field, varint()])
    } else if (tag % 8 === 2) {
      const end = varint() + at
      if (end > bytes.length) throw unreadable()
      fields.push([field, bytes.subarray(at, end)])
      at = end
    } else {
      // Numbers of a fixed width, 8 or 4 bytes: no field that is known here.
      at += { 1: 8, 5: 4 }[tag % 8] ?? Number.POSITIVE_INFINITY
      if (at > bytes.length) throw unreadable()
    }
  }
  return fields
}

function numberOf(fields: readonly Field[], wanted: number): number {
  const value = fields.find(([field]) => field === wanted)?.[1]
  return typeof value === 'number' ? value : 0
}

function textOf(fields: readonly Field[], wanted: number): string {
  const value = fields.find(([field]) => field === wanted)?.[1]
  return value instanceof Buffer ? value.toString('utf8') : ''
}

function unreadable(): Failure {
  return new Failure('usage', 'the export of Google Authenticator cannot be read', hint)
}

/**
 * Picks the text that holds a seed out of what the QR codes of one picture say; a screenshot may show others too.
 *
 * @param texts - of all codes found
 * @param name - how messages call the picture
 * @throws Failure `usage` when none or more than one holds a seed; never echoes a text
 */
export function qrSeedText(texts: readonly string[], name: string): string {
  const links = texts.filter((text) => /^otpauth(-migration)?:\/\//i.test(text.trim()))
  const [only, another] = links
  if (only !== undefined && another === undefined) return only
  if (only !== undefined) {
    throw new Failure('usage', `${name} shows ${links.length} QR codes with a seed`, [
      'crop the picture to the one of the MFA device',
    ])
  }
  if (texts.length === 0) {
    throw new Failure('usage', `no QR code can be read in ${name}`, [
      'take a screenshot instead of a photo, with the whole code and a margin around it, or crop the picture to it',
      'or paste the "secret key" that AWS shows beside the QR code: run awsmfa enroll without a picture',
    ])
  }
  const what = texts.length === 1 ? 'the QR code holds no seed' : `none of the ${texts.length} QR codes holds a seed`
  throw new Failure('usage', `${what}: ${name} shows ${kindOf(texts)}`, [
    'AWS shows the right one when a virtual MFA device is made: it begins with otpauth://totp/',
  ])
}

/** Only the kind: a code that is not ours may hold another secret, such as a sign-in link. */
function kindOf(texts: readonly string[]): string {
  return texts.every((text) => /^https?:/i.test(text)) ? 'a web address' : 'something else'
}
