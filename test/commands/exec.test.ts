import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { exec } from '../../src/commands/exec.js'
import { exportSession } from '../../src/commands/export.js'
import { refresh } from '../../src/commands/refresh.js'
import { CannotStart } from '../../src/errors.js'
import { failsWith } from '../support/failsWith.js'
import { type FakeParts, type FakeWorld, fakeWorld } from '../support/fakeWorld.js'

const command = ['terraform', 'apply'] as const
const terraform = (world: FakeWorld, minRemainingSeconds?: number) => exec(world, { command, minRemainingSeconds })
const exported = (world: FakeWorld, options: Partial<Parameters<typeof exportSession>[1]> = {}) =>
  exportSession(world, { format: 'sh', yes: false, ...options })

async function withMinutesLeft(count: number, parts: FakeParts = {}): Promise<FakeWorld> {
  const world = fakeWorld(parts)
  world.files.config = world.files.config.replace('[profile mfa]', '[profile mfa]\nregion = eu-west-2')
  await refresh(world, { mfaProfiles: [], force: true, quiet: false })
  world.nowMs += 43_200_000 - count * 60_000
  world.heard.length = 0
  return world
}

describe('exec', () => {
  test('gives a command the session and the region, and ends with its exit code', async () => {
    const world = await withMinutesLeft(300)
    Object.assign(world.exec, { become: async () => 7 })
    await terraform(world)
    assert.deepEqual([world.left, world.heard, world.requests.length], [7, [], 1])
    const told = await withMinutesLeft(300)
    await terraform(told)
    assert.deepEqual(told.became, [
      {
        command,
        variables: {
          AWS_ACCESS_KEY_ID: 'ASIAIOSFODNN7EXA0001',
          AWS_SECRET_ACCESS_KEY: 'secret/0001+',
          AWS_SESSION_TOKEN: 'IQoToken/0001+==',
          AWS_CREDENTIAL_EXPIRATION: '2026-11-22T22:00:05Z',
          AWS_REGION: 'eu-west-2',
          AWS_DEFAULT_REGION: 'eu-west-2',
        },
      },
    ])
  })

  test('renews first when less than 15 minutes are left, or less than was asked for', async () => {
    for (const [left, asked, requests] of [
      [16, undefined, 1],
      [15, undefined, 2],
      [119, 7200, 2],
      [121, 7200, 1],
      [5, 0, 1],
    ] as const) {
      const world = await withMinutesLeft(left)
      await terraform(world, asked)
      assert.equal(world.requests.length, requests, `${left} min left, ${asked} asked for`)
    }
  })

  test('says until when the session is good when the command may outlive it, and is silent otherwise', async () => {
    const soon = await withMinutesLeft(40)
    await terraform(soon)
    assert.match(
      soon.heard.join(),
      /^say the session of profile mfa ends at .* \(40 min\): --min-remaining 2h renews it/,
    )
    const later = await withMinutesLeft(70)
    await terraform(later)
    assert.deepEqual(later.heard, [])
  })

  test('refuses a time that no session could have left', async () => {
    await failsWith('usage', /--min-remaining is not less than the 43200 seconds/, () => terraform(fakeWorld(), 43_200))
  })

  test('spends no code for a program that is not there', async () => {
    const world = fakeWorld()
    const failed = await exec(world, { command: ['absent'] }).catch((error) => error)
    assert.ok(failed instanceof CannotStart)
    assert.deepEqual([failed.exitCode, world.requests.length, world.became.length], [127, 0, 0])
  })

  test('starts nothing when no session is to be had, and keeps why for status', async () => {
    const world = fakeWorld()
    world.seeds.clear()
    await failsWith('act', /holds no seed/, () => terraform(world))
    assert.deepEqual([world.became, world.left], [[], undefined])
    assert.match(world.states['outcomes.json'] ?? '', /holds no seed/)
  })

  test('holds no lock while the command runs', async () => {
    const world = fakeWorld()
    let free = false
    const { become } = world.exec
    Object.assign(world.exec, {
      become: async (...args: Parameters<typeof become>) => {
        await world.lock.hold('devices', () =>
          world.lock.hold('session', () => world.lock.hold('ledger', async () => {})),
        )
        free = true
        return await become(...args)
      },
    })
    await terraform(world)
    assert.ok(free)
  })

  test('asks the person for the code of a token', async () => {
    const world = fakeWorld()
    world.files.config += 'awsmfa_seed_store = none\n'
    await failsWith('act', /codes of profile mfa are typed/, () => terraform(world))
    world.interactive = true
    world.typing.push('123456')
    await terraform(world)
    assert.deepEqual([world.requests[0]?.code, world.became.length], ['123456', 1])
  })

  test('within another exec takes the same profile, and spends nothing', async () => {
    const world = await withMinutesLeft(300)
    await terraform(world)
    const inner = { ...world, env: { ...world.became[0]?.variables, AWS_PROFILE: 'mfa' } }
    await exec(inner, { command })
    assert.deepEqual(world.became[1], world.became[0])
    assert.equal(world.requests.length, 1)
  })
})

describe('export', () => {
  test('answers with the variables of exec, and lets a shell forget what would win over them', async () => {
    const world = await withMinutesLeft(300, { env: { AWS_PROFILE: 'x', AWS_VAULT: 'y' } })
    await exported(world)
    assert.deepEqual(world.heard[0]?.split('\n'), [
      'answer unset AWS_PROFILE',
      'unset AWS_VAULT',
      "export AWS_ACCESS_KEY_ID='ASIAIOSFODNN7EXA0001'",
      "export AWS_SECRET_ACCESS_KEY='secret/0001+'",
      "export AWS_SESSION_TOKEN='IQoToken/0001+=='",
      "export AWS_CREDENTIAL_EXPIRATION='2026-11-22T22:00:05Z'",
      "export AWS_REGION='eu-west-2'",
      "export AWS_DEFAULT_REGION='eu-west-2'",
    ])
  })

  test('as JSON is what credential-process prints', async () => {
    const world = await withMinutesLeft(300)
    await exported(world, { format: 'json' })
    const { Version, AccessKeyId, AccountId } = JSON.parse(world.heard[0]?.slice('answer '.length) ?? '')
    assert.deepEqual([Version, AccessKeyId, AccountId], [1, 'ASIAIOSFODNN7EXA0001', '123456789012'])
  })

  test('shows nothing on a terminal without --yes', async () => {
    const world = await withMinutesLeft(300)
    Object.assign(world.terminal, { answersToTerminal: true })
    await failsWith('usage', /stdout is a terminal/, () => exported(world))
    assert.deepEqual(world.heard, [])
    await exported(world, { yes: true })
    assert.equal(world.heard.length, 1)
  })

  test('renews first when less than 15 minutes are left', async () => {
    const world = await withMinutesLeft(15)
    await exported(world)
    assert.equal(world.requests.length, 2)
  })
})
