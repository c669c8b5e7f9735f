import { encodeQR } from 'qr'

/** The margin in modules that scanners may rely on (ISO/IEC 18004 §5.3.8). */
const quietZone = 4
/** Black on white whatever the terminal's theme is: entries 16 and 231 of the palette of 256 are fixed colours. */
const [begin, end] = ['\x1b[38;5;16m\x1b[48;5;231m', '\x1b[0m']

/**
 * Draws a QR code for a terminal, two rows of modules in one line of text.
 *
 * @param text - what the code says; with a seed in it the drawing is a secret too
 * @returns lines of half blocks with colours, each as wide as the code; 57 columns and 29 lines for an AWS device's link
 */
export function drawQr(text: string): string {
  const rows = encodeQR(text, 'raw', { ecc: 'low', border: quietZone })
  const lines: string[] = []
  for (let row = 0; row < rows.length; row += 2) {
    const upper = rows[row] ?? []
    const lower = rows[row + 1] ?? []
    lines.push(`${begin}${upper.map((dark, column) => halfBlock(dark, lower[column] ?? false)).join('')}${end}`)
  }
  return lines.join('\n')
}

function halfBlock(upper: boolean, lower: boolean): string {
  if (upper) return lower ? '█' : '▀'
  return lower ? '▄' : ' '
}
