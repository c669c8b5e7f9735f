import { inspect } from 'node:util'
import { Failure } from '../errors.js'
import { characterInWords, withoutGaps } from './text.js'

/** A device of AWS's has 40 bytes; RFC 4226 §4 (R6) asks for 16 at least, and otplib refuses less. */
const fewestBytes = 16
/** Far above any real device (64 characters at AWS); keeps a pasted file from being taken for a seed. */
const mostCharacters = 512

const hint = 'paste the "secret key" that AWS shows beside the QR code, or the otpauth://totp/ link'

/**
 * The base32 TOTP secret of a virtual MFA device, upper case, without padding or blanks.
 *
 * Prints as `[seed]` however it is printed; only the keychain and the TOTP function call {@link Seed.reveal}.
 */
export class Seed {
  readonly #base32: string

  private constructor(base32: string) {
    this.#base32 = base32
  }

  /**
   * Reads a seed as people paste it: base32 in any case, with blanks, hyphens and padding, after a label such as
   * `Secret key:`; an `otpauth://totp/` link, or KeeOTP's `key=…&step=30&size=6`.
   *
   * @param text - what was typed or piped; never echoed in an error
   * @throws Failure `usage` when it is not a seed that AWS's devices use (RFC 6238 with SHA-1, six digits, 30 seconds)
   */
  static parse(text: string): Seed {
    const trimmed = text.trim()
    if (/^otpauth:/i.test(trimmed)) {
      if (/^otpauth:(\/\/)?totp\b/i.test(trimmed)) return Seed.#fromLink(trimmed)
      throw new Failure('usage', 'the otpauth link is not of the type totp', 'AWS devices are TOTP devices')
    }
    if (/^(key|secret)=/i.test(trimmed)) return Seed.#fromLink(`?${trimmed}`)
    // Too short, and without digits, so that it cannot be half of a seed.
    return Seed.#fromBase32(trimmed.replace(/^[^\d:\uff1a]{1,24}[:\uff1a](?!\/)/, ''))
  }

  /** How many base32 characters it has. */
  get length(): number {
    return this.#base32.length
  }

  /** The secret itself: upper-case base32 without padding. */
  reveal(): string {
    return this.#base32
  }

  /** Whether both hold the same secret. */
  equals(other: Seed): boolean {
    return this.#base32 === other.#base32
  }

  toString(): string {
    return '[seed]'
  }

  toJSON(): string {
    return '[seed]'
  }

  [inspect.custom](): string {
    return '[seed]'
  }

  static #fromBase32(text: string): Seed {
    if (isBase64OfBase32(text)) {
      throw new Failure('usage', 'the seed is base64, not base32', [
        'the AWS CLI shows Base32StringSeed encoded in base64 once more: decode it first (base64 -d), or use --outfile',
      ])
    }
    const base32 = withoutGaps(text).replace(/=+$/, '').toUpperCase()
    if (base32 === '') throw new Failure('usage', 'the seed is empty', hint)
    if (base32.length > mostCharacters) {
      throw new Failure('usage', `the seed is longer than ${mostCharacters} characters`, hint)
    }
    expectBase32(text)
    // Five bits a character. Lengths of 1, 3 or 6 modulo 8 cannot come from whole bytes (RFC 4648 §6).
    if ([1, 3, 6].includes(base32.length % 8)) {
      throw new Failure('usage', 'the seed is incomplete: no base32 text has this length', hint)
    }
    if (Math.floor((base32.length * 5) / 8) < fewestBytes) {
      throw new Failure('usage', `the seed is shorter than ${fewestBytes} bytes (26 characters)`, hint)
    }
    return new Seed(base32)
  }

  static #fromLink(link: string): Seed {
    const parameter = parametersOf(link)
    expectParameter(parameter, 'algorithm', 'SHA1', /^(hmac)?[-_]?sha[-_]?1$/i)
    expectParameter(parameter, 'digits', '6', /^6$/)
    expectParameter(parameter, 'period', '30', /^30$/)
    expectParameter(parameter, 'encoding', 'base32', /^base32$/i)
    const [secret, another] = parameter('secret')
    if (secret === undefined || another !== undefined) {
      throw new Failure('usage', 'the otpauth link must hold exactly one secret', hint)
    }
    return Seed.#fromBase32(secret)
  }
}

/**
 * Names the first character that is none of base32's, and shows it. It is no part of a seed; nothing else of the text is
 * shown. Its place counts what was given, blanks and hyphens too.
 */
function expectBase32(text: string): void {
  const characters = [...text.trim().replace(/[=\s\p{Cf}]+$/u, '')]
  const at = characters.findIndex((character) => !/^[A-Za-z2-7]?$/.test(withoutGaps(character)))
  if (at < 0) return
  throw new Failure('usage', `the seed is not base32: its character ${at + 1} is ${characterInWords(characters[at])}`, [
    'only the letters A to Z and the digits 2 to 7 may occur, so 0, 1 and 8 are misread O, I and B',
    hint,
  ])
}

/** KeeOTP's names beside those of Google's "Key URI Format". */
const usualNames: Readonly<Record<string, string>> = {
  key: 'secret',
  size: 'digits',
  step: 'period',
  otphashmode: 'algorithm',
}

/**
 * The values of a link's parameters, by name. More lenient than a URL: the label may hold an unescaped `#` or `?`, and the
 * link may come out of a page's source.
 */
function parametersOf(link: string): (name: string) => readonly string[] {
  const found = link.replace(/&(amp|#38|#x26);/gi, '&').matchAll(/[?&]([^=&#?]+=[^&#]*)/g)
  const pairs = [...new URLSearchParams(Array.from(found, ([, pair = '']) => pair).join('&'))]
  return (wanted) =>
    pairs
      .filter(([name]) => (usualNames[name.toLowerCase()] ?? name.toLowerCase()) === wanted)
      .map(([, value]) => value)
}

/** An empty value is "not told", and the apps then take AWS's own. */
function expectParameter(
  parameter: (name: string) => readonly string[],
  name: string,
  expected: string,
  pattern: RegExp,
): void {
  if (parameter(name).every((value) => value.trim() === '' || pattern.test(value.trim()))) return
  throw new Failure('usage', `the otpauth link asks for another ${name} than ${expected}`, [
    'AWS devices use SHA1, 6 digits and 30 seconds: this link belongs to another service',
  ])
}

/** Looked at first: the second encoding may happen to consist of base32's characters alone. */
function isBase64OfBase32(text: string): boolean {
  return /[a-z]/.test(text) && /^[A-Z2-7]{16,}=*\s*$/.test(Buffer.from(text, 'base64').toString('latin1'))
}

/** What opens an encrypted seed file: an age identity, or a passphrase that stands in a file or that a command prints. */
export type SeedKey =
  | { readonly kind: 'identity'; readonly path: string }
  | { readonly kind: 'passphrase-file'; readonly path: string }
  | { readonly kind: 'passphrase-command'; readonly command: string }

/** Characters without a picture: zero-width ones, marks of direction, byte order marks, variation selectors. */
const invisible = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu

/**
 * Text from a file or pipe: UTF-16 where it says so or looks so, as Windows PowerShell 5 writes it with `>`; else UTF-8.
 */
export function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes
  // A byte order mark, or the zero byte that every ASCII character has there.
  const bigEndian = (first === 0xfe && second === 0xff) || (first === 0 && second !== 0)
  const littleEndian = (first === 0xff && second === 0xfe) || (first !== 0 && second === 0)
  if (!bigEndian && !littleEndian) return Buffer.from(bytes).toString('utf8')
  const whole = Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)))
  return (bigEndian ? whole.swap16() : whole).toString('utf16le')
}

/**
 * The one line with something in it, without invisible characters and the blanks around it; `''` when there is none.
 *
 * @throws Failure `usage` when there are more: half a seed must never pass for a whole one
 */
export function onlyLine(text: string): string {
  const lines = text.replace(invisible, '').split(/[\n\v\f\r\x85\u2028\u2029]/)
  const [only = '', another] = lines.map((line) => line.trim()).filter((line) => line !== '')
  if (another === undefined) return only
  throw new Failure('usage', 'the seed has a second line', [
    "give it as one line; piped, `tr -d '\\n'` joins the parts of one seed, and `head -n 1` takes the first line alone",
  ])
}
