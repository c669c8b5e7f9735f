/**
 * `text` as one harmless line. A profile name out of somebody's file or a server's message must neither drive the
 * person's terminal (escape sequences), nor forge a second line, nor turn text around (U+202E and its kin): line ends
 * and tabs become a blank, other control, format and surrogate characters are spelled out as `\u{1b}`.
 */
export function printable(text: string): string {
  return text
    .replace(/[\t\n\v\f\r\u0085\u2028\u2029]+/g, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
    .trimEnd()
}

/** Key ids of users and of sessions; the shape is AWS's (IAM user guide, "Understanding unique ID prefixes"). */
const accessKeyId = /(?:AKIA|ASIA)[A-Z0-9]{8,}([A-Z0-9]{4})/g
/** The `secret` parameter of an otpauth link, also when the link is percent-encoded within another. */
const linkSecret = /(?<=\b|%3F|%26)secret(=|%3D)[^&\s"']+/gi
/** 26 characters are the 16 bytes that RFC 4226 §4 asks of a seed; nothing else that we print has so many capitals. */
const base32 = /[A-Z2-7]{26,}/g

/**
 * A net under everything that is said: no message is meant to hold a secret, and if one does it is caught here.
 * Answers on stdout do not pass it. Of a key id the last four characters stay, so that people can tell keys apart.
 */
export function redact(text: string): string {
  return text
    .replace(linkSecret, 'secret$1[seed]')
    .replace(accessKeyId, (_, lastFour: string) => `…${lastFour}`)
    .replace(base32, '[seed]')
}

/** What may go to a terminal from anywhere: one harmless line without secrets. */
export function harmless(text: string): string {
  return redact(printable(text))
}

/** Text between the tags of XML, and of the markup that notifications take. */
export function xmlText(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
}

/** Between single quotes, as every POSIX shell takes it. */
export function shellQuoted(text: string): string {
  return `'${text.replace(/'/g, "'\\''")}'`
}

/**
 * How messages name a character: with its code point, for it may look like another; and by that alone where it has no
 * picture of its own, or turns the text around it.
 */
export function characterInWords(character: string | undefined): string {
  return character !== undefined && /^[!-~\p{P}\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]$/u.test(character)
    ? `'${character}' (${codePoint(character)})`
    : codePoint(character)
}

/** {@link characterInWords} for what may be a part of a secret: `U+200B`. */
export function codePoint(character: string | undefined): string {
  return `U+${character?.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`
}

/** What may stand between the characters of a seed or a code: they too, blanks, and hyphens of all kinds. */
const gap = /[\p{Cf}\p{Default_Ignorable_Code_Point}\s\p{Pd}\u2212]/gu

/** The text without what web pages, word processors and apps put between its characters. */
export function withoutGaps(text: string): string {
  return text.replace(gap, '')
}
