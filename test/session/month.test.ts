import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { refresh } from '../../src/commands/refresh.js'
import { StsFailure } from '../../src/errors.js'
import { makeSts } from '../../src/world/sts.js'
import type { World } from '../../src/world.js'
import { alice, type FakeWorld, fakeWorld } from '../support/fakeWorld.js'
import { admin, type Fault, type StrictSts, startStrictSts } from '../support/strictSts.js'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
/** what `schedule install` sets up, with the timer's random delay */
const period = 30 * minute
/** what the schedule is known by, so that a session outlasts the next run */
const schedule = JSON.stringify({ using: 'systemd', everyMinutes: 30, installedAt: '2026-11-22T00:00:00Z' })
const longRole = { arn: 'arn:aws:iam::123456789012:role/half-day', wantsMfa: true, maxSeconds: 43_200 }
const roleProfile = (name: string, arn: string, seconds: number) =>
  `\n[profile ${name}]\nmfa_serial = ${alice.serialNumber}\nawsmfa_source_profile = default\n` +
  `${seconds === 3600 ? '' : `awsmfa_duration_seconds = ${seconds}\n`}awsmfa_role_arn = ${arn}\n`
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
  strict = await startStrictSts({ now: trueMs, roles: [admin, longRole] })
  plain.states['schedule.json'] = schedule
  plain.files.config += roleProfile('hour', admin.arn, 3600) + roleProfile('half-day', longRole.arn, 43_200)
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
      getSessionToken: async (request) => await (made.online ? sts.getSessionToken(request) : offline()),
      assumeRole: async (request) => await (made.online ? sts.assumeRole(request) : offline()),
    },
  } satisfies Partial<World>)
  return made
}

function offline(): Promise<never> {
  const facts = { reason: 'unreachable', codeMayBeSpent: false, clockOffsetMs: undefined } as const
  return Promise.reject(new StsFailure('retry', 'no network', 'wait', facts))
}

/** A linear congruential generator with a fixed seed, so that the month is the same each time. */
function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

test('a month of a laptop: the profiles, two of roles among them, are good whenever it was awake and online for more than one period', async () => {
  const { world, random } = laptop
  const end = laptop.trueMs() + 30 * day
  let goodSince: number | undefined
  let clockSet = 0
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
  const setClock = (offsetMs: number) => {
    laptop.setClock(offsetMs)
    clockSet = laptop.trueMs()
  }
  const check = async () => {
    if (goodSince === undefined || laptop.trueMs() - goodSince <= period + minute) return
    checks += 1
    // Half an hour that a clock was set back by looks like half an hour more, for one run.
    const steady = laptop.trueMs() - clockSet > 2 * period + 2 * minute
    for (const profile of ['mfa', 'half-day', ...(steady ? ['hour'] : [])]) {
      const [, section = ''] = world.files.credentials.split(`[${profile}]\n`)
      const text = /x_security_token_expires = (.*)/.exec(section)?.[1] ?? ''
      const left = Date.parse(text) - laptop.trueMs()
      assert.ok(left > 0, `${profile} expired at ${new Date(laptop.trueMs()).toISOString()} after ${runs} runs`)
    }
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
      if (random() < 0.02) setClock((random() - 0.5) * 4 * hour)
      else if (random() < 0.05) setClock(0)
      world.nowMs += period + random() * 30_000
      await check()
    }
    // Asleep: time goes on, nothing runs.
    world.nowMs += random() * 16 * hour
  }

  const codes = strict.log.filter(({ action }) => action === 'GetSessionToken').map(({ params }) => params.TokenCode)
  const sessions = strict.log.filter(({ action, outcome }) => action === 'GetSessionToken' && outcome === 'ok')
  const steps = strict.verifications.flatMap(({ step, outcome }) => (outcome === 'ok' ? [step] : []))
  const chained = strict.log.filter(({ action, params }) => action === 'AssumeRole' && params.RoleArn === admin.arn)
  assert.ok(runs > 400 && checks > 200 && retries > 5, `${runs} runs, ${checks} checks, ${retries} retries`)
  assert.equal(new Set(steps).size, steps.length, 'a step was spent twice')
  // One each six hours at the most, and what was lost on the way.
  assert.ok(sessions.length <= 30 * 4 + retries + 20, `${sessions.length} sessions`)
  assert.ok(codes.length <= sessions.length + runs * 0.2, `${codes.length} codes for ${sessions.length} sessions`)
  assert.ok(chained.length > 200 && chained.every(({ params }) => params.TokenCode === undefined), 'a role cost a code')
  assert.ok(world.files.credentials.startsWith(alice.credentials))
  assert.ok(!world.heard.some((line) => line.startsWith('fail')), 'nothing was worth a mail')
})
