import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { refresh } from '../../src/commands/refresh.js'
import { parseOutcomes } from '../../src/core/news.js'
import { Failure, StsFailure } from '../../src/errors.js'
import type { AwsFile, LockName } from '../../src/world.js'
import { failsWith } from '../support/failsWith.js'
import { alice, fakeWorld, session } from '../support/fakeWorld.js'

const plain = { mfaProfiles: [], force: false, quiet: false }
const manual = { mfaProfiles: ['mfa'], force: true, quiet: false, code: '123456' }

function said(world: { heard: string[] }, pattern: RegExp): boolean {
  return world.heard.some((line) => pattern.test(line))
}

/** The keys of a section, to compare what two profiles hold. */
function section(text: string, name: string): string {
  return text.split(`[${name}]\n`)[1]?.split('\n\n')[0]?.trim() ?? ''
}

test('renews an enrolled profile and says until when it is good', async () => {
  const world = fakeWorld()
  assert.equal(await refresh(world, plain), undefined)
  assert.match(world.files.credentials, /\[mfa\]\naws_access_key_id = ASIA/)
  assert.match(world.files.credentials, /x_security_token_expires = 2026-11-22T22:00:05Z/)
  assert.ok(world.files.credentials.startsWith(alice.credentials))
  assert.ok(said(world, /^say profile mfa is good until .* \(12 h\)$/))
  assert.equal(parseOutcomes(world.states['outcomes.json']).mfa?.refreshedAt, '2026-11-22T10:00:05Z')
})

test('asks nobody for anything while the session is good', async () => {
  const world = fakeWorld()
  await refresh(world, plain)
  const before = structuredClone(world.files)
  const untouchable = () => assert.fail('touched while fresh')
  const closed = {
    ...world,
    lock: { hold: untouchable },
    sts: { getSessionToken: untouchable, assumeRole: untouchable, getCallerIdentity: untouchable },
    keychain: { get: untouchable, set: untouchable, getKeys: untouchable, setKeys: untouchable, delete: untouchable },
  }
  assert.equal(await refresh(closed, plain), undefined)
  assert.deepEqual(world.files, before)
  assert.ok(said(world, /still good for 12 h/))
})

test('renews once half of the duration is over', async () => {
  const world = fakeWorld()
  await refresh(world, plain)
  world.nowMs += 21_600_000 - 60_000
  await refresh(world, plain)
  assert.equal(world.requests.length, 1)
  world.nowMs += 60_000
  await refresh(world, plain)
  assert.equal(world.requests.length, 2)
})

test('expiry is judged by the clock of AWS', async () => {
  const world = fakeWorld()
  world.offsetMs = 7 * 3_600_000
  await refresh(world, plain)
  world.nowMs += 5 * 3_600_000
  await refresh(world, plain)
  assert.equal(world.requests.length, 1)
  world.nowMs += 2 * 3_600_000
  await refresh(world, plain)
  assert.equal(world.requests.length, 2)
  assert.ok(said(world, /^warn this machine's clock is 7 h behind AWS's; .*set the clock/))
})

test('--min-remaining and --force decide what is fresh', async () => {
  const world = fakeWorld()
  await refresh(world, plain)
  await refresh(world, { ...plain, minRemainingSeconds: 43_100 })
  assert.equal(world.requests.length, 1)
  world.nowMs += 200_000
  await refresh(world, { ...plain, minRemainingSeconds: 43_100 })
  assert.equal(world.requests.length, 2)
  await refresh(world, { ...plain, force: true })
  assert.equal(world.requests.length, 3)
  await failsWith('usage', /--min-remaining/, () => refresh(world, { ...plain, minRemainingSeconds: 43_200 }))
})

describe('several profiles', () => {
  const second = alice.enrolled.replace('[profile mfa]', '[profile mfa2]')

  test('of one device and source share one session', async () => {
    const world = fakeWorld()
    world.files.config += second
    await refresh(world, plain)
    assert.equal(world.requests.length, 1)
    assert.equal(section(world.files.credentials, 'mfa'), section(world.files.credentials, 'mfa2'))
  })

  test('of different durations get a session each, with different codes', async () => {
    const world = fakeWorld()
    world.files.config += `${second}awsmfa_duration_seconds = 3600\n`
    await refresh(world, plain)
    assert.deepEqual(
      world.requests.map(({ durationSeconds }) => durationSeconds),
      [43_200, 3600],
    )
    assert.notEqual(world.requests[0]?.code, world.requests[1]?.code)
  })

  test('one that fails does not stop the others, and names itself', async () => {
    const world = fakeWorld()
    world.files.config += second.replace('alice', 'gone').replace('mfa2', 'broken')
    assert.equal(await refresh(world, plain), 'act')
    assert.match(world.files.credentials, /\[mfa\]/)
    assert.ok(said(world, /^fail profile broken: the keychain holds no seed for .*mfa\/gone/))
    assert.equal(parseOutcomes(world.states['outcomes.json']).broken?.failure?.kind, 'act')
    assert.equal(parseOutcomes(world.states['outcomes.json']).mfa?.failure, undefined)
  })

  test('one whose settings are broken by hand does not stop the others', async () => {
    const world = fakeWorld()
    world.files.config += '\n[profile odd]\nawsmfa_source_profile = default\nmfa_serial = nonsense\n'
    assert.equal(await refresh(world, plain), 'act')
    assert.ok(said(world, /^fail mfa_serial of profile odd/))
    assert.match(world.files.credentials, /\[mfa\]/)
  })

  test('only the named ones are renewed', async () => {
    const world = fakeWorld()
    world.files.config += second
    await refresh(world, { ...plain, mfaProfiles: ['mfa2', 'mfa2'] })
    assert.match(world.files.credentials, /\[mfa2\]/)
    assert.doesNotMatch(world.files.credentials, /\[mfa\]/)
  })
})

describe('before a code is spent', () => {
  test('the files must be writable', async () => {
    const world = fakeWorld()
    const checkWritable = async () => {
      throw new Failure('act', 'cannot write ~/.aws/credentials', 'hint')
    }
    assert.equal(await refresh({ ...world, awsFiles: { ...world.awsFiles, checkWritable } }, plain), 'act')
    assert.equal(world.requests.length, 0)
  })

  test('the files must be ones that the AWS CLI can read', async () => {
    const world = fakeWorld()
    world.files.credentials += '[default]\n'
    await failsWith('act', /~\/\.aws\/credentials/, () => refresh(world, plain))
    assert.equal(world.requests.length, 0)
  })

  test('the section must be one that can be edited', async () => {
    const world = fakeWorld()
    world.files.config += '[profile "mfa"]\nregion = eu-west-1\n'
    assert.equal(
      await refresh(world, { ...plain, mfaProfiles: ['mfa'], code: '123456', serialNumber: alice.serialNumber }),
      'act',
    )
    assert.equal(world.requests.length, 0)
  })

  test('the MFA profile must not hold long-term keys', async () => {
    const world = fakeWorld()
    world.files.credentials += alice.credentials.replace('[default]', '\n[mfa]')
    const before = structuredClone(world.files)
    assert.equal(await refresh(world, plain), 'act')
    assert.ok(said(world, /^fail MFA profile mfa holds long-term keys/))
    assert.equal(world.requests.length, 0)
    assert.deepEqual(world.files, before)
  })

  test('the source profile must exist', async () => {
    const world = fakeWorld()
    world.files.credentials = ''
    world.files.config = alice.enrolled
    assert.equal(await refresh(world, plain), 'act')
    assert.ok(said(world, /^fail profile mfa: there is no source profile default/))
    assert.equal(world.requests.length, 0)
  })
})

test('a session that another refresh has fetched while this one waited is taken as it is', async () => {
  const world = fakeWorld()
  const lock = {
    hold: async <T>(_: LockName, work: () => Promise<T>) => {
      await refresh({ ...world, lock: { hold: (_, inner) => inner() } }, plain)
      return await work()
    },
  }
  assert.equal(await refresh({ ...world, lock }, plain), undefined)
  assert.equal(world.requests.length, 1)
})

test('settings that do not read back as they were written are a failure too', async () => {
  const world = fakeWorld()
  world.files.config = alice.config
  const { edit } = world.awsFiles
  // Another program writes the config file at the same moment.
  Object.assign(world.awsFiles, {
    edit: async (file: AwsFile, change: (text: string) => string) => {
      await edit(file, change)
      if (file === 'config') world.files.config = alice.config
    },
  })
  const { serialNumber } = alice
  const manual = { mfaProfiles: ['mfa'], force: false, quiet: false, code: '012345', serialNumber }
  assert.equal(await refresh(world, manual), 'retry')
  assert.ok(said(world, /^fail \w+ of profile mfa does not read back from .*config/))
  assert.match(world.files.credentials, /aws_session_token/)
})

test('a file that does not read back as it was written is a failure, which the next run mends', async () => {
  const world = fakeWorld()
  const edit = async () => {}
  assert.equal(await refresh({ ...world, awsFiles: { ...world.awsFiles, edit } }, plain), 'retry')
  assert.ok(said(world, /^fail aws_access_key_id of profile mfa does not read back/))
  assert.ok(!said(world, /^say/))
})

test('nothing enrolled is told with the way in', async () => {
  const world = fakeWorld()
  world.files.config = ''
  const failure = await failsWith('act', /no MFA profile is enrolled/, () => refresh(world, plain))
  assert.match(failure.hints.join(), /awsmfa enroll/)
  const named = fakeWorld()
  assert.equal(await refresh(named, { ...plain, mfaProfiles: ['other'] }), 'act')
  assert.ok(said(named, /^fail MFA profile other is not enrolled/))
})

describe('typed codes', () => {
  const hardware =
    '\n[profile token]\nmfa_serial = GAHT12345678\nawsmfa_source_profile = default\nawsmfa_seed_store = none\n'

  test('a profile with a hardware token is skipped with one line when nobody is there', async () => {
    const world = fakeWorld()
    world.files.config += hardware
    assert.equal(await refresh(world, plain), undefined)
    assert.deepEqual(
      world.heard.filter((line) => line.includes('token')),
      ['say profile token is skipped: its codes are typed, and nobody is there to type one'],
    )
  })

  test('unless it was named: then that is a failure', async () => {
    const world = fakeWorld()
    world.files.config += hardware
    assert.equal(await refresh(world, { ...plain, mfaProfiles: ['token'] }), 'act')
    assert.ok(said(world, /^fail profile token needs a typed code/))
  })

  test('with a terminal the code is asked for, after the files were checked and before the lock', async () => {
    const world = fakeWorld()
    world.files.config = alice.config + hardware
    world.interactive = true
    const order: string[] = []
    const noting = <T>(what: string, value: T): T => {
      order.push(what)
      return value
    }
    const watched = {
      ...world,
      lock: { hold: <T>(_: LockName, work: () => Promise<T>) => noting('lock', work)() },
      awsFiles: { ...world.awsFiles, checkWritable: async () => noting('check', []) },
      terminal: Object.create(world.terminal, { ask: { value: async () => noting('ask', ' 012345\n') } }),
    }
    assert.equal(await refresh(watched, plain), undefined)
    assert.deepEqual(order.slice(0, 4), ['check', 'check', 'ask', 'lock'])
    assert.equal(world.requests[0]?.code, '012345')
    assert.equal(world.requests[0]?.serialNumber, 'GAHT12345678')
  })

  test('one code for several devices is refused before it is sent', async () => {
    const world = fakeWorld()
    world.files.config += hardware
    await failsWith('usage', /one code cannot serve several sessions/, () =>
      refresh(world, { ...plain, code: '123456' }),
    )
    assert.equal(world.requests.length, 0)
  })

  test('manual mode creates files and sections, remembers the device, and needs it only once', async () => {
    const world = fakeWorld()
    world.files.config = ''
    assert.equal(await refresh(world, { ...manual, serialNumber: 'GAHT12345678', durationSeconds: 3600 }), undefined)
    assert.match(world.files.config, /\[profile mfa\]\nmfa_serial = GAHT12345678\nawsmfa_source_profile = default\n/)
    assert.match(world.files.config, /awsmfa_duration_seconds = 3600\nawsmfa_seed_store = none\n/)
    assert.equal(await refresh(world, { ...manual, code: '654321' }), undefined)
    assert.deepEqual(
      world.requests.map(({ code, durationSeconds, serialNumber }) => [code, durationSeconds, serialNumber]),
      [
        ['123456', 3600, 'GAHT12345678'],
        ['654321', 3600, 'GAHT12345678'],
      ],
    )
  })

  test('manual mode needs a serial number the first time, and takes it from mfa_serial of the source profile', async () => {
    const world = fakeWorld()
    world.files.config = ''
    assert.equal(await refresh(world, manual), 'usage')
    assert.ok(said(world, /^fail --serial-number is required/))
    world.files.config = `[default]\nmfa_serial = ${alice.serialNumber}\n`
    assert.equal(await refresh(world, manual), undefined)
    assert.equal(world.requests[0]?.serialNumber, alice.serialNumber)
  })

  test('a mistyped code is told to who typed it, and is no standing failure', async () => {
    const facts = { reason: 'code-refused', codeMayBeSpent: true, clockOffsetMs: 0 } as const
    const world = fakeWorld({
      sts: async () => {
        throw new StsFailure('act', 'refused', 'hint', facts)
      },
    })
    assert.equal(await refresh(world, manual), 'act')
    assert.ok(said(world, /^fail profile mfa: refused/))
    assert.equal(world.states['outcomes.json'], undefined)
  })

  test('a typed code leaves an enrolment with a seed as it is', async () => {
    const world = fakeWorld()
    const before = world.files.config
    await refresh(world, manual)
    assert.equal(world.files.config, before)
  })

  test('typed codes renew what is still good, too', async () => {
    const world = fakeWorld()
    await refresh(world, plain)
    await refresh(world, { ...plain, code: '123456' })
    assert.equal(world.requests.length, 2)
  })
})

test('the region is the flag, the environment, the source profile, and then that of the partition', async () => {
  const regions = async (flag: string | undefined, env: Record<string, string>, config = alice.config) => {
    const world = fakeWorld({ env })
    world.files.config = config + alice.enrolled
    await refresh(world, { ...plain, region: flag })
    return world.requests[0]?.region
  }
  assert.equal(await regions('eu-north-1', { AWS_REGION: 'us-west-2' }), 'eu-north-1')
  assert.equal(await regions(undefined, { AWS_REGION: 'us-west-2', AWS_DEFAULT_REGION: 'us-east-2' }), 'us-west-2')
  assert.equal(await regions(undefined, { AWS_DEFAULT_REGION: 'us-east-2' }), 'us-east-2')
  assert.equal(await regions(undefined, {}), 'eu-west-1')
  assert.equal(await regions(undefined, {}, ''), 'us-east-1')
})

describe('a failure that mends itself', () => {
  const offline = async () => {
    const facts = { reason: 'unreachable', codeMayBeSpent: false, clockOffsetMs: undefined } as const
    throw new StsFailure('retry', 'no network', 'check it', facts)
  }

  const living = (endsAt: string) =>
    `\n[mfa]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\naws_session_token = y\nx_security_token_expires = ${endsAt}\n`

  test('is silent in a quiet run that nobody watches, but kept for status', async () => {
    const world = fakeWorld({ sts: offline })
    world.files.credentials += living('2026-11-22T12:00:00Z')
    assert.equal(await refresh(world, { ...plain, quiet: true }), 'retry')
    assert.ok(!said(world, /^fail/))
    assert.equal(parseOutcomes(world.states['outcomes.json']).mfa?.failure?.message, 'no network')
  })

  test('is told once a day when it has not passed for a day (A13)', async () => {
    for (const refreshedAt of ['2026-11-21T09:00:00Z', undefined]) {
      const world = fakeWorld({ sts: offline, env: { AWSMFA_RUN_BY: 'cron' } })
      world.files.credentials += living('2026-11-22T12:00:00Z')
      world.states['outcomes.json'] = JSON.stringify({ mfa: { refreshedAt } })
      const told = () => [world.heard.filter((line) => line.startsWith('fail')).length, world.notified.length]
      if (refreshedAt === undefined) {
        for (let time = 0; time < 3; time++) assert.equal(await refresh(world, { ...plain, quiet: true }), 'retry')
        assert.deepEqual(told(), [0, 0])
        world.nowMs += 25 * 3_600_000
      }
      for (let time = 0; time < 3; time++) assert.equal(await refresh(world, { ...plain, quiet: true }), 'retry')
      assert.deepEqual(told(), [1, 1])
    }
  })

  test('like one that does not is a mail a day, also when it concerns the whole run', async () => {
    const world = fakeWorld({ env: { AWSMFA_RUN_BY: 'cron' } })
    world.seeds.clear()
    const fails = () => world.heard.filter((line) => line.startsWith('fail')).length
    for (let time = 0; time < 3; time++) assert.equal(await refresh(world, { ...plain, quiet: true }), 'act')
    assert.equal(fails(), 1)
    world.files.config = '[broken'
    await assert.rejects(refresh(world, { ...plain, quiet: true }))
    assert.equal(await refresh(world, { ...plain, quiet: true }), 'act')
    assert.equal(JSON.parse(world.states['runs.json'] ?? '').cron.exitCode, 3)
    assert.equal(
      await refresh(world, plain).catch((error: Error) => error.name),
      'Failure',
      'without --quiet it is told',
    )
  })

  test('is told when somebody is there, or asked for talk', async () => {
    const watched = fakeWorld({ sts: offline })
    watched.interactive = true
    assert.equal(await refresh(watched, { ...plain, quiet: true }), 'retry')
    assert.ok(said(watched, /^fail profile mfa: no network/))
    const talkative = fakeWorld({ sts: offline })
    assert.equal(await refresh(talkative, plain), 'retry')
    assert.ok(said(talkative, /^fail profile mfa: no network/))
  })

  test('is not one that a person must mend: that is told to cron, too', async () => {
    const world = fakeWorld()
    world.seeds.clear()
    assert.equal(await refresh(world, { ...plain, quiet: true }), 'act')
    assert.ok(said(world, /^fail profile mfa: the keychain holds no seed/))
  })

  test('includes a lock that is held for too long', async () => {
    const world = fakeWorld()
    const hold = async () => {
      throw new Failure('retry', 'held by pid 42', 'wait')
    }
    assert.equal(await refresh({ ...world, lock: { hold } }, plain), 'retry')
    assert.ok(said(world, /^fail profile mfa: held by pid 42/))
  })
})

test('a run that a scheduler started is written down with its exit code', async () => {
  const world = fakeWorld({ env: { AWSMFA_RUN_BY: 'cron' } })
  await refresh(world, plain)
  assert.deepEqual(JSON.parse(world.states['runs.json'] ?? ''), { cron: { at: '2026-11-22T10:00:05Z', exitCode: 0 } })
  world.files.config = ''
  await assert.rejects(refresh(world, plain))
  assert.equal(JSON.parse(world.states['runs.json'] ?? '').cron.exitCode, 3)
})

test('keys in the environment that shadow the profile are pointed out to a person', async () => {
  const world = fakeWorld({ env: { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE' } })
  await refresh(world, plain)
  assert.ok(!said(world, /^warn/))
  world.interactive = true
  await refresh(world, { ...plain, force: true })
  assert.ok(said(world, /^warn AWS_ACCESS_KEY_ID is set/))
})

test("tells the shells' hooks when the next refresh is due, and whether a person is needed", async () => {
  const world = fakeWorld()
  await refresh(world, plain)
  assert.equal(world.stamp?.due.toISOString(), '2026-11-22T16:00:05.000Z')
  world.seeds.clear()
  await refresh(world, { ...plain, force: true })
  assert.match(world.stamp?.text ?? '', /awsmfa: profile mfa needs you/)
})

test('a left-over token of the older name goes, for the AWS CLI would take it first', async () => {
  const world = fakeWorld()
  world.files.credentials += '\n[mfa]\naws_security_token = old\n'
  await refresh(world, plain)
  assert.doesNotMatch(world.files.credentials, /aws_security_token/)
})

test('the session that is written is the one that was asked for', async () => {
  const world = fakeWorld({
    sts: async (request) => ({ session: session(world, request.durationSeconds), clockOffsetMs: 0 }),
  })
  await refresh(world, { ...plain, durationSeconds: 900 })
  assert.equal(world.requests[0]?.durationSeconds, 900)
  assert.match(world.files.credentials, /aws_session_token = IQoToken\/0001\+==\n/)
  assert.match(world.files.credentials, /x_security_token_expires = 2026-11-22T10:15:05Z\n/)
})
