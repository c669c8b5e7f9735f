import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { stepAt } from '../../src/core/code.js'
import { parseLedger } from '../../src/core/ledger.js'
import { totp } from '../../src/core/totp.js'
import { Failure, StsFailure, type StsReason } from '../../src/errors.js'
import { AwsClock } from '../../src/session/awsClock.js'
import type { OpenSource } from '../../src/session/codes/codeSource.js'
import { Run } from '../../src/session/run.js'
import { passingSession } from '../../src/session/sessionFor.js'
import { failsWith } from '../support/failsWith.js'
import { alice, type FakeWorld, fakeWorld, session } from '../support/fakeWorld.js'

/** Answers in turn: a failure, or `good` for a session; the last one again and again. */
function answers(...script: ('good' | (() => StsFailure))[]): FakeWorld {
  const world = fakeWorld({
    sts: async () => {
      const next = script.length > 1 ? script.shift() : script[0]
      if (typeof next === 'function') throw next()
      return { session: session(world, 43_200), clockOffsetMs: world.offsetMs }
    },
  })
  return world
}

function refusal(reason: StsReason, facts: { offsetMs?: number; spent?: boolean; kind?: 'act' | 'retry' } = {}) {
  const { offsetMs, spent = true, kind = reason === 'busy' || reason === 'unreachable' ? 'retry' : 'act' } = facts
  return () =>
    new StsFailure(kind, `AWS said ${reason}`, 'hint', { reason, codeMayBeSpent: spent, clockOffsetMs: offsetMs })
}

async function get(world: FakeWorld, source: OpenSource = { seed: alice.seed }) {
  const run = await Run.start(world)
  const enrolment = (await run.read()).enrolment('mfa')
  assert.ok(enrolment)
  return passingSession(run, enrolment, source, undefined)
}

function steps(world: FakeWorld): number[] {
  const now = stepAt(world.clock.now())
  const near = Array.from({ length: 1001 }, (_, index) => now - 500 + index)
  return world.requests.map(({ code }) => near.find((step) => totp(alice.seed, step) === code) ?? Number.NaN)
}

test('the current code goes out once, and its step is in the ledger before it does', async () => {
  const world = fakeWorld({
    sts: async () => {
      const [sent] = parseLedger(world.states['ledger.json']).devices[alice.serialNumber] ?? []
      assert.equal(sent?.step, stepAt(world.clock.now()))
      return { session: session(world, 900), clockOffsetMs: 0 }
    },
  })
  await get(world)
  assert.deepEqual(steps(world), [stepAt(world.clock.now())])
})

test('two runs in one step send two different codes without waiting', async () => {
  const world = answers('good')
  await get(world)
  await get(world)
  await get(world)
  const now = stepAt(world.clock.now())
  assert.deepEqual(steps(world), [now, now + 1, now - 1])
  assert.ok(!world.heard.some((line) => line.startsWith('countdown')))
})

test('when every acceptable code is used, it waits for the next with a countdown', async () => {
  const world = answers('good')
  for (let run = 0; run < 4; run++) await get(world)
  assert.equal(world.heard.filter((line) => line.startsWith('countdown')).length, 1)
  assert.equal(new Set(steps(world)).size, 4)
})

test('a code that was refused with a good clock was used elsewhere: another step is tried', async () => {
  const world = answers(refusal('code-refused', { offsetMs: 300 }), 'good')
  await get(world)
  const now = stepAt(world.clock.now())
  assert.deepEqual(steps(world), [now, now + 1])
})

for (const seconds of [20, 90, 600, 7200, -20, -90, -600, -7200]) {
  test(`a clock ${seconds} s off is corrected from the refusal, for this run and the next`, async () => {
    const offsetMs = seconds * 1000
    const reason = Math.abs(seconds) > 900 ? 'clock-refused' : 'code-refused'
    const world = answers(refusal(reason, { offsetMs: offsetMs + 400 }), 'good')
    world.offsetMs = offsetMs
    await get(world)
    await get(world)
    const atAws = stepAt(new Date(world.nowMs + offsetMs + 400))
    const [, second, third] = steps(world)
    assert.ok(Math.abs((second ?? 0) - atAws) <= 1)
    assert.ok(Math.abs((third ?? 0) - atAws) <= 1)
    assert.equal(new Set(steps(world)).size, 3)
    assert.ok(Math.abs((world.requests[1]?.clockOffsetMs ?? 0) - offsetMs) < 1000)
  })
}

test('an offset is forgotten when the clock was set, or the machine restarted', async () => {
  const world = answers('good')
  world.offsetMs = 90_000
  await get(world)
  const moved = { ...world, clock: { ...world.clock, bootedAt: () => new Date(Date.parse('2026-11-22T08:01:30Z')) } }
  assert.equal((await AwsClock.read(world)).offsetMs, 90_000)
  assert.equal((await AwsClock.read(moved)).offsetMs, 0)
})

test('a few hundred milliseconds are noise, not an offset', async () => {
  const world = answers('good')
  world.offsetMs = 700
  await get(world)
  assert.equal(world.states['clock.json'], undefined)
})

test('three refused codes are enough: then it stops and says why', async () => {
  const world = answers(refusal('code-refused', { offsetMs: 0 }))
  world.interactive = true
  await failsWith('act', /code-refused/, () => get(world))
  assert.equal(new Set(steps(world)).size, 3)
})

for (const reason of ['device-refused', 'refused'] as const) {
  test(`what a second code cannot mend is asked once (${reason})`, async () => {
    const world = answers(refusal(reason))
    await failsWith('act', new RegExp(reason), () => get(world))
    assert.equal(world.requests.length, 1)
  })
}

test('a signature refused for its time is not tried again when the answer tells no other time', async () => {
  const world = answers(refusal('clock-refused', { offsetMs: 0 }))
  await failsWith('act', /clock-refused/, () => get(world))
  assert.equal(world.requests.length, 1)
})

test('a typed code is sent once, whatever AWS says', async () => {
  for (const reason of ['code-refused', 'clock-refused', 'unreachable'] as const) {
    const world = answers(refusal(reason, { offsetMs: 600_000 }))
    await failsWith(reason === 'unreachable' ? 'retry' : 'act', new RegExp(reason), () =>
      get(world, { typed: '012345' }),
    )
    assert.deepEqual(
      world.requests.map(({ code }) => code),
      ['012345'],
    )
  }
})

test("a typed code's moment counts as used for computed codes", async () => {
  const world = answers('good')
  await get(world, { typed: '012345' })
  await get(world)
  assert.equal(steps(world)[1], stepAt(world.clock.now()) + 1)
})

describe('without a network', () => {
  test('a person gets a short answer at once', async () => {
    const world = answers(refusal('unreachable', { spent: false }))
    world.interactive = true
    await failsWith('retry', /unreachable/, () => get(world))
    assert.equal(world.requests.length, 1)
  })

  test('nobody being there, it tries for about a minute with growing pauses, then leaves it to the next run', async () => {
    const world = answers(refusal('unreachable', { spent: false }))
    const startMs = world.nowMs
    await failsWith('retry', /unreachable/, () => get(world))
    assert.ok(world.requests.length >= 4 && world.requests.length <= 9, `${world.requests.length} attempts`)
    assert.ok(world.nowMs - startMs <= 120_000)
  })

  test('a code that never left is used again, one that may have left is not', async () => {
    const unspent = answers(refusal('unreachable', { spent: false }), 'good')
    await get(unspent)
    const spent = answers(refusal('unreachable', { spent: true }), 'good')
    await get(spent)
    assert.equal(parseLedger(unspent.states['ledger.json']).devices[alice.serialNumber]?.length, 1)
    assert.equal(new Set(steps(spent)).size, 2)
  })

  test('at most three codes may have reached AWS', async () => {
    const world = answers(refusal('busy'))
    await failsWith('retry', /busy/, () => get(world))
    assert.equal(world.requests.length, 3)
  })

  test('what only a person can mend is not tried again', async () => {
    const world = answers(refusal('unreachable', { spent: false, kind: 'act' }))
    await failsWith('act', /unreachable/, () => get(world))
    assert.equal(world.requests.length, 1)
  })
})

test('when the budget of AWS is used up, an unattended run leaves it to the next one', async () => {
  const world = answers('good')
  world.nowMs = Date.parse('2026-11-22T10:00:05Z')
  const sent = Array.from({ length: 9 }, (_, index) => ({ step: index, atMs: world.nowMs }))
  world.states['ledger.json'] = JSON.stringify({ devices: { [alice.serialNumber]: sent } })
  await failsWith('retry', /may be sent for 3 min/, () => get(world))
  assert.equal(world.requests.length, 0)
  world.interactive = true
  await get(world)
  assert.equal(world.nowMs, Date.parse('2026-11-22T10:03:00Z'))
})

test('unusable settings of the way to AWS are told, and their code, which never left, is used again', async () => {
  const world = fakeWorld({
    sts: async () => {
      if (world.requests.length === 1) throw new Failure('act', 'the CA bundle cannot be read', 'mend it')
      return { session: session(world, 900), clockOffsetMs: 0 }
    },
  })
  await failsWith('act', /CA bundle/, () => get(world))
  assert.deepEqual(parseLedger(world.states['ledger.json']).devices[alice.serialNumber], [])
  await get(world)
  assert.equal(world.requests[0]?.code, world.requests[1]?.code)
})

test('the pauses between attempts are spread out, so that a fleet does not come back in step', async () => {
  const pauses = new Set<number>()
  for (let machine = 0; machine < 5; machine++) {
    const world = answers(refusal('unreachable', { spent: false }), 'good')
    const { clock } = world
    Object.assign(world, { clock: { ...clock, sleep: async (ms: number) => void pauses.add(ms) } })
    await get(world)
  }
  assert.ok(pauses.size > 1, [...pauses].join())
  for (const pause of pauses) assert.ok(pause >= 1_000 && pause <= 3_000, `${pause}`)
})

test('a bug is not taken for a refusal', async () => {
  const world = fakeWorld({
    sts: async () => {
      throw new TypeError('bug')
    },
  })
  await assert.rejects(get(world), (error) => error instanceof TypeError && !(error instanceof Failure))
})

test('what a call to AWS needs is loaded while the keychain is on its way to an answer', async () => {
  const world = answers('good')
  const order: string[] = []
  const { keychain, sts } = world
  const slow: FakeWorld = {
    ...world,
    sts: {
      ...sts,
      // That it fails is no reason not to ask.
      expectCall: () => {
        order.push('loading')
        return Promise.reject(new Error('no such file'))
      },
    },
    keychain: {
      ...keychain,
      async get(serialNumber, meanwhile) {
        meanwhile?.()
        const seed = await keychain.get(serialNumber)
        order.push('seed')
        return seed
      },
    },
  }
  const run = await Run.start(slow)
  const enrolment = (await run.read()).enrolment('mfa')
  assert.ok(enrolment)
  await passingSession(run, enrolment, undefined, undefined)
  assert.deepEqual(order, ['loading', 'seed'])
})
