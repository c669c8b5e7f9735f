import { openSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { ReadStream } from 'node:tty'

/** What is typed on a terminal device. */
export type TtyInput = Pick<Readable, 'on' | 'once' | 'setEncoding' | 'destroy'> & Pick<ReadStream, 'setRawMode'>

export function openTtyInput(device: string): TtyInput {
  return new ReadStream(openSync(device, 'r'))
}
