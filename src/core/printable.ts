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
