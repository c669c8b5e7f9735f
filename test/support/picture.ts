/** Draws what a terminal shows as an SVG: no program, no font and no service but the reader's own browser is needed. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { xmlText } from '../../src/core/text.js'
import { openPty } from './pty.js'

interface Style {
  readonly bold?: boolean
  readonly dim?: boolean
  /** of the terminal's palette, 31 to 36 */
  readonly colour?: number
}

const [cell, line, margin, bar] = [8.4, 20, 20, 36] as const
/** Longer lines are broken, as a terminal breaks them. */
const columns = 114

/** Light by default, dark where the reader's system is: the palette of GitHub's own pages. */
const look = `
.window { fill: #f6f8fa; stroke: #d1d9e0 }
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #1f2328; white-space: pre }
.dim { fill: #59636e } .bold { font-weight: bold } .dot { fill: #d1d9e0 }
.c31 { fill: #d1242f } .c32 { fill: #1a7f37 } .c33 { fill: #9a6700 } .c36 { fill: #1b7c83 }
@media (prefers-color-scheme: dark) {
.window { fill: #0d1117; stroke: #3d444d }
text { fill: #f0f6fc }
.dim { fill: #9198a1 } .dot { fill: #3d444d }
.c31 { fill: #f85149 } .c32 { fill: #3fb950 } .c33 { fill: #d29922 } .c36 { fill: #39c5cf }
}`

/**
 * @param transcript - what the terminal showed, with its colours
 * @param title - what screen readers say
 */
export function drawTerminal(transcript: string, title: string): string {
  const rows = rowsOf(transcript)
  const width = Math.round(columns * cell + 2 * margin)
  const height = bar + rows.length * line + margin
  const dots = [0, 1, 2].map((index) => `<circle class="dot" cx="${margin + 4 + index * 20}" cy="20" r="6"/>`)
  const texts = rows.flatMap((row, index) =>
    row === '' ? [] : [`<text x="${margin}" y="${bar + line * index + 16}">${row}</text>`],
  )
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" xml:space="preserve">`,
    `<title>${xmlText(title)}</title>`,
    `<style>${look}\n</style>`,
    `<rect class="window" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="10"/>`,
    ...dots,
    ...texts,
    '</svg>',
  ].join('\n')}\n`
}

const esc = '\x1b'
/** A colour, a line's end, or text; other sequences do not occur. */
const pieces = new RegExp(`${esc}\\[([\\d;]*)m|(\\r?\\n)|([^${esc}\\r\\n]+)`, 'g')

/** Each line as the inside of a `<text>`. */
function rowsOf(transcript: string): string[] {
  const rows: string[] = ['']
  let style: Style = {}
  let column = 0
  const write = (text: string) => {
    const names = [style.bold && 'bold', style.dim && 'dim', style.colour && `c${style.colour}`]
      .filter(Boolean)
      .join(' ')
    rows.push(`${rows.pop()}${names === '' ? xmlText(text) : `<tspan class="${names}">${xmlText(text)}</tspan>`}`)
  }
  for (const [, codes, end, text = ''] of transcript.trimEnd().matchAll(pieces)) {
    if (codes !== undefined) style = styled(style, codes)
    else if (end !== undefined) {
      rows.push('')
      column = 0
    }
    for (let rest = text; rest !== ''; ) {
      if (column === columns) {
        rows.push('')
        column = 0
      }
      write(rest.slice(0, columns - column))
      const taken = Math.min(rest.length, columns - column)
      rest = rest.slice(taken)
      column += taken
    }
  }
  return rows
}

function styled(style: Style, codes: string): Style {
  let next = style
  for (const code of codes.split(';').map(Number)) {
    if (code === 0) next = {}
    if (code === 1) next = { ...next, bold: true }
    if (code === 2) next = { ...next, dim: true }
    if (code === 39) next = { ...(next.bold ? { bold: true } : {}), ...(next.dim ? { dim: true } : {}) }
    if (code >= 31 && code <= 36) next = { ...next, colour: code }
  }
  return next
}

/** Of a demonstration, what belongs to enrolling, renewing and looking: files and callers are told of elsewhere. */
export function mainPart(transcript: string): string {
  const parts = transcript.split(new RegExp(`\\r?\\n(?=${esc}\\[2m# )`))
  return parts.slice(1, 3).join('\r\n').trimEnd()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const demo = fileURLToPath(new URL('demo.js', import.meta.url))
  const env = { ...process.env, NO_COLOR: '', FORCE_COLOR: '1', TERM: 'xterm', TZ: 'UTC' }
  const { code, output } = await (await openPty(process.execPath, [demo], { env, cols: columns, rows: 200 })).end()
  const file = process.argv[2]
  if (code !== 0 || file === undefined) throw new Error(`the demonstration ended with ${code}:\n${output}`)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(
    file,
    drawTerminal(mainPart(output), 'A terminal: awsmfa enroll, refresh and status, and what they say'),
  )
}
