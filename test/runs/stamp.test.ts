import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { formatOffset } from '../../src/core/clockOffset.js'
import { Failure } from '../../src/errors.js'
import * as outcome from '../../src/runs/outcome.js'
import * as stamp from '../../src/runs/stamp.js'
import type { World } from '../../src/world.js'
import { fakeWorld } from '../support/fakeWorld.js'
import { runOf } from '../support/runOf.js'

const updateStamp = async (world: World) => stamp.updateStamp(await runOf(world))

const session = (expires: string) =>
  `[mfa]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\naws_session_token = y\nx_security_token_expires = ${expires}\n`

/** Line 2 of what was written. */
const attention = (world: ReturnType<typeof fakeWorld>) => world.stamp?.text.split('\n')[1]

suite('the stamp of a world', () => {
  test('is due at half of the session, in its text and in its time', async () => {
    const world = fakeWorld()
    world.files.credentials += session('2026-11-22T22:00:00Z')
    await updateStamp(world)
    const due = new Date('2026-11-22T16:00:00Z')
    assert.deepEqual(world.stamp, { text: `${due.getTime() / 1000}\n\n`, due })
  })

  test('knows that this clock is behind that of AWS', async () => {
    const world = fakeWorld()
    world.files.credentials += session('2026-11-22T22:00:00Z')
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
