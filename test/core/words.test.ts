import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isCode, parseCode } from '../../src/core/code.js'
import { isVirtual, parseSerialNumber } from '../../src/core/iam.js'
import { parseProfileName } from '../../src/core/profile.js'
import { inWords, localTime, parseDurationSeconds, parseTimeSpan } from '../../src/core/time.js'
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

test('local time names its zone', () => {
  assert.match(localTime(new Date('2026-11-22T10:00:00Z')), /^2026-11-2[123] \d\d:\d\d [+-]\d\d:\d\d$/)
})
