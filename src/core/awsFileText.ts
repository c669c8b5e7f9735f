import { type Line, strip } from './awsFileScan.js'

/* The lines of an edited file, put together again. */

/** A file that ends in a blank line, as the Go tool leaves them, gets one behind the new section, too. */
export function append(lines: Line[], section: readonly string[], end: string): void {
  const last = lines.at(-1)
  const added = section.map((text) => ({ text, end }))
  if (last === undefined) lines.push(...added)
  else if (last.end !== '' && strip(last.text) === '') lines.push(...added, { text: '', end })
  else lines.push({ text: '', end: last.end }, ...added)
}

/** Whether the file's last line is not ended. It stays so. */
export function isOpen(lines: readonly Line[]): boolean {
  return lines.at(-1)?.end === ''
}

/** @param end - of lines that have none yet */
export function join(lines: readonly Line[], end: string, open: boolean): string {
  const ended = lines.map(
    (line, index) => line.text + (open && index === lines.length - 1 && line.text !== '' ? '' : line.end || end),
  )
  return encoded(ended.join(''))
}

/** Lines as the bytes of a file, each as it is: for who moves whole lines. */
export function textOf(lines: readonly Line[]): string {
  return encoded(lines.map(({ text, end }) => text + end).join(''))
}

function encoded(text: string): string {
  return /[\x80-\uffff]/.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text
}
