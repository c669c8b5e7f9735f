import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { TypedLine } from '../../src/core/typedLine.js'

/** What the line is, and what the last key did, after these pieces arrived. */
function typed(...pieces: string[]): [string | undefined, string] {
  const line = new TypedLine()
  let end = 'more'
  for (const piece of pieces) end = line.type(piece)
  return [line.text, end]
}

function surplus(...pieces: string[]): boolean {
  const line = new TypedLine()
  for (const piece of pieces) line.type(piece)
  return line.surplus
}

suite('TypedLine', () => {
  test('ends at Enter, whichever line end that is', () => {
    assert.deepEqual(typed('ab', 'c\r'), ['abc', 'entered'])
    assert.deepEqual(typed('abc\n'), ['abc', 'entered'])
    assert.deepEqual(typed('abc'), ['abc', 'more'])
  })

  test('notices what a paste holds after its first line, and keeps it out of the line', () => {
    for (const pieces of [['abc\rrm -rf ~\r'], ['abc\r', '\x7f\x15x'], ['abc\r', '\r\n', ' x']]) {
      assert.deepEqual(typed(...pieces), ['abc', 'entered'])
      assert.ok(surplus(...pieces), JSON.stringify(pieces))
    }
    assert.deepEqual(typed('abc\rx', '\x03'), ['abc', 'interrupted'])
  })

  test('takes line ends, blanks and the closing bracket of a paste after the line for nothing', () => {
    for (const pieces of [['abc\r\n'], ['abc\r', '\r'], ['\x1b[200~abc\r', '\x1b[201', '~'], ['abc\n \t\x04\x00']]) {
      assert.deepEqual(typed(...pieces), ['abc', 'entered'])
      assert.ok(!surplus(...pieces), JSON.stringify(pieces))
    }
  })

  test('edits: Backspace, Ctrl-U, Ctrl-W', () => {
    assert.deepEqual(typed('abx\x7fc\by\r'), ['aby', 'entered'])
    assert.deepEqual(typed('\x7f\x7fa\r'), ['a', 'entered'])
    assert.deepEqual(typed('wrong\x15right\r'), ['right', 'entered'])
    assert.deepEqual(typed('one two  \x17three\r'), ['one three', 'entered'])
  })

  test('Backspace takes a whole character, whatever its size in memory', () => {
    assert.deepEqual(typed('a🔑\x7fb\r'), ['ab', 'entered'])
  })

  test('Ctrl-D ends the input only on an empty line', () => {
    assert.deepEqual(typed('\x04'), ['', 'ended'])
    assert.deepEqual(typed('a\x7f\x04'), ['', 'ended'])
    assert.deepEqual(typed('a\x04'), ['a', 'more'])
  })

  test('Ctrl-C interrupts at once', () => {
    assert.deepEqual(typed('abc\x03'), ['abc', 'interrupted'])
  })

  test('drops the brackets around a paste, arrow keys and other sequences, also when they arrive in pieces', () => {
    assert.deepEqual(typed('\x1b[200~JBSWY3DP\x1b[201~\r'), ['JBSWY3DP', 'entered'])
    assert.deepEqual(typed('a\x1b[', '1;5', 'Cb\x1bOPc\x1bxd\r'), ['abcd', 'entered'])
  })

  test('a lone Escape does not swallow Enter', () => {
    assert.deepEqual(typed('ab\x1b\r'), ['ab', 'entered'])
    assert.deepEqual(typed('ab\x1b[1\r'), ['ab', 'entered'])
  })

  test('drops other control characters', () => {
    assert.deepEqual(typed('\x00a\tb\x1a\x1cc\r'), ['abc', 'entered'])
  })

  test('refuses what is far too long instead of cutting it, and reads on to its end', () => {
    assert.deepEqual(typed('x'.repeat(4096), '\r'), ['x'.repeat(4096), 'entered'])
    assert.deepEqual(typed('x'.repeat(4097)), [undefined, 'more'])
    assert.deepEqual(typed('x'.repeat(4097), 'y\r'), [undefined, 'entered'])
    assert.deepEqual(typed('x'.repeat(4097), '\x15ok\r'), ['ok', 'entered'])
  })
})
