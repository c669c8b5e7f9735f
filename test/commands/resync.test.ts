import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resync } from '../../src/commands/resync.js'
import { Seed } from '../../src/core/seed.js'
import { type AwsWorldOptions, awsWorld } from '../support/awsWorld.js'
import { failsWith } from '../support/failsWith.js'
import { alice as enrolledAlice } from '../support/fakeWorld.js'
import { alice, type StrictSts } from '../support/strictSts.js'

/** Alice, enrolled with her own device. */
async function enrolled(t: { after(work: () => Promise<void>): void }, options: AwsWorldOptions = {}) {
  const all = await awsWorld(t, { devices: [alice.serialNumber], ...options })
  all.world.files.config += enrolledAlice.enrolled
  all.world.seeds.set(alice.serialNumber, Seed.parse(alice.seed))
  return all
}

const drift = (aws: StrictSts) => aws.iam.devices[0]?.device?.driftSteps

/** Makes AWS believe that the device's clock is `steps` ahead. */
function disturb(aws: StrictSts, steps: number): void {
  const device = aws.iam.devices[0]?.device
  const now = Math.floor(aws.now() / 30_000) - 10
  assert.ok(device?.sync(device.code(now + steps - 1), device.code(now + steps), aws.now() - 300_000))
  assert.equal(drift(aws), steps)
}

for (const minutes of [0, 10]) {
  test(`brings a device into step with AWS's clock, with a clock that is ${minutes} minutes off`, async (t) => {
    const { world, aws } = await enrolled(t, { clockOffsetMs: minutes * 60_000 })
    disturb(aws, -7)
    await resync(world, {})
    assert.equal(drift(aws), 0)
    assert.ok(world.heard.some((line) => /^say AWS has taken the clock/.test(line)))
  })
}

test('uses codes that are newer than all that were sent, and waits for them', async (t) => {
  const { world, aws } = await enrolled(t)
  const step = Math.floor(world.nowMs / 30_000)
  const sent = [step, step + 1].map((each) => ({ step: each, atMs: world.nowMs }))
  world.states['ledger.json'] = JSON.stringify({ devices: { [alice.serialNumber]: sent } })
  await resync(world, {})
  assert.equal(drift(aws), 0)
  const entry = aws.log.at(-1)
  assert.equal(entry?.params.AuthenticationCode1, aws.iam.devices[0]?.device?.code(step + 2))
  assert.ok(world.heard.some((line) => line.startsWith('countdown waiting for two codes')))
  const { devices } = JSON.parse(world.states['ledger.json'] ?? '')
  assert.deepEqual(
    devices[alice.serialNumber].map(({ step: each }: { step: number }) => each - step),
    [0, 1, 2, 3],
  )
})

test('does not wait for ever on a ledger from the future', async (t) => {
  const { world, aws } = await enrolled(t)
  const sent = [{ step: Math.floor(world.nowMs / 30_000) + 1000, atMs: world.nowMs }]
  world.states['ledger.json'] = JSON.stringify({ devices: { [alice.serialNumber]: sent } })
  await failsWith('retry', /no two unused codes/, () => resync(world, {}))
  assert.ok(!aws.log.some(({ action }) => action === 'ResyncMFADevice'))
})

test('takes two typed codes where there is no seed', async (t) => {
  const { world, aws } = await enrolled(t)
  world.files.config += 'awsmfa_seed_store = none\n'
  disturb(aws, 5)
  await failsWith('usage', /nobody can be asked/, () => resync(world, {}))
  world.interactive = true
  world.typing.push(...Array(4).fill(aws.code(undefined, -1)))
  await failsWith('usage', /both codes are the same/, () => resync(world, {}))
  world.typing.push(aws.code(undefined, -1), aws.code())
  await resync(world, {})
  assert.equal(drift(aws), 0)
})

test('uses the session that is there when a policy wants MFA', async (t) => {
  const { world, aws } = await enrolled(t)
  aws.iam.deniedWithoutMfa.add('ResyncMFADevice')
  await failsWith('act', /iam:ResyncMFADevice/, () => resync(world, {}))
  const { refresh } = await import('../../src/commands/refresh.js')
  world.nowMs += 60_000
  await refresh(world, { mfaProfiles: [], force: true, quiet: false })
  await resync(world, {})
  assert.equal(aws.log.at(-1)?.outcome, 'ok')
})

test('says that the codes are refused when the seed is of another device', async (t) => {
  const { world } = await enrolled(t)
  world.seeds.set(alice.serialNumber, Seed.parse('NB2W45DFOIZANB2W45DFOIZANB2W45DF'))
  await failsWith('act', /refused the two codes/, () => resync(world, {}))
})
