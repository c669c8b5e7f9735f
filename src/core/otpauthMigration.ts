import { ScureBase32Plugin } from 'otplib'
import { Failure } from '../errors.js'
import { Seed } from './seed.js'

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
