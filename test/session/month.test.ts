import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { refresh } from '../../src/commands/refresh.js'
import { StsFailure } from '../../src/errors.js'
import { makeSts } from '../../src/world/sts.js'
import type { World } from '../../src/world.js'
import { alice, type FakeWorld, fakeWorld } from '../support/fakeWorld.js'
import { type Fault, type StrictSts, startStrictSts } from '../support/strictSts.js'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
/** what `schedule install` sets up, with the timer's random delay */
const period = 30 * minute
const faults: Fault[] = ['drop', 'after-drop', 'throttle', 'service-unavailable', 'captive-portal', 'after-truncate']

/** A laptop: true time goes on, its own clock is off by `-offsetMs`, and it sleeps and loses its network. */
interface Laptop {
  readonly world: FakeWorld
  readonly random: () => number
  online: boolean
  trueMs(): number
  /** Sets the laptop's clock: AWS's clock minus this one is then `offsetMs`. */
  setClock(offsetMs: number): void
}

let laptop: Laptop
let strict: StrictSts

before(async () => {
  laptop = await makeLaptop()
})
after(() => strict.close())

async function makeLaptop(): Promise<Laptop> {
  const plain = fakeWorld()
  const trueMs = () => plain.nowMs + plain.offsetMs
  strict = await startStrictSts({ now: trueMs })
  const sts = makeSts({ env: { AWS_ENDPOINT_URL_STS: strict.url }, now: () => plain.nowMs })
  const made: Laptop = {
    world: plain,
    random: seededRandom(20_261_122),
    online: true,
    trueMs,
    setClock(offsetMs) {
      plain.nowMs = trueMs() - offsetMs
      plain.offsetMs = offsetMs
    },
  }
  const bootedAtMs = trueMs() - hour
  Object.assign(plain, {
    clock: { ...plain.clock, bootedAt: () => new Date(bootedAtMs - plain.offsetMs) },
    sts: {
      ...sts,
      getSessionToken: async (request) => {
        if (made.online) return await sts.getSessionToken(request)
        const facts = { reason: 'unreachable', codeMayBeSpent: false, clockOffsetMs: undefined } as const
        throw new StsFailure('retry', 'no network', 'wait', facts)
      },
    },
  } satisfies Partial<World>)
  return made
}

/** A linear congruential generator with a fixed seed, so that the month is the same each time. */
function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

test('a month of a laptop: the profile is good whenever it was awake and online for more than one period', async () => {
  const { world, random } = laptop
  const end = laptop.trueMs() + 30 * day
  let goodSince: number | undefined
  let runs = 0
  let checks = 0
  let retries = 0

  const run = async () => {
    runs += 1
    if (random() < 0.1) strict.fault(faults[Math.floor(random() * faults.length)] ?? 'drop')
    const ending = await refresh(world, { mfaProfiles: [], force: false, quiet: true })
    strict.clearFaults()
    assert.ok(ending === undefined || ending === 'retry', `run ${runs} ended with ${ending}: ${world.heard.at(-2)}`)
    if (ending === 'retry') retries += 1
  }
  const check = async () => {
    if (goodSince === undefined || laptop.trueMs() - goodSince <= period + minute) return
    checks += 1
    const text = /x_security_token_expires = (.*)/.exec(world.files.credentials)?.[1] ?? ''
    const left = Date.parse(text) - laptop.trueMs()
    assert.ok(left > 0, `expired at ${new Date(laptop.trueMs()).toISOString()} after ${runs} runs`)
  }

  while (laptop.trueMs() < end) {
    // Awake for some hours, a run every period; the first one at once, as a persistent timer does after a sleep.
    laptop.online = random() < 0.5
    goodSince = laptop.online ? laptop.trueMs() : undefined
    const lidCloses = laptop.trueMs() + (1 + random() * 9) * hour
    while (laptop.trueMs() < lidCloses) {
      await run()
      if (!laptop.online && random() < 0.6) {
        laptop.online = true
        goodSince = laptop.trueMs()
      } else if (laptop.online && random() < 0.05) {
        laptop.online = false
        goodSince = undefined
      }
      if (random() < 0.02) laptop.setClock((random() - 0.5) * 4 * hour)
      else if (random() < 0.05) laptop.setClock(0)
      world.nowMs += period + random() * 30_000
      await check()
    }
    // Asleep: time goes on, nothing runs.
    world.nowMs += random() * 16 * hour
  }

  const codes = strict.log.filter(({ action }) => action === 'GetSessionToken').map(({ params }) => params.TokenCode)
  const sessions = strict.log.filter(({ action, outcome }) => action === 'GetSessionToken' && outcome === 'ok')
  const steps = sessions.map(({ step }) => step)
  assert.ok(runs > 400 && checks > 200 && retries > 5, `${runs} runs, ${checks} checks, ${retries} retries`)
  assert.equal(new Set(steps).size, steps.length, 'a step was spent twice')
  // One each six hours at the most, and what was lost on the way.
  assert.ok(sessions.length <= 30 * 4 + retries + 20, `${sessions.length} sessions`)
  assert.ok(codes.length <= sessions.length + runs * 0.2, `${codes.length} codes for ${sessions.length} sessions`)
  assert.ok(world.files.credentials.startsWith(alice.credentials))
  assert.ok(!world.heard.some((line) => line.startsWith('fail')), 'nothing was worth a mail')
})
