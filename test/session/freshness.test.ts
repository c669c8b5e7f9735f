import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Session } from '../../src/core/session.js'
import { formatInstant } from '../../src/core/time.js'
import { dueAt, enoughSeconds, fingerprint, isFresh, secondsLeft, standing } from '../../src/session/freshness.js'

const now = new Date('2026-11-22T10:00:00Z')
const inSeconds = (seconds: number) => new Date(now.getTime() + seconds * 1000)
const keys = { aws_access_key_id: 'ASIA', aws_secret_access_key: 's', aws_session_token: 't' }
const ends = (seconds: number) => ({ ...keys, x_security_token_expires: formatInstant(inSeconds(seconds)) })
const asked = 43_200

describe('the end of a session is read as it is written by', () => {
  const written: [string, string, string][] = [
    ['awsmfa and others', 'x_security_token_expires', '2026-11-22T10:00:00Z'],
    ['saml2aws', 'x_security_token_expires', '2026-11-22T12:00:00+02:00'],
    ['a zone without a colon', 'aws_session_expiration', '2026-11-22T10:00:00+0000'],
    ['no zone at all', 'expiration', '2026-11-22 10:00:00'],
    ['microseconds', 'x_security_token_expires', '2026-11-22T10:00:00.123456Z'],
  ]
  for (const [who, key, text] of written) {
    test(who, () => {
      const { session } = standing({ ...keys, [key]: text }, asked, now)
      assert.equal(session && formatInstant(session.expiration), '2026-11-22T10:00:00Z')
    })
  }
})

describe('no session is seen', () => {
  const good = ends(40_000)
  const rows: [string, Record<string, string> | undefined][] = [
    ['where there is no section', undefined],
    ['where nothing says when it ends', keys],
    ['where its end is no time', { ...keys, x_security_token_expires: 'soon' }],
    ['where its end is no day', { ...keys, x_security_token_expires: '2026-13-45T99:00:00Z' }],
    ['where a part is missing', { aws_access_key_id: 'ASIA', x_security_token_expires: '2026-11-22T10:00:00Z' }],
    ['where a tool has put the token in quotes (leapp, C1)', { ...good, aws_session_token: '"t"' }],
    ['where a value has a control character', { ...good, aws_secret_access_key: 's\ns' }],
    ['that lasts longer than any can (P2)', ends(129_600 + 3600)],
    ['in the year 9999 (P2)', { ...keys, x_security_token_expires: '9999-12-31T23:59:59Z' }],
  ]
  for (const [what, row] of rows) test(what, () => assert.equal(standing(row, asked, now).session, undefined))

  test('where something wrote another token and left the end as it was (C1)', () => {
    const session = new Session('ASIA', 's', 't', inSeconds(40_000))
    const written = { expiration: formatInstant(session.expiration), seconds: asked, print: fingerprint(session) }
    assert.ok(standing(ends(40_000), asked, now, written).session)
    for (const key of Object.keys(keys)) {
      assert.equal(standing({ ...ends(40_000), [key]: 'other' }, asked, now, written).session, undefined, key)
    }
    // With another end it is the session of another tool.
    assert.ok(standing({ ...ends(30_000), aws_session_token: 'other' }, asked, now, written).session)
  })
})

describe('fresh', () => {
  const lasting = (seconds: number, lifeSeconds = asked) => ({
    session: new Session('A', 'A', 'A', inSeconds(seconds)),
    lifeSeconds,
  })

  const rows: [string, number, number, number | undefined, number | undefined, boolean][] = [
    ['is more than half', 21_601, asked, undefined, undefined, true],
    ['is not half', 21_600, asked, undefined, undefined, false],
    ['is more than the person asks for', 3_601, asked, undefined, 3_600, true],
    ['is not less than the person asks for', 40_000, asked, undefined, 41_000, false],
    ['is not what has ended', -1, asked, undefined, 0, false],
    ['outlasts the next scheduled run', 2_101, 3_600, 30, undefined, true],
    ['is not what ends before the next scheduled run', 2_100, 3_600, 30, undefined, false],
    ['is half again where no life outlasts the next run', 451, 900, 60, undefined, true],
    ['asks for no more than AWS gives', 3_590, 3_600, undefined, 7_200, true],
    ['may ask for nearly all of it', 3_590, 3_600, undefined, 3_599, false],
    ['may ask for all of what it thinks that AWS gives', 3_590, 3_599, undefined, 3_600, false],
  ]
  for (const [what, left, life, everyMinutes, min, fresh] of rows) {
    test(what, () => assert.equal(isFresh(lasting(left, life), now, everyMinutes, min), fresh))
  }

  test('goes by the life that AWS gave, not by the one that was asked for (A9: 1 h for the root user)', () => {
    const session = new Session('ASIA', 's', 't', inSeconds(3_500))
    const written = { expiration: formatInstant(session.expiration), seconds: 3_600, print: fingerprint(session) }
    assert.equal(isFresh(standing(ends(3_500), asked, now), now, undefined), false)
    assert.equal(isFresh(standing(ends(3_500), asked, now, written), now, undefined), true)
  })

  test('is nothing that is not there', () => {
    assert.equal(isFresh({ session: undefined, lifeSeconds: asked }, now, undefined, 0), false)
  })

  test('ends at the moment that the stamp and the schedule are told', () => {
    for (const everyMinutes of [undefined, 30, 400, 1440]) {
      for (const life of [900, 3_600, asked, 129_600]) {
        const stands = lasting(life, life)
        const due = dueAt(stands, everyMinutes)
        assert.equal(isFresh(stands, new Date(due.getTime() - 1000), everyMinutes), true)
        assert.equal(isFresh(stands, due, everyMinutes), false)
        assert.equal(secondsLeft(stands.session, due), enoughSeconds(life, everyMinutes))
      }
    }
  })
})

test('a session that seems to last longer than AWS made it for is renewed: the clock was set back', () => {
  const session = new Session('ASIA', 's', 't', inSeconds(7200))
  const written = { expiration: formatInstant(session.expiration), seconds: 3600, print: fingerprint(session) }
  const back = standing(ends(7200), asked, now, written)
  assert.deepEqual([isFresh(back, now, 30), dueAt(back, 30).getTime()], [false, 0])
  // A little is what two clocks differ by; and of what somebody else wrote nobody knows how long it was made for.
  assert.ok(isFresh(standing(ends(7200), asked, inSeconds(3400), written), inSeconds(3400), 30))
  assert.ok(isFresh(standing(ends(7200), 3600, now), now, 30))
})
