import type { Snapshot } from './home.js'
import type { ProcessSeen } from './runCli.js'

/** A secret is found in text even when only this many characters of it, twice less one, are there. */
const pieceLength = 8

/** Marker secrets of one sandbox, and the search for them in all that a run leaves behind or lets others see. */
export class SecretScan {
  readonly #pieces = new Map<string, string>()
  readonly #codes = new Set<string>()

  /**
   * @param what - for the message, such as `seed`
   * @param secret - long; shorter ones than a piece are ignored
   */
  add(what: string, secret: string): void {
    for (let at = 0; at + pieceLength <= secret.length; at += pieceLength) {
      this.#pieces.set(secret.slice(at, at + pieceLength).toLowerCase(), what)
    }
  }

  /** A six-digit code; found only where it stands alone, for six digits occur in many numbers. */
  addCode(code: string): void {
    this.#codes.add(code)
  }

  /** What was typed or piped as a seed, good or bad: no piece of it may be repeated. */
  addInput(input: string): void {
    const seed = /^otpauth:/.test(input) ? /[?&]secret=([^&\s]*)/.exec(input)?.[1] : input
    this.add('seed given', (seed ?? '').replace(/[\s-]/g, ''))
  }

  /** The names of the secrets that `text` holds. */
  in(text: string): string[] {
    const folded = text.toLowerCase()
    const found = [...this.#pieces].filter(([piece]) => folded.includes(piece)).map(([, what]) => what)
    const numbers = new Set(text.match(/\d+/g))
    if ([...this.#codes].some((code) => numbers.has(code))) found.push('code')
    return [...new Set(found)]
  }

  /**
   * All finds in a run, as lines that name the place and never the secret.
   *
   * @param args - the arguments that the test itself gave; these alone may stand in argv
   * @param exceptFiles - the keychain and the credentials file, where secrets belong
   */
  finds(
    seen: {
      readonly output: Readonly<Record<string, string>>
      readonly processes: readonly ProcessSeen[]
      readonly files: Snapshot
    },
    args: readonly string[],
    exceptFiles: readonly string[],
  ): string[] {
    const places: [string, string][] = Object.entries(seen.output)
    for (const { argv, environ } of seen.processes) {
      places.push([`argv of ${argv[0]}`, argv.filter((each) => !args.includes(each)).join('\n')])
      places.push([`environment of ${argv[0]}`, environ.join('\n')])
    }
    for (const [name, content] of Object.entries(seen.files)) {
      if (!exceptFiles.includes(name)) places.push([`file ${name}`, `${name}\n${content}`])
    }
    return places.flatMap(([place, text]) => this.in(text).map((what) => `${what} in ${place}`))
  }
}
