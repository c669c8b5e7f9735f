import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { clockOffset, type RawCredentials, readSession, Session } from '../../src/core/session.js'

const now = new Date('2026-01-31T12:00:00Z')
const good = {
  AccessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  SecretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  SessionToken: 'IQoJb3JpZ2luX2Vj/+aaaa==',
  Expiration: new Date('2026-01-31T13:00:00Z'),
}

describe('readSession', () => {
  test('believes a whole answer, and a token of any length', () => {
    const session = readSession({ ...good, SessionToken: 'x'.repeat(100_000) }, now, 3600)
    assert.ok(session instanceof Session)
    assert.equal(session.reveal().sessionToken.length, 100_000)
    assert.equal(session.expiration, good.Expiration)
  })

  const bad: [string, RawCredentials | undefined, RegExp][] = [
    ['no credentials', undefined, /no credentials/],
    ['empty credentials', {}, /AccessKeyId/],
    ['no key id', { ...good, AccessKeyId: undefined }, /AccessKeyId/],
    ['a short key id', { ...good, AccessKeyId: 'ASIA123' }, /AccessKeyId/],
    ['a key id with a line end', { ...good, AccessKeyId: `${good.AccessKeyId}\n` }, /AccessKeyId/],
    ['a key id with a dash', { ...good, AccessKeyId: 'ASIA-IOSFODNN7-EXAMPLE' }, /AccessKeyId/],
    ['an endless key id', { ...good, AccessKeyId: `ASIA${'A'.repeat(125)}` }, /AccessKeyId/],
    ["the key id of a user's own keys", { ...good, AccessKeyId: 'AKIAI44QH8DHBEXAMPLE' }, /long-term keys/],
    ['the last year that there is', { ...good, Expiration: new Date('9999-12-31T23:59:59Z') }, /later than what/],
    ['a second too much', { ...good, Expiration: new Date(now.getTime() + 4_500_001) }, /later than what/],
    ['no secret', { ...good, SecretAccessKey: '' }, /SecretAccessKey/],
    ['a secret with a blank', { ...good, SecretAccessKey: 'a b' }, /SecretAccessKey/],
    ['no token', { ...good, SessionToken: undefined }, /SessionToken/],
    ['an empty token', { ...good, SessionToken: '' }, /SessionToken/],
    ['a token with a line end', { ...good, SessionToken: 'a\n[default]' }, /SessionToken/],
    ['a token with a carriage return at its end', { ...good, SessionToken: 'a\r' }, /SessionToken/],
    ['a token with a zero byte', { ...good, SessionToken: 'a\0' }, /SessionToken/],
    ['a token with DEL', { ...good, SessionToken: 'a\x7f' }, /SessionToken/],
    ['a token that is not ASCII', { ...good, SessionToken: 'ä' }, /SessionToken/],
    ['no expiry', { ...good, Expiration: undefined }, /Expiration/],
    ['an expiry that is no time', { ...good, Expiration: new Date(Number.NaN) }, /Expiration/],
    ['a past expiry', { ...good, Expiration: new Date('2001-01-01T00:00:00Z') }, /Expiration/],
    ['an expiry in less than a minute', { ...good, Expiration: new Date(now.getTime() + 59_999) }, /Expiration/],
  ]
  for (const [title, credentials, why] of bad) {
    test(`does not believe ${title}, and repeats no value`, () => {
      const answer = readSession(credentials, now, 3600)
      assert.equal(typeof answer, 'string')
      assert.match(String(answer), why)
    })
  }

  for (const AccessKeyId of ['LSIAQAAAAAAVNCBMPNSG', 'asiaiosfodnn7example', 'FKIA_TESTING_00001']) {
    test(`believes a key id as AWS's API allows it: ${AccessKeyId}`, () => {
      assert.ok(readSession({ ...good, AccessKeyId }, now, 3600) instanceof Session)
    })
  }

  test('believes an expiry that is later than asked for by as much as clocks may differ', () => {
    assert.ok(readSession({ ...good, Expiration: new Date(now.getTime() + 4_500_000) }, now, 3600) instanceof Session)
  })

  test('believes an expiry just over a minute away', () => {
    assert.ok(readSession({ ...good, Expiration: new Date(now.getTime() + 60_000) }, now, 3600) instanceof Session)
  })
})

describe('clockOffset', () => {
  const date = 'Sat, 31 Jan 2026 12:00:00 GMT'
  const at = now.getTime()

  test('compares the middle of the call with the middle of the second that AWS names', () => {
    assert.equal(clockOffset({ date }, at - 500, at + 1_500), 0)
    assert.equal(clockOffset({ date }, at - 90_000, at - 89_000), 90_000)
    assert.equal(clockOffset({ date }, at + 3_600_000, at + 3_601_000), -3_600_000)
  })

  test('is unknown without a readable date, from a cache, or when the machine slept in between', () => {
    assert.equal(clockOffset({}, at, at), undefined)
    assert.equal(clockOffset({ date: 'yesterday' }, at, at), undefined)
    assert.equal(clockOffset({ date, age: '0' }, at, at), undefined)
    assert.equal(clockOffset({ date }, at, at + 900_001), undefined)
    assert.equal(clockOffset({ date }, at, at - 1), undefined)
  })

  test('is unknown when it would be so great that no certificate could have been trusted', () => {
    for (const impossible of ['Fri, 31 Dec 9999 23:59:59 GMT', 'Thu, 01 Jan 1970 00:00:00 GMT']) {
      assert.equal(clockOffset({ date: impossible }, at, at), undefined)
    }
  })
})
