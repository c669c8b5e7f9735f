import assert from 'node:assert/strict'
import { PassThrough, Readable } from 'node:stream'
import { test } from 'node:test'
import { makeStandardInput, sayReading } from '../../src/world/standardInput.js'
import { failsWith } from '../support/failsWith.js'

function standardInput(stream: Readable, onWait = () => {}) {
  return makeStandardInput({ stream: () => stream, onWait, patienceMs: 1 })
}

test('everything is read, to the end, as bytes', async () => {
  const pieces = [Buffer.from('first\n'), Buffer.from([0xff, 0xfe]), Buffer.from('second\n')]
  assert.deepEqual(Buffer.from(await standardInput(Readable.from(pieces)).read()), Buffer.concat(pieces))
  assert.equal((await standardInput(Readable.from([])).read()).length, 0)
})

test('says that it waits, when neither a seed nor the end of it comes', async () => {
  for (const already of ['', 'JBSW\n']) {
    const stream = new PassThrough()
    if (already !== '') stream.write(already)
    let waits = 0
    const read = standardInput(stream, () => {
      waits += 1
      stream.end('rest')
    }).read()
    assert.equal(String(await read), `${already}rest`)
    assert.equal(waits, 1)
  }
})

test('says what it waits for, and without a terminal that typing would show the seed', () => {
  const said: string[] = []
  const say = (line: string) => void said.push(line)
  sayReading({ interactive: true, say })
  assert.deepEqual(said, ['reading the seed from standard input, up to its end'])
  sayReading({ interactive: false, say })
  assert.match(
    said[2] ?? '',
    /^hint: there is no terminal here, so what you type would be shown: use ssh -t, or winpty/,
  )
})

test('more than any seed is refused, and an end that never comes is not waited for', async () => {
  async function* endless() {
    for (;;) yield Buffer.alloc(10_000, 'A')
  }
  await failsWith('usage', /^standard input holds more than 64 KiB/, () =>
    standardInput(Readable.from(endless())).read(),
  )
})

test('a standard input that cannot be read is a failure and no bug', async () => {
  const broken = new Readable({ read: () => void broken.destroy(new Error('EISDIR')) })
  await failsWith('act', /^standard input cannot be read$/, () => standardInput(broken).read())
})
