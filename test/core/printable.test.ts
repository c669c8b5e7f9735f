import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { printable } from '../../src/core/printable.js'

suite('printable', () => {
  test('spells out escape sequences, also the one-byte kind', () => {
    assert.equal(printable('a\x1b[31mred\x07'), 'a\\u{1b}[31mred\\u{7}')
    assert.equal(printable('\x9b31m\x7f'), '\\u{9b}31m\\u{7f}')
  })

  test('makes one line of many', () => {
    assert.equal(printable('first\r\n\tsecond\u2028third\u0085fourth\n'), 'first second third fourth')
  })

  test('spells out what turns or hides text, and halves of characters', () => {
    assert.equal(printable('\u202egnp.exe\u200b\ud800'), '\\u{202e}gnp.exe\\u{200b}\\u{d800}')
  })

  test('leaves the words of any language alone', () => {
    const text = 'profile “prod–東京”, Zoë’s café: 20 % … 🔑'
    assert.equal(printable(text), text)
  })

  test('never lets a character through that a terminal obeys', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        assert.doesNotMatch(printable(text), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
      }),
    )
  })
})
