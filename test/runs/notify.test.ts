import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { enrolmentChanges, enrolmentKeys } from '../../src/core/enrolment.js'
import { Failure } from '../../src/errors.js'
import { recordFailure, recordRefreshed } from '../../src/runs/outcome.js'
import { AwsProfiles } from '../../src/session/awsProfiles.js'
import { alice, fakeWorld } from '../support/fakeWorld.js'

const unattended = { env: { AWSMFA_RUN_BY: 'cron' } }
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
    await recordRefreshed(world, ['mfa'])
    await recordFailure(world, ['mfa'], locked)
    assert.deepEqual(world.notified, [shown, 'awsmfa: profile mfa needs you\nthe keys are refused', shown])
  })

  test('names only the profiles for which it is news', async () => {
    const world = fakeWorld(unattended)
    await recordFailure(world, ['mfa'], locked)
    await recordFailure(world, ['mfa', 'work'], locked)
    assert.equal(world.notified[1]?.split('\n')[0], 'awsmfa: profile work needs you')
  })

  test('none for what may pass by itself', async () => {
    const world = fakeWorld(unattended)
    await recordFailure(world, ['mfa'], new Failure('retry', 'no network'))
    assert.deepEqual(world.notified, [])
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
    world.files.config += 'awsmfa_notify = Off\n'
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
    assert.equal('awsmfa_notify' in enrolmentChanges(enrolment), false)
    assert.ok(enrolmentKeys.includes('awsmfa_notify'))
  })
})
