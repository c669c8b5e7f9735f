import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refresh } from '../../src/commands/refresh.js'
import { status } from '../../src/commands/status.js'
import { Failure } from '../../src/errors.js'
import { recordFailure } from '../../src/runs/outcome.js'
import { alice, type FakeWorld, fakeWorld } from '../support/fakeWorld.js'
import { runOf } from '../support/runOf.js'

const renew = { mfaProfiles: [], force: false, quiet: false }

function answer(world: FakeWorld): string {
  const last = world.heard.findLast((line) => line.startsWith('answer '))
  return last?.slice('answer '.length) ?? ''
}

test('shows source, device, where the codes come from, the time left and the last refresh', async () => {
  const world = fakeWorld()
  await refresh(world, renew)
  world.nowMs += 3_600_000
  assert.equal(await status(world, { json: false }), undefined)
  const shown = answer(world)
  assert.match(shown, /^profile mfa: \[#########\.\] 11 h left, until 2026-11-2\d /)
  assert.match(shown, /source +default$/m)
  assert.match(shown, /serial number arn:aws:iam::123456789012:mfa\/alice$/m)
  assert.match(shown, /codes +from the keychain$/m)
  assert.match(shown, /refreshed .*\(1 h ago\)$/m)
})

test('touches neither keychain nor network', async () => {
  const world = fakeWorld()
  const untouchable = () => assert.fail('touched')
  const closed = {
    ...world,
    sts: { getSessionToken: untouchable, getCallerIdentity: untouchable },
    keychain: { get: untouchable, set: untouchable, getKeys: untouchable, setKeys: untouchable, delete: untouchable },
  }
  assert.equal(await status(closed, { json: false }), 'act')
})

test('JSON has a version, RFC 3339 instants and no secrets', async () => {
  const world = fakeWorld()
  await refresh(world, renew)
  assert.equal(await status(world, { json: true }), undefined)
  const shown = answer(world)
  const { schemaVersion, now, profiles } = JSON.parse(shown)
  assert.equal(schemaVersion, 1)
  assert.equal(now, '2026-11-22T10:00:05Z')
  assert.deepEqual(profiles, [
    {
      mfaProfile: 'mfa',
      sourceProfile: 'default',
      serialNumber: alice.serialNumber,
      seedStore: 'keychain',
      durationSeconds: 43_200,
      expiration: '2026-11-22T22:00:05Z',
      secondsLeft: 43_200,
      refreshedAt: '2026-11-22T10:00:05Z',
      needsPerson: false,
    },
  ])
  for (const secret of [alice.seed.reveal(), 'wJalr', 'IQoToken', 'secret/', 'ASIA', 'AKIA']) {
    assert.ok(!shown.includes(secret), secret)
  }
})

test('a failure that a person must mend is shown with its hint and makes the exit code 3', async () => {
  const world = fakeWorld()
  await refresh(world, renew)
  await recordFailure(await runOf(world), ['mfa'], new Failure('act', 'the keyring is locked', 'unlock it'))
  assert.equal(await status(world, { json: false }), 'act')
  assert.match(answer(world), /failed .*\(0 s ago\): the keyring is locked\n +hint: unlock it/)
})

test('a failure that passes by itself is shown and is no reason to call a person', async () => {
  const world = fakeWorld()
  await refresh(world, renew)
  await recordFailure(await runOf(world), ['mfa'], new Failure('retry', 'no network', 'wait'))
  assert.equal(await status(world, { json: false }), undefined)
  assert.match(answer(world), /no network/)
})

test('no session, an expired one and broken settings need a person', async () => {
  const world = fakeWorld()
  assert.equal(await status(world, { json: false }), 'act')
  assert.match(answer(world), /^profile mfa: no session yet/)
  await refresh(world, renew)
  world.nowMs += 50_000_000
  assert.equal(await status(world, { json: false }), 'act')
  assert.match(answer(world), /^profile mfa: expired at /)
  world.files.config += 'awsmfa_duration_seconds = 5\n'
  assert.equal(await status(world, { json: false }), 'act')
  assert.match(answer(world), /awsmfa_duration_seconds of profile mfa/)
})

test('nothing enrolled is an answer, not an error', async () => {
  const world = fakeWorld()
  world.files.config = ''
  assert.equal(await status(world, { json: false }), undefined)
  assert.match(answer(world), /awsmfa enroll/)
  await status(world, { json: true })
  assert.deepEqual(JSON.parse(answer(world)).profiles, [])
})
