import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { stepAt, stepStart } from '../../src/core/code.js'
import {
  emptyLedger,
  formatLedger,
  forProgram,
  forTyping,
  type Ledger,
  nextStep,
  parseLedger,
  withoutSent,
  withSent,
} from '../../src/core/ledger.js'

const device = 'arn:aws:iam::123456789012:mfa/alice'
const now = new Date('2026-11-22T10:00:10Z')
const current = stepAt(now)

function sent(...steps: number[]): Ledger {
  return steps.reduce((ledger, step) => withSent(ledger, device, step, now), emptyLedger)
}

test('the current step comes first', () => {
  assert.deepEqual(nextStep(emptyLedger, device, now), { step: current, waitMs: 0 })
})

test('when the current step is used, the next one comes, then the last one', () => {
  assert.deepEqual(nextStep(sent(current), device, now), { step: current + 1, waitMs: 0 })
  assert.deepEqual(nextStep(sent(current, current + 1), device, now), { step: current - 1, waitMs: 0 })
})

test('when all three are used, it waits until a new step comes into reach', () => {
  const next = nextStep(sent(current - 1, current, current + 1), device, now)
  assert.deepEqual(next, { step: current + 2, waitMs: 20_000 })
})

test('a person gets the current step while there is time to type it, then the next, and never one that has ended', () => {
  const late = new Date('2026-11-22T10:00:23Z')
  assert.deepEqual(nextStep(emptyLedger, device, now, forTyping), { step: current, waitMs: 0 })
  assert.deepEqual(nextStep(sent(current), device, now, forTyping), { step: current + 1, waitMs: 0 })
  assert.deepEqual(nextStep(emptyLedger, device, late, forTyping), { step: current + 1, waitMs: 0 })
  assert.deepEqual(nextStep(sent(current + 1), device, late, forTyping), { step: current, waitMs: 0 })
  assert.deepEqual(nextStep(sent(current, current + 1), device, now, forTyping), { step: current + 2, waitMs: 20_000 })
})

test('a program that knows only the code of its moment is asked in a moment whose step is unused', () => {
  assert.deepEqual(nextStep(sent(current + 1), device, now, forProgram), { step: current, waitMs: 0 })
  const waiting = nextStep(sent(current, current + 1), device, now, forProgram)
  assert.deepEqual(waiting, { step: current + 2, waitMs: 50_000 })
})

test('the steps of one device say nothing about another', () => {
  assert.deepEqual(nextStep(sent(current), 'GAHT12345678', now), { step: current, waitMs: 0 })
})

test('after nine verifications in three minutes of UTC it waits for the next three', () => {
  const used = Array.from({ length: 9 }, (_, index) => current - 20 - index)
  const { step, waitMs } = nextStep(sent(...used), device, now)
  assert.equal(waitMs, 170_000)
  assert.equal(step, stepAt(new Date('2026-11-22T10:03:00Z')))
})

test('a step that surely never reached AWS can be given back, once', () => {
  const ledger = withoutSent(sent(current, current), device, current)
  assert.equal(ledger.devices[device]?.length, 1)
  assert.deepEqual(nextStep(withoutSent(ledger, device, current), device, now), { step: current, waitMs: 0 })
})

test('a ledger survives its file', () => {
  const ledger = sent(current, current + 1)
  assert.deepEqual(parseLedger(formatLedger(ledger)), ledger)
})

for (const text of [undefined, '', '{', 'null', '[]', '{"devices":[]}', '{"devices":{"x":[{"step":"1"}]}}']) {
  test(`a ledger file that says ${text ?? 'nothing'} counts as empty, not as an error`, () => {
    assert.deepEqual(nextStep(parseLedger(text), 'x', now), { step: current, waitMs: 0 })
  })
}

test('no step is ever handed out twice, and each within one step of the moment it is sent', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 45_000 }), { maxLength: 80 }), (pauses) => {
      let ledger = emptyLedger
      let at = now.getTime()
      const seen = new Set<number>()
      for (const pause of pauses) {
        at += pause
        const { step, waitMs } = nextStep(ledger, device, new Date(at))
        at += waitMs
        assert.ok(!seen.has(step))
        assert.ok(Math.abs(step - stepAt(new Date(at))) <= 1)
        seen.add(step)
        ledger = withSent(parseLedger(formatLedger(ledger)), device, step, new Date(at))
      }
    }),
  )
})

test('no more than nine verifications fall into one window of three minutes, however hard it is driven', () => {
  let ledger = emptyLedger
  let at = stepStart(current).getTime()
  const windows = new Map<number, number>()
  for (let count = 0; count < 60; count++) {
    const { step, waitMs } = nextStep(ledger, device, new Date(at))
    at += waitMs
    const window = Math.floor(at / 180_000)
    windows.set(window, (windows.get(window) ?? 0) + 1)
    ledger = withSent(ledger, device, step, new Date(at))
  }
  assert.ok(Math.max(...windows.values()) <= 9)
})
