import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { isMigrationLink, readMigrationLink } from '../../src/core/otpauth.js'
import { Failure } from '../../src/errors.js'
import { failsWith } from '../support/failsWith.js'
import { aliceSecret, type ExportedAccount, migrationLink } from '../support/migrationLink.js'

const seed = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
const alice: ExportedAccount = { secret: aliceSecret, name: 'alice@123456789012', issuer: 'Amazon Web Services' }
const aws = (changes: Partial<ExportedAccount>) =>
  readMigrationLink(migrationLink([{ ...alice, ...changes }])).accounts[0]

test('an export yields its accounts with their seeds', () => {
  const { accounts, parts } = readMigrationLink(migrationLink([alice, { ...alice, name: 'bob', issuer: '' }]))
  assert.equal(parts, 1)
  assert.deepEqual(
    accounts.map((account) => [account.label, account.seed().reveal()]),
    [
      ['Amazon Web Services:alice@123456789012', seed],
      ['bob', seed],
    ],
  )
})

test('an issuer that the name begins with is not said twice', () => {
  assert.equal(aws({ name: 'Amazon Web Services:alice' })?.label, 'Amazon Web Services:alice')
})

test('an export of several QR codes says how many', () => {
  assert.equal(readMigrationLink(migrationLink([alice], 3)).parts, 3)
})

test('values that were not told are the usual ones', () => {
  assert.equal(aws({ algorithm: 0, digits: 0, type: 0 })?.seed().reveal(), seed)
})

test('a secret of 40 bytes, as AWS makes them, and base64 with every character are read', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 64 }), fc.string(), (bytes, name) => {
      const account = aws({ secret: Buffer.from(bytes), name, issuer: '' })
      assert.equal(account?.label, Buffer.from(name).toString())
      assert.equal(decodedBase32(account?.seed().reveal() ?? ''), Buffer.from(bytes).toString('hex'))
    }),
  )
})

test('a link whose base64 was not percent-encoded, or with base64 cut of its padding, is read', () => {
  const link = migrationLink([alice])
  for (const text of [
    decodeURIComponent(link),
    link.replace(/(%3D)+$/, ''),
    ` ${link}\r\n`,
    link.replace('otpauth', 'OTPAUTH'),
  ]) {
    assert.ok(isMigrationLink(text))
    assert.equal(readMigrationLink(text).accounts[0]?.seed().reveal(), seed)
  }
})

test('a link whose + were taken for blanks is read', () => {
  const link = decodeURIComponent(migrationLink([{ ...alice, secret: Buffer.alloc(20, 0xfb) }]))
  assert.match(link, /\+/)
  const [account] = readMigrationLink(link.replaceAll('+', ' ')).accounts
  assert.equal(decodedBase32(account?.seed().reveal() ?? ''), 'fb'.repeat(20))
})

test('fields of a fixed width, which nobody knows, are passed over', () => {
  const whole = Buffer.from(decodeURIComponent(migrationLink([alice]).split('data=')[1] ?? ''), 'base64')
  const eight = Buffer.from([9 * 8 + 1, 1, 2, 3, 4, 5, 6, 7, 8])
  const four = Buffer.from([9 * 8 + 5, 0xff, 0xff, 0xff, 0xff])
  const read = (...parts: Buffer[]) =>
    readMigrationLink(`otpauth-migration://offline?data=${encodeURIComponent(Buffer.concat(parts).toString('base64'))}`)
  assert.equal(read(four, whole, eight).accounts[0]?.seed().reveal(), seed)
  for (const cut of [eight.subarray(0, -1), four.subarray(0, -1), Buffer.from([9 * 8 + 3]), Buffer.from([9 * 8 + 7])]) {
    assert.throws(() => read(whole, cut), /cannot be read/)
  }
})

const foreign: [string, Partial<ExportedAccount>, RegExp][] = [
  ['SHA-256', { algorithm: 2 }, /another algorithm/],
  ['eight digits', { digits: 2 }, /another number of digits/],
  ['codes that count', { type: 1 }, /HOTP/],
  ['a short secret', { secret: Buffer.from('0123456789') }, /shorter than 16 bytes/],
  ['no secret', { secret: Buffer.alloc(0) }, /empty/],
]
for (const [name, changes, message] of foreign) {
  test(`an account with ${name} is listed, and is no AWS device`, async () => {
    const account = aws(changes)
    assert.equal(account?.label, 'Amazon Web Services:alice@123456789012')
    await failsWith('usage', message, () => account?.seed())
  })
}

test('an account does not print its secret', () => {
  const account = aws({})
  const shown = `${inspect(account, { showHidden: true, depth: 9 })}${JSON.stringify(account)}`
  for (const secret of [seed, aliceSecret.toString('hex'), '48 65 6c', '72, 101', aliceSecret.toString('base64')]) {
    assert.ok(!shown.includes(secret), shown)
  }
})

const unreadable = ['', '?data=', '?data=%', '?data=%ff', '?data=AAAA', '?data=CgU', '?date=x', '?data=////////']
for (const text of unreadable) {
  test(`otpauth-migration://offline${text} is no export`, async () => {
    await failsWith('usage', /export of Google Authenticator (cannot be read|holds no account)/, () =>
      readMigrationLink(`otpauth-migration://offline${text}`),
    )
  })
}

test('an export that is cut or broken anywhere is read or refused, and never a bug', () => {
  const whole = Buffer.from(decodeURIComponent(migrationLink([alice]).split('data=')[1] ?? ''), 'base64')
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, value) => {
      const broken = Buffer.from(whole)
      broken[at] = value
      for (const bytes of [broken, whole.subarray(0, at), broken.subarray(at)]) {
        try {
          readMigrationLink(`otpauth-migration://offline?data=${encodeURIComponent(bytes.toString('base64'))}`)
        } catch (error) {
          assert.ok(error instanceof Failure, String(error))
        }
      }
    }),
  )
})

/** Slow and simple, and not the code under test's library. */
function decodedBase32(text: string): string {
  let bits = ''
  for (const character of text)
    bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(character).toString(2).padStart(5, '0')
  return (bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2).toString(16).padStart(2, '0')).join('')
}
