import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { formatOffset } from '../../src/core/clockOffset.js'
import { Failure } from '../../src/errors.js'
import * as outcome from '../../src/runs/outcome.js'
import { enrolmentChanges, enrolmentKeys } from '../../src/session/enrolment.js'
import { AwsProfiles } from '../../src/session/profiles.js'
import type { World } from '../../src/world.js'
import { alice, fakeWorld, session } from '../support/fakeWorld.js'
import { runOf } from '../support/runOf.js'

const unattended = { env: { AWSMFA_RUN_BY: 'cron' } }
const work = `\n[profile work]\nmfa_serial = ${alice.serialNumber}\nawsmfa_source_profile = default\n`
const recordFailure = async (world: World, names: string[], failure: Failure) =>
  outcome.recordFailure(await runOf(world), names, failure)
const locked = new Failure('act', 'the keychain is locked', 'unlock it')
const shown = 'awsmfa: profile mfa needs you\nthe keychain is locked. unlock it'

suite('notifications', () => {
  test('one for a failure, not one for each run', async () => {
    const world = fakeWorld(unattended)
    for (let run = 0; run < 3; run++) await recordFailure(world, ['mfa'], locked)
    assert.deepEqual(world.notified, [shown])
  })

  test('another for another failure, and for the same one after a good refresh', async () => {
    const world = fakeWorld(unattended)
    await recordFailure(world, ['mfa'], locked)
    await recordFailure(world, ['mfa'], new Failure('act', 'the keys are refused'))
    await outcome.recordRefreshed(await runOf(world), ['mfa'], session(world, 43_200), 43_200)
    await recordFailure(world, ['mfa'], locked)
    assert.deepEqual(world.notified, [shown, 'awsmfa: profile mfa needs you\nthe keys are refused', shown])
  })

  test('names only the profiles for which it is news', async () => {
    const world = fakeWorld(unattended)
    await recordFailure(world, ['mfa'], locked)
    world.files.config += work
    await recordFailure(world, ['mfa', 'work'], locked)
    assert.equal(world.notified[1]?.split('\n')[0], 'awsmfa: profile work needs you')
  })

  test('is the same failure by its reason, whatever a program prints with it (M9)', async () => {
    const world = fakeWorld(unattended)
    for (const time of ['10:00:01', '10:30:02', '11:00:03']) {
      await recordFailure(world, ['mfa'], new Failure('act', `otp failed (exit code 1): ${time} no agent`))
    }
    assert.equal(world.notified.length, 1)
  })

  test('none for a profile that is not enrolled, which no refresh could ever clear (M2)', async () => {
    const world = fakeWorld(unattended)
    await recordFailure(world, ['typo'], locked)
    assert.deepEqual([world.notified, world.states['outcomes.json']], [[], undefined])
  })

  test('none for what may pass by itself', async () => {
    const world = fakeWorld(unattended)
    const offline = new Failure('retry', 'no network')
    await recordFailure(world, ['mfa'], offline)
    assert.deepEqual(world.notified, [])
    await outcome.recordFailure(await runOf(world), ['mfa'], offline, true)
    assert.deepEqual(world.notified, ['awsmfa: profile mfa needs you\nno network'], 'it has not passed')
  })

  test('none when a person is there, or has started the run', async () => {
    const attended = fakeWorld(unattended)
    attended.interactive = true
    await recordFailure(attended, ['mfa'], locked)
    const byHand = fakeWorld()
    await recordFailure(byHand, ['mfa'], locked)
    assert.deepEqual([attended.notified, byHand.notified], [[], []])
  })

  test('none for a profile with awsmfa_notify = off, and for the others still', async () => {
    const world = fakeWorld(unattended)
    world.files.config += `awsmfa_notify = Off\n${work}`
    await recordFailure(world, ['mfa'], locked)
    assert.equal(world.notified.length, 0)
    await recordFailure(world, ['mfa', 'work'], new Failure('act', 'the keys are refused'))
    assert.equal(world.notified[0]?.split('\n')[0], 'awsmfa: profile work needs you')
  })

  test('none when the failure cannot be remembered, as every run would show it again', async () => {
    const world = fakeWorld(unattended)
    const full = async () => {
      throw new Failure('act', 'no space left')
    }
    await recordFailure({ ...world, state: { ...world.state, edit: full } }, ['mfa'], locked)
    assert.deepEqual(world.notified, [])
  })

  test('the setting is removed with an enrolment, and never changed otherwise', async () => {
    const world = fakeWorld()
    const enrolment = (await AwsProfiles.read(world)).enrolment('mfa')
    assert.ok(enrolment !== undefined && alice.enrolled.includes(enrolment.serialNumber))
    assert.equal('awsmfa_notify' in enrolmentChanges(enrolment, undefined), false)
    assert.ok(enrolmentKeys.includes('awsmfa_notify'))
  })
})

const updateStamp = async (world: World) => outcome.updateStamp(await runOf(world))

const mfaSection = (expires: string) =>
  `[mfa]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\naws_session_token = y\nx_security_token_expires = ${expires}\n`

/** Line 2 of what was written. */
const attention = (world: ReturnType<typeof fakeWorld>) => world.stamp?.text.split('\n')[1]

suite('the stamp of a world', () => {
  test('is due at half of the session, in its text and in its time', async () => {
    const world = fakeWorld()
    world.files.credentials += mfaSection('2026-11-22T22:00:00Z')
    await updateStamp(world)
    const due = new Date('2026-11-22T16:00:00Z')
    assert.deepEqual(world.stamp, { text: `${due.getTime() / 1000}\n\n`, due })
  })

  test('knows that this clock is behind that of AWS', async () => {
    const world = fakeWorld()
    world.files.credentials += mfaSection('2026-11-22T22:00:00Z')
    world.states['clock.json'] = formatOffset(600_000, world.clock.bootedAt())
    await updateStamp(world)
    assert.deepEqual(world.stamp?.due, new Date('2026-11-22T15:50:00Z'))
  })

  test('tells of a standing failure, and of none once the profile is no longer enrolled', async () => {
    const world = fakeWorld()
    await outcome.recordFailure(await runOf(world), ['mfa'], new Failure('act', 'the keychain is locked'))
    await updateStamp(world)
    assert.match(attention(world) ?? '', /profile mfa needs you: the keychain is locked/)
    world.files.config = ''
    await updateStamp(world)
    assert.equal(attention(world), '')
  })

  test('tells of settings that cannot be used', async () => {
    const world = fakeWorld()
    world.files.config += 'awsmfa_duration_seconds = soon\n'
    await updateStamp(world)
    assert.match(attention(world) ?? '', /profile mfa needs you: awsmfa_duration_seconds of profile mfa/)
  })

  test('tells of files that cannot be read', async () => {
    const world = fakeWorld()
    world.files.config = '[broken\n'
    await updateStamp(world)
    assert.match(attention(world) ?? '', /refresh needs you: .*~\/.aws\/config/)
    assert.equal(world.stamp?.due.getTime(), world.nowMs + 30 * 60_000)
  })

  test('that cannot be written is a detail, not a failure', async () => {
    const world = fakeWorld()
    const write = async () => {
      throw new Failure('act', 'no space left')
    }
    await updateStamp({ ...world, hookStamp: { write } })
    assert.deepEqual(world.heard, ["detail the hook's stamp was not kept: no space left"])
  })
})
