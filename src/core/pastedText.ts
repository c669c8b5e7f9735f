import { Failure } from '../errors.js'

/** Characters without a picture: zero-width ones, marks of direction, byte order marks, variation selectors. */
const invisible = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu
/** What may stand between the characters of a seed or a code: they too, blanks, and hyphens of all kinds. */
const gap = /[\p{Cf}\p{Default_Ignorable_Code_Point}\s\p{Pd}\u2212]/gu

/** The text without what web pages, word processors and apps put between its characters. */
export function withoutGaps(text: string): string {
  return text.replace(gap, '')
}

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
