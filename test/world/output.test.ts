import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { absent } from '../support/parts.js'

const written = new URL('../../src/world/output.js', import.meta.url).href
const script = `const { output } = await import(${JSON.stringify(written)})
  const out = output(1)
  out.on('error', ({ code }) => process.stderr.write(code))
  out.write('a'.repeat(1 << 20))
  out.write('the end')`
/** A pipe that another program has made non-blocking, as Node does with its own, takes no more when it is full. */
const nonBlocking = 'import os, sys; os.set_blocking(1, False); os.execv(sys.argv[1], sys.argv[1:])'

test('all of an answer comes through a pipe that is full for a while', { skip: absent('python3') }, async () => {
  const node = [process.execPath, '--input-type=module', '-e', script]
  const child = spawn('python3', ['-c', nonBlocking, ...node], { stdio: ['ignore', 'pipe', 'pipe'] })
  // Nobody reads meanwhile.
  await setTimeout(500)
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
  })
  const [code] = await once(child, 'close')
  assert.deepEqual([code, text.length, text.slice(-8)], [0, (1 << 20) + 7, 'athe end'])
})

test('a reader that has gone is told once, by its code, and ends nothing', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.destroy()
  let told = ''
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    told += piece
  })
  const [code] = await once(child, 'close')
  assert.deepEqual([code, told.slice(0, 5)], [0, 'EPIPE'])
})
