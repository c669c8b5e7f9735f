import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { characterInWords, printable, redact } from '../../src/core/text.js'

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

suite('redact', () => {
  test('leaves the last four characters of a key id', () => {
    assert.equal(redact('key AKIAIOSFODNN7EXAMPLE, not'), 'key …MPLE, not')
    assert.equal(redact('"ASIAIOSFODNN7EXAMPLE"'), '"…MPLE"')
  })

  test('takes the secret out of an otpauth link and leaves the rest', () => {
    assert.equal(redact('otpauth://totp/a?secret=short&issuer=AWS'), 'otpauth://totp/a?secret=[seed]&issuer=AWS')
    assert.equal(redact('u=otpauth%3A%2F%2Ftotp%2Fa%3Fsecret%3Dshort'), 'u=otpauth%3A%2F%2Ftotp%2Fa%3Fsecret%3D[seed]')
    assert.equal(redact('totp?SECRET=jbswy3dpehpk3pxp "quoted"'), 'totp?secret=[seed] "quoted"')
  })

  test('takes out base32 as long as a seed, wherever it stands', () => {
    assert.equal(redact('x=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP;'), 'x=[seed];')
    assert.equal(redact('JBSWY3DPEHPK3PXPJBSWY3DPEH'), '[seed]')
    assert.equal(redact(`seed${'JBSWY3DPEHPK3PXP'.repeat(4)}tail`), 'seed[seed]tail')
  })

  for (const harmless of [
    'arn:aws-us-gov:iam::123456789012:mfa/ALICE.THE-ADMINISTRATOR',
    'hardware token GAHT12345678',
    '/Users/alice/Library/Application Support/awsmfa/ledger.json',
    '/tmp/AWSMFA_TEST_FOLDER_WITH_A_LONG_NAME/credentials',
    'AWS_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED',
    'profile AKIA is missing, so is ASIA-PACIFIC',
    'the client secret is absent; aws_secret_access_key = is empty',
    'request 6f1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9 was refused at 2026-11-22T10:00:00Z',
    'JBSWY3DPEHPK3PXP2345ABCDE',
  ]) {
    test(`leaves alone: ${harmless}`, () => assert.equal(redact(harmless), harmless))
  }
})

test('a character is shown beside its code point, unless it has no picture or turns the text', () => {
  assert.equal(characterInWords('1'), "'1' (U+0031)")
  assert.equal(characterInWords('\u0415'), "'\u0415' (U+0415)")
  assert.equal(characterInWords('\u2011'), "'\u2011' (U+2011)")
  for (const hidden of ['\u200b', '\u00a0', '\u0301', '\u2800', '\u3164', '\u05d0', '\x1b', '\ud800']) {
    assert.match(characterInWords(hidden), /^U\+[0-9A-F]{4}$/)
  }
})
