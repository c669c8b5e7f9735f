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

test('colours how a profile stands and what failed, never what stands in a file, and never JSON', async () => {
  const world = fakeWorld()
  await refresh(world, renew)
  const terminal = { ...world.terminal, paint: (text: string, tone: string) => `<${tone}>${text}</>` }
  const painted = { ...world, terminal }
  await status(painted, { json: false })
  assert.deepEqual(answer(world).match(/<.*?<\/>/g)?.length, 1)
  assert.match(answer(world), /^profile mfa: <ok>\[#+\] 12 h left, until [^<]*<\/>\n/)
  world.nowMs += 50_000_000
  await recordFailure(await runOf(world), ['mfa'], new Failure('act', 'the keychain is locked: failed', 'unlock it'))
  await status(painted, { json: false })
  assert.match(answer(world), /^profile mfa: <bad>expired at [^<]*<\/>\n/)
  assert.match(answer(world), /\n {2}<bad>failed<\/> {8}.*: the keychain is locked: failed\n/)
  await status(painted, { json: true })
  assert.doesNotMatch(answer(world), /<|\/>/)
})

test('drives no terminal, whatever stands in a file', async () => {
  const world = fakeWorld()
  world.files.config += '[profile e\x1b[2Jvil]\nawsmfa_source_profile = de\x1b[31mfault\nmfa_serial = \x1b]0;x\x07\n'
  world.files.config += `[profile ro\x1b[2Jle]\nrole_arn = arn:aws:iam::210987654321:role/x\nsource_profile = default\nmfa_serial = ${alice.serialNumber}\n`
  await status(world, { json: false })
  assert.match(answer(world), /profile e\\u\{1b\}\[2Jvil: no session yet/)
  assert.match(answer(world), /role profile ro\\u\{1b\}\[2Jle/)
  assert.ok(!answer(world).includes('\x1b'))
})

test('touches neither keychain nor network', async () => {
  const world = fakeWorld()
  const untouchable = () => assert.fail('touched')
  const closed = {
    ...world,
    sts: { getSessionToken: untouchable, assumeRole: untouchable, getCallerIdentity: untouchable },
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
