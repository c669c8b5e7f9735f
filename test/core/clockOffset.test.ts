import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { formatOffset, parseOffset } from '../../src/core/clockOffset.js'

const bootedAt = new Date('2026-11-22T08:00:00Z')
const kept = (offsetMs: unknown, at: unknown = bootedAt.getTime()) => JSON.stringify({ offsetMs, bootedAtMs: at })

describe('the known offset of the clock', () => {
  it('is read as it was written, also on a machine that has lost the time', () => {
    for (const [offsetMs, booted] of [
      [90_000, bootedAt],
      [-7_200_000, bootedAt],
      [Date.parse('2026-11-22T08:00:00Z'), new Date(0)],
    ] as const) {
      assert.equal(parseOffset(formatOffset(offsetMs, booted), booted), offsetMs)
    }
  })

  it('is none when it was measured before the clock was set or the machine started', () => {
    assert.equal(parseOffset(kept(90_000), new Date(bootedAt.getTime() + 5_000)), 0)
    assert.equal(parseOffset(kept(90_000), new Date(bootedAt.getTime() - 5_000)), 0)
  })

  const impossible = [1e300, -1.79e12, 3e12, null, '90000', [90_000], true]
  for (const offsetMs of impossible) {
    it(`is none when the file says ${JSON.stringify(offsetMs)}`, () =>
      assert.equal(parseOffset(kept(offsetMs), bootedAt), 0))
  }
  for (const text of [
    undefined,
    '',
    'null',
    '[]',
    '{',
    '{"offsetMs":1e999,"bootedAtMs":0}',
    kept(1, null),
    kept(1, '1'),
  ]) {
    it(`is none when the file is ${text}`, () => assert.equal(parseOffset(text, bootedAt), 0))
  }

  it('gives a time that a date can hold, whatever stands in the file', () => {
    const near = fc.constantFrom(bootedAt.getTime(), 0, Number.NaN)
    fc.assert(
      fc.property(fc.oneof(fc.double(), fc.maxSafeInteger()), near, (offsetMs, at) => {
        const aws = new Date(bootedAt.getTime() + parseOffset(kept(offsetMs, at), bootedAt))
        assert.ok(aws.getUTCFullYear() >= 2011 && aws.getUTCFullYear() < 2100)
      }),
    )
  })
})
