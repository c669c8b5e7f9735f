import { inspect } from 'node:util'
import { Failure } from '../errors.js'

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
   * Reads a seed as people paste it: base32 in any case, with blanks, hyphens and padding, or an `otpauth://totp/` link.
   *
   * @param text - what was typed or piped; never echoed in an error
   * @throws Failure `usage` when it is not a seed that AWS's devices use (RFC 6238 with SHA-1, six digits, 30 seconds)
   */
  static parse(text: string): Seed {
    const trimmed = text.trim()
    return /^otpauth:/i.test(trimmed) ? Seed.#fromLink(trimmed) : Seed.#fromBase32(trimmed)
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
    const base32 = text.replace(/[\s-]/g, '').replace(/=+$/, '').toUpperCase()
    if (base32 === '') throw new Failure('usage', 'the seed is empty', hint)
    if (base32.length > mostCharacters) {
      throw new Failure('usage', `the seed is longer than ${mostCharacters} characters`, hint)
    }
    if (!/^[A-Z2-7]+$/.test(base32)) {
      throw looksLikeBase64(text)
        ? new Failure('usage', 'the seed is base64, not base32', [
            'the AWS CLI shows Base32StringSeed encoded in base64 once more: decode it first (base64 -d), or use --outfile',
          ])
        : new Failure('usage', 'the seed is not base32: only the letters A to Z and the digits 2 to 7 may occur', hint)
    }
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
    let url: URL
    try {
      url = new URL(link)
    } catch {
      throw new Failure('usage', 'the otpauth link cannot be read', hint)
    }
    if (url.host.toLowerCase() !== 'totp') {
      throw new Failure('usage', 'the otpauth link is not of the type totp', 'AWS devices are TOTP devices')
    }
    expectParameter(url, 'algorithm', 'SHA1', (value) => value.toUpperCase().replace('-', '') === 'SHA1')
    expectParameter(url, 'digits', '6', (value) => value === '6')
    expectParameter(url, 'period', '30', (value) => value === '30')
    const secrets = url.searchParams.getAll('secret')
    if (secrets.length !== 1) {
      throw new Failure('usage', 'the otpauth link must hold exactly one secret', hint)
    }
    return Seed.#fromBase32(secrets[0] ?? '')
  }
}

function expectParameter(url: URL, name: string, expected: string, fits: (value: string) => boolean): void {
  for (const value of url.searchParams.getAll(name)) {
    if (!fits(value)) {
      throw new Failure(
        'usage',
        `the otpauth link asks for another ${name} than ${expected}`,
        'AWS devices use SHA1, 6 digits and 30 seconds: this link belongs to another service',
      )
    }
  }
}

function looksLikeBase64(text: string): boolean {
  return /^[A-Za-z0-9+/\s]+={0,2}$/.test(text) && /[a-z]/.test(text) && /[A-Z]/.test(text)
}
