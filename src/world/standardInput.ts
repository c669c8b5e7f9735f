import type { Readable } from 'node:stream'
import type { StandardInput } from '../world.js'

const mostBytes = 65_536

/** @param stream - `process.stdin`, touched only when something is read: a paused stdin does not keep the process alive */
export function makeStandardInput(stream: () => Readable & { isTTY?: boolean }): StandardInput {
  return {
    get isTerminal() {
      return stream().isTTY === true
    },
    async firstLine() {
      let text = ''
      for await (const chunk of stream()) {
        text += String(chunk)
        if (/\S[^\n]*\n/.test(text) || text.length > mostBytes) break
      }
      return text.split(/\r?\n/).find((line) => line.trim() !== '') ?? ''
    },
  }
}
