import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { credentialProcess } from '../../src/commands/credentialProcess.js'
import { refresh } from '../../src/commands/refresh.js'
import { Failure, StsFailure } from '../../src/errors.js'
import { failsWith } from '../support/failsWith.js'
import { alice, type FakeWorld, fakeWorld } from '../support/fakeWorld.js'

const ask = (world: FakeWorld, mfaProfile?: string) => credentialProcess(world, { mfaProfile, printConfig: false })
const minutes = (count: number) => count * 60_000

/** A profile whose session of 12 hours has `left` milliseconds to live, at a machine where nobody is. */
async function withLeft(left: number): Promise<FakeWorld> {
  const world = fakeWorld()
  await refresh(world, { mfaProfiles: [], force: true, quiet: false })
  world.nowMs += 43_200_000 - left
  world.heard.length = 0
  world.requests.length = 0
  return world
}

const answers = ({ heard }: FakeWorld) =>
  heard.filter((line) => line.startsWith('answer ')).map((line) => JSON.parse(line.slice('answer '.length)))

const unreachable = () => {
  throw new StsFailure('retry', 'AWS cannot be reached', 'see to the network', {
    reason: 'unreachable',
    codeMayBeSpent: false,
    clockOffsetMs: undefined,
  })
}

describe('credential-process', () => {
  test('answers with one object and says nothing else, fresh or renewed', async () => {
    const world = fakeWorld()
    assert.equal(await ask(world), undefined)
    assert.equal(await ask(world), undefined)
    assert.equal(world.heard.length, 2, world.heard.join('\n'))
    assert.equal(world.requests.length, 1)
    const [first, second] = answers(world)
    assert.deepEqual(first, second)
    assert.deepEqual(Object.keys(first), [
      ...['Version', 'AccessKeyId', 'SecretAccessKey', 'SessionToken', 'Expiration', 'AccountId'],
    ])
    assert.deepEqual([first.Version, first.AccountId, first.Expiration], [1, '123456789012', '2026-11-22T22:00:05Z'])
  })

  test('never hands out less than 20 minutes while it can renew', async () => {
    const fresh = await withLeft(minutes(20) + 1000)
    await ask(fresh)
    assert.equal(fresh.requests.length, 0)
    const due = await withLeft(minutes(20))
    await ask(due)
    assert.equal(due.requests.length, 1)
    assert.equal(Date.parse(answers(due)[0].Expiration) - due.nowMs, 43_200_000)
    assert.ok(due.stamp, 'the hook is told when the next refresh is due')
  })

  test('does not renew at each start a session that never lasts 20 minutes', async () => {
    const world = fakeWorld()
    world.files.config += 'awsmfa_duration_seconds = 900\n'
    await ask(world)
    world.nowMs += minutes(7)
    await ask(world)
    assert.equal(world.requests.length, 1)
    world.nowMs += minutes(1)
    await ask(world)
    assert.equal(world.requests.length, 2)
  })

  test('prints the session that still lives when no new one comes, tells why, and is well', async () => {
    const world = await withLeft(minutes(5))
    Object.assign(world.sts, { getSessionToken: async () => unreachable() })
    assert.equal(await ask(world), undefined)
    assert.equal(answers(world).length, 1)
    assert.deepEqual(
      world.heard.filter((line) => !/^(answer|detail)/.test(line)),
      ['fail AWS cannot be reached', 'hint see to the network'],
    )
    assert.match(world.states['outcomes.json'] ?? '', /AWS cannot be reached/, 'status shows it')
  })

  test('prints the session that still lives when a new one takes too long, and ends', async () => {
    const world = await withLeft(minutes(5))
    world.late = true
    assert.equal(await ask(world), undefined)
    assert.equal(answers(world).length, 1)
    assert.equal(world.left, 0)
    assert.match(world.heard.join('\n'), /fail profile mfa was not renewed within 4 s\nhint /)
    assert.match(world.states['outcomes.json'] ?? '', /was not renewed within 4 s/)
  })

  test('without a session that lives fails soon, and prints nothing', async () => {
    const world = fakeWorld({ sts: async () => unreachable() })
    const startedMs = world.nowMs
    await failsWith('retry', /AWS cannot be reached/, () => ask(world))
    assert.deepEqual(answers(world), [])
    assert.ok(world.nowMs - startedMs < 5_000, 'somebody waits')
    assert.match(world.states['outcomes.json'] ?? '', /AWS cannot be reached/)
  })

  test('keeps a failure that a person must mend for status, and fails the same way at each start', async () => {
    const world = fakeWorld()
    world.seeds.clear()
    for (let run = 0; run < 2; run++) await failsWith('act', /the keychain holds no seed/, () => ask(world))
    assert.match(world.states['outcomes.json'] ?? '', /holds no seed/)
    assert.equal(world.requests.length, 0)
  })

  test('does not go by AWS_PROFILE, which is that of the program that has asked', async () => {
    const world = fakeWorld({ env: { AWS_PROFILE: 'mfa-process', AWS_DEFAULT_PROFILE: 'x' } })
    assert.equal(await ask(world), undefined)
    assert.equal(answers(world).length, 1)
  })

  test('serves mfa where several are enrolled and none is named, as before the second one', async () => {
    const world = fakeWorld()
    world.files.config += alice.enrolled.replace('[profile mfa]', '[profile other]')
    await ask(world)
    assert.match(world.files.credentials, /^\[mfa\]$/m)
    await failsWith('act', /MFA profile nobody is not enrolled/, () => ask(world, 'nobody'))
  })

  test('refuses a profile that has a credential_process line beside the session', async () => {
    for (const file of ['config', 'credentials'] as const) {
      const world = await withLeft(minutes(300))
      const line = 'credential_process = awsmfa credential-process\n'
      world.files[file] = world.files[file].replace(/\[(profile )?mfa\]\n/, (header) => `${header}${line}`)
      const refused = await ask(world).catch((error) => error)
      assert.ok(refused instanceof Failure)
      assert.match(refused.message, /profile mfa holds the session and a credential_process line as well/)
      assert.match(refused.hints.join(), /a profile of its own, say mfa-process/)
      assert.deepEqual(answers(world), [])
    }
  })

  test('has no code of a token, and prints what lives of the session that was typed', async () => {
    const world = await withLeft(minutes(10))
    world.files.config += 'awsmfa_seed_store = none\n'
    assert.equal(await ask(world), undefined)
    assert.equal(answers(world).length, 1)
    world.nowMs += minutes(10)
    await failsWith('act', /the codes of profile mfa are typed/, () => ask(world))
    assert.doesNotMatch(world.heard.join('\n'), /^ask /m)
  })
})

describe('--print-config', () => {
  test('shows a profile of its own with absolute paths, and writes nothing', async () => {
    const world = fakeWorld()
    world.files.config = world.files.config.replace('[profile mfa]', '[profile mfa]\nregion = eu-west-1')
    const before = structuredClone([world.files, world.states])
    await credentialProcess(world, { printConfig: true })
    assert.equal(
      world.heard[0],
      'answer [profile mfa-process]\nregion = eu-west-1\ncredential_process = /usr/bin/node /usr/lib/node_modules/awsmfa/dist/main.js credential-process --mfa-profile-name mfa',
    )
    assert.match(world.heard[1] ?? '', /^say nothing was written: put this into ~\/\.aws\/config/)
    assert.deepEqual([world.files, world.states], before)
    assert.equal(world.requests.length, 0)
  })

  test('warns of paths that do not last, and of a profile that is there already', async () => {
    const world = fakeWorld()
    world.files.config += '[profile mfa-process]\n'
    const facts = await world.schedule.facts()
    const node = { path: '/home/alice/.nvm/versions/node/v24.1.0/bin/node', kind: 'versioned' } as const
    const program = { path: '/home/alice/.npm/_npx/1/awsmfa/dist/main.js', kind: 'cache' } as const
    Object.assign(world.schedule, { facts: async () => ({ ...facts, node, program }) })
    await credentialProcess(world, { printConfig: true })
    const warnings = world.heard.filter((line) => line.startsWith('warn ')).join('\n')
    assert.match(
      warnings,
      /belongs to one version[\s\S]*emptied now and then[\s\S]*there is a profile mfa-process already/,
    )
  })
})
