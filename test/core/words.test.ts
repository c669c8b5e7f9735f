import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isCode, parseCode } from '../../src/core/code.js'
import { inWords, parseDurationSeconds, parseTimeSpan } from '../../src/core/duration.js'
import { expirationOf, isFresh } from '../../src/core/freshness.js'
import { localTime } from '../../src/core/localTime.js'
import { parseProfileName } from '../../src/core/profileName.js'
import { isVirtual, parseSerialNumber } from '../../src/core/serialNumber.js'
import { failsWith } from '../support/failsWith.js'

test('a code is six ASCII digits and keeps its leading zeros', async () => {
  assert.equal(parseCode('012345'), '012345')
  for (const bad of [
    '',
    ' ',
    '12345',
    '1234567',
    '12345a',
    '123 4567',
    '123.456',
    '123_456',
    '²²²²²²',
    '１２３４５６',
  ]) {
    await failsWith('usage', /six digits/, () => parseCode(bad))
  }
})

test('a code is taken with the gap that apps show and copy', () => {
  for (const shown of [
    '844 806',
    '844-806',
    '84 48 06',
    '844\u00a0806',
    '844\u202f806',
    '844\u2011806',
    ' 844806\n',
    '\u200e844806',
  ]) {
    assert.equal(parseCode(shown), '844806')
    assert.ok(!isCode(shown))
  }
})

test('a session lasts 900 to 129600 whole seconds', async () => {
  assert.equal(parseDurationSeconds('900', 'x'), 900)
  assert.equal(parseDurationSeconds('129600', 'x'), 129_600)
  for (const bad of ['899', '129601', '0', '-900', '1e4', '900.0', '', 'abc', ' 900', '99999999999999999999']) {
    await failsWith('usage', /900 to 129600/, () => parseDurationSeconds(bad, '--duration-seconds'))
  }
})

test('a time span is written with units or as seconds', async () => {
  assert.equal(parseTimeSpan('90', 'x'), 90)
  assert.equal(parseTimeSpan('90m', 'x'), 5400)
  assert.equal(parseTimeSpan('1h30m', 'x'), 5400)
  assert.equal(parseTimeSpan('1d', 'x'), 86_400)
  for (const bad of ['', 'h', '1x', '-1h', '1h 30m', '1.5h']) {
    await failsWith('usage', /no length of time/, () => parseTimeSpan(bad, '--min-remaining'))
  }
})

test('a length of time is told in two units at most', () => {
  assert.equal(inWords(0), '0 s')
  assert.equal(inWords(59.9), '59 s')
  assert.equal(inWords(60), '1 min')
  assert.equal(inWords(43_080), '11 h 58 min')
  assert.equal(inWords(43_199), '12 h')
  assert.equal(inWords(43_200), '12 h')
  assert.equal(inWords(129_600), '1 d 12 h')
  assert.equal(inWords(-5), '0 s')
})

test('serial numbers of virtual devices and hardware tokens are taken in every partition', () => {
  for (const serial of [
    'arn:aws:iam::123456789012:mfa/alice',
    'arn:aws:iam::123456789012:mfa/team/alice@example.com',
    'arn:aws-cn:iam::123456789012:mfa/alice',
    'arn:aws-us-gov:iam::123456789012:mfa/alice',
    'arn:aws-eusc:iam::123456789012:mfa/alice',
  ]) {
    assert.equal(parseSerialNumber(` ${serial} `, 'x'), serial)
    assert.ok(isVirtual(serial))
  }
  assert.equal(parseSerialNumber('GAHT12345678', 'x'), 'GAHT12345678')
  assert.ok(!isVirtual('GAHT12345678'))
})

test('known mistakes with serial numbers are explained', async () => {
  const user = await failsWith('usage', /ARN of a user/, () =>
    parseSerialNumber('arn:aws:iam::123456789012:user/eng/alice', '--serial-number'),
  )
  assert.match(user.hints.join(), /arn:aws:iam::123456789012:mfa\/alice/)
  await failsWith('usage', /security key or passkey/, () =>
    parseSerialNumber('arn:aws:iam::123456789012:u2f/user/alice/key-ABC', 'x'),
  )
  await failsWith('act', /SMS/, () => parseSerialNumber('arn:aws:iam::123456789012:sms-mfa/alice', 'x', 'act'))
  for (const bad of [
    '',
    'short',
    'arn:aws:iam::12345:mfa/alice',
    'arn:aws:iam::123456789012:mfa/',
    'a b c d e f g h i',
    'GAHT:12345678',
  ]) {
    await failsWith('usage', /not a serial number/, () => parseSerialNumber(bad, '--serial-number'))
  }
})

test('profile names keep to what every AWS tool reads', async () => {
  assert.equal(parseProfileName('my-org/prod.admin@eu', 'x'), 'my-org/prod.admin@eu')
  for (const bad of ['', 'a b', 'a]', 'a\n[default]', '#a', 'ä', 'DEFAULT', '__proto__']) {
    await failsWith('usage', /--mfa-profile-name/, () => parseProfileName(bad, '--mfa-profile-name'))
  }
})

const keys = { aws_access_key_id: 'ASIA', aws_secret_access_key: 's', aws_session_token: 't' }
const written: [string, string, string][] = [
  ['awsmfa and others', 'x_security_token_expires', '2026-11-22T10:00:00Z'],
  ['saml2aws', 'x_security_token_expires', '2026-11-22T12:00:00+02:00'],
  ['a zone without a colon', 'aws_session_expiration', '2026-11-22T10:00:00+0000'],
  ['no zone at all', 'expiration', '2026-11-22 10:00:00'],
  ['microseconds', 'x_security_token_expires', '2026-11-22T10:00:00.123456Z'],
]
for (const [who, key, text] of written) {
  test(`the end of a session is read as ${who} write it`, () => {
    assert.equal(
      expirationOf({ ...keys, [key]: text })
        ?.toISOString()
        .slice(0, 19),
      '2026-11-22T10:00:00',
    )
  })
}

test('a session of which part is missing, or whose end is unknown, counts as none', () => {
  assert.equal(expirationOf(undefined), undefined)
  assert.equal(expirationOf(keys), undefined)
  assert.equal(expirationOf({ ...keys, x_security_token_expires: 'soon' }), undefined)
  assert.equal(expirationOf({ ...keys, x_security_token_expires: '2026-13-45T99:00:00Z' }), undefined)
  assert.equal(expirationOf({ aws_access_key_id: 'ASIA', x_security_token_expires: '2026-11-22T10:00:00Z' }), undefined)
})

test('fresh means that more than half is left, or more than the person asks for', () => {
  const now = new Date('2026-11-22T10:00:00Z')
  const inSeconds = (seconds: number) => new Date(now.getTime() + seconds * 1000)
  assert.ok(isFresh(inSeconds(21_601), now, 43_200, undefined))
  assert.ok(!isFresh(inSeconds(21_600), now, 43_200, undefined))
  assert.ok(isFresh(inSeconds(3_601), now, 43_200, 3_600))
  assert.ok(!isFresh(inSeconds(40_000), now, 43_200, 41_000))
  assert.ok(!isFresh(undefined, now, 43_200, 0))
  assert.ok(!isFresh(inSeconds(-1), now, 43_200, 0))
})

test('local time names its zone', () => {
  assert.match(localTime(new Date('2026-11-22T10:00:00Z')), /^2026-11-2[123] \d\d:\d\d [+-]\d\d:\d\d$/)
})
