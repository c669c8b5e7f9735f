import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stepAt, stepStart } from '../../src/core/code.js'
import { Seed } from '../../src/core/seed.js'
import { totp } from '../../src/core/totp.js'

// RFC 6238, appendix B, SHA-1; the last six of its eight digits.
const seed = Seed.parse('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ')
const vectors: [string, string][] = [
  ['1970-01-01T00:00:59Z', '287082'],
  ['2005-03-18T01:58:29Z', '081804'],
  ['2005-03-18T01:58:31Z', '050471'],
  ['2009-02-13T23:31:30Z', '005924'],
  ['2033-05-18T03:33:20Z', '279037'],
  ['2603-10-11T11:33:20Z', '353130'],
]
for (const [instant, code] of vectors) {
  test(`the code at ${instant} is that of RFC 6238, leading zero and all`, () => {
    assert.equal(totp(seed, stepAt(new Date(instant))), code)
  })
}

test('a step lasts from its start to the last millisecond before the next', () => {
  const step = stepAt(new Date('2026-11-22T10:00:00Z'))
  assert.equal(stepAt(stepStart(step)), step)
  assert.equal(stepAt(new Date(stepStart(step + 1).getTime() - 1)), step)
})
