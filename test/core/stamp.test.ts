import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { formatStamp, stampFor, stampForFailure, type Watched } from '../../src/core/stamp.js'

const now = new Date('2026-11-22T10:00:00Z')
const later = (minutes: number) => new Date(now.getTime() + minutes * 60_000)
const good: Watched = {
  mfaProfile: 'mfa',
  expiration: later(720),
  renewal: later(360),
  typed: false,
  failure: undefined,
}
const none = { expiration: undefined, renewal: new Date(0) }
const failed = (kind: 'act' | 'retry', at: Date, message = 'the keychain is locked'): Watched['failure'] => ({
  at: at.toISOString(),
  kind,
  reason: kind,
  message,
  hints: ['unlock it'],
})

suite('stamp', () => {
  const dues: readonly (readonly [string, readonly Watched[], number | Date, number?])[] = [
    ['a session is due when it is to be renewed', [good], later(360)],
    ['the first of several is what counts', [good, { ...good, renewal: later(40) }], later(40)],
    ['on a clock that is behind it is due earlier by that clock', [good], later(350), 600_000],
    ['without a session a refresh is due at once', [{ ...good, ...none }], 0],
    [
      'what may pass by itself is tried again after 5 minutes',
      [{ ...good, expiration: later(-9), renewal: later(-369), failure: failed('retry', later(-1)) }],
      later(4),
    ],
    [
      'what a person must mend is tried again after 30 minutes',
      [{ ...good, ...none, failure: failed('act', now) }],
      later(30),
    ],
    ['a failure never makes a good session due earlier', [{ ...good, failure: failed('act', now) }], later(360)],
    [
      'a failure noted in the future, by a clock set back since, counts as one of now',
      [{ ...good, expiration: later(0), renewal: later(-360), failure: failed('retry', later(9999)) }],
      later(5),
    ],
    [
      'a typed session counts when it ends, so that the person is told',
      [good, { ...good, typed: true, expiration: later(20) }],
      later(20),
    ],
    [
      'a typed session that has ended is no reason for a run',
      [good, { ...good, typed: true, expiration: later(-20) }],
      later(360),
    ],
    ['with nothing to renew the next look is in 30 minutes', [], later(30)],
  ]
  for (const [title, profiles, due, offsetMs = 0] of dues) {
    test(title, () => assert.deepEqual(stampFor(profiles, now, offsetMs).due, new Date(due)))
  }

  test('the first line is the second, rounded up, and the second line is empty when nobody is needed', () => {
    assert.equal(formatStamp({ due: new Date(1_763_800_000_001), attention: undefined }), '1763800001\n\n')
  })

  test('a failure that a person must mend stands in the second line', () => {
    const text = formatStamp(stampFor([{ ...good, failure: failed('act', now) }], now, 0))
    assert.equal(
      text.split('\n')[1],
      'awsmfa: profile mfa needs you: the keychain is locked; hint: unlock it (more: awsmfa status)',
    )
  })

  test('several of them are one line, which counts the others', () => {
    const bad = { ...good, failure: failed('act', now) }
    const { attention } = stampFor([bad, { ...bad, mfaProfile: 'work' }, good], now, 0)
    assert.equal(
      attention,
      'awsmfa: profile mfa needs you: the keychain is locked; hint: unlock it (1 more) (more: awsmfa status)',
    )
  })

  test('a failure that may pass by itself bothers nobody', () => {
    assert.equal(stampFor([{ ...good, failure: failed('retry', now) }], now, 0).attention, undefined)
  })

  test('a typed session is asked for when it has ended by the clock of AWS, not before', () => {
    const token = { ...good, typed: true, expiration: later(5) }
    assert.equal(stampFor([token], now, 0).attention, undefined)
    assert.match(stampFor([token], now, 600_000).attention ?? '', /type a code: awsmfa --mfa-profile-name mfa CODE/)
  })

  test('what is said can neither drive the terminal, nor make a second line, nor show a secret', () => {
    const message = 'bad\n\x1b[2Jvalue JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
    for (const text of [
      formatStamp(stampForFailure({ message, hints: [message] }, now)),
      formatStamp(stampFor([{ ...good, failure: failed('act', now, message) }], now, 0)),
    ]) {
      assert.match(text, /^\d+\nawsmfa: .*bad \\u\{1b\}\[2Jvalue \[seed\].*\n$/)
    }
  })
})
