import { constants, openSync } from 'node:fs'
import { Readable } from 'node:stream'
import { ReadStream } from 'node:tty'
import type { TtyInput } from './ttyInput.js'

declare const Bun: { file(descriptor: number): { stream(): ReadableStream<Uint8Array> } }

/**
 * Bun's own ReadStream waits for a terminal in a thread that nothing ends: what is typed at the next prompt, it would take
 * and throw away (Bun 1.4.5). So it sets the modes only, and a stream that can be told to stop reads.
 */
export function openTtyInput(device: string): TtyInput {
  const modes = new ReadStream(openSync(device, 'r'))
  const reader = Bun.file(openSync(device, constants.O_RDONLY | constants.O_NONBLOCK))
    .stream()
    .getReader()
  const input = new Readable({
    read() {
      reader.read().then(
        ({ value }) => input.push(value === undefined ? null : Buffer.from(value)),
        (error) => input.destroy(error),
      )
    },
    destroy(error, done) {
      modes.destroy()
      reader.cancel().then(() => done(error), done)
    },
  })
  return Object.assign(input, { setRawMode: (on: boolean) => modes.setRawMode(on) })
}
