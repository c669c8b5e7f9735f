import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { code } from '../../src/commands/code.js'
import { doctor } from '../../src/commands/doctor.js'
import { keysStatus, moveLongTermKeys, restoreLongTermKeys } from '../../src/commands/keys.js'
import { type RotateOptions, rotateKeys } from '../../src/commands/keysRotate.js'
import { refresh } from '../../src/commands/refresh.js'
import { resync } from '../../src/commands/resync.js'
import { status } from '../../src/commands/status.js'
import { unenroll } from '../../src/commands/unenroll.js'
import { LongTermKeys, Session } from '../../src/core/session.js'
import { attempt, Failure } from '../../src/errors.js'
import { alice } from '../support/fakeWorld.js'
import { type Command, type Ended, Machine } from '../support/machine.js'

const credentials = `# mine\n${alice.credentials}\n[other]\naws_access_key_id=AKIAI44QH8DHBEXAMPLE\n`
const config = `${alice.config}\n[profile role]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = default\nmfa_serial = x\n${alice.enrolled}`
const first = 'AKIAIOSFODNN7EXAMPLE'
const day = 86_400_000

const refreshing: Command = (world) => refresh(world, { mfaProfiles: [], force: true, quiet: false })
const moving: Command = (world) => moveLongTermKeys(world, {})
const rotating =
  (options: RotateOptions = {}): Command =>
  (world) =>
    rotateKeys(world, options)

function enrolled(): Machine {
  const machine = new Machine([alice.serialNumber])
  Object.assign(machine.world.files, { credentials, config })
  machine.world.seeds.set(alice.serialNumber, alice.seed)
  return machine
}

async function done(machine: Machine, command: Command): Promise<Ended> {
  const ended = await machine.run(command)
  if (ended.error !== undefined) throw ended.error
  machine.world.nowMs += 120_000
  return ended
}

async function refused(machine: Machine, command: Command): Promise<Failure> {
  const { error } = await machine.run(command)
  if (error instanceof Failure) return error
  throw error ?? new Error('it was not refused')
}

const ids = ({ aws }: Machine) => aws.devices.keys.map(({ accessKeyId, active }) => `${accessKeyId} ${active}`)
const inUse = ({ world }: Machine) => /^\[default\]\naws_access_key_id = (\w+)/m.exec(world.files.credentials)?.[1]

describe('a key that was moved', () => {
  test('is in no file, all that signs works as before, and it comes back byte by byte', async () => {
    const machine = enrolled()
    await done(machine, refreshing)
    const before = { ...machine.world.files }
    const { heard } = await done(machine, moving)
    assert.doesNotMatch(JSON.stringify([machine.world.files, machine.world.states]), /AKIAIOSFODNN7|wJalrXUtnFEMI/)
    assert.match(
      machine.world.files.config,
      /^awsmfa_key_store = keychain\nawsmfa_key_account = key:123456789012\/alice$/m,
    )
    const said = heard.join('\n')
    assert.match(said, /warn profile role takes its keys from default/)
    assert.match(said, /write source_profile = mfa in \[profile role\], and take mfa_serial out/)
    const commands: Command[] = [
      refreshing,
      (world) => code(world, { copy: false }),
      (world) => resync(world, {}),
      (world) => doctor(world, { json: false }),
      (world) => keysStatus(world, { json: true }),
    ]
    for (const command of commands) await done(machine, command)
    await done(machine, (world) => restoreLongTermKeys(world, {}))
    const session = /\[mfa\]\n(?:.+\n)+/
    assert.equal(machine.world.files.credentials.replace(session, ''), before.credentials.replace(session, ''))
    assert.equal(machine.world.files.config, before.config)
    assert.equal(machine.world.keys.size, 0)
  })

  test('stays where it is when its profile ends, which is said', async () => {
    const machine = enrolled()
    await done(machine, moving)
    const { heard } = await done(machine, (world) => unenroll(world, { purge: true }))
    assert.match(heard.join('\n'), /stays where it was moved: awsmfa keys restore --profile default/)
    await done(machine, (world) => restoreLongTermKeys(world, {}))
    assert.match(machine.world.files.credentials, /AKIAIOSFODNN7EXAMPLE/)
    assert.equal(machine.world.keys.size, 0)
  })

  test('is never looked for elsewhere when the keychain does not hold it', async () => {
    const machine = enrolled()
    await done(machine, moving)
    machine.world.keys.clear()
    const { heard, value } = await done(machine, refreshing)
    assert.equal(value, 'act')
    assert.match(heard.join('\n'), /the keychain holds no long-term key 123456789012\/alice for source profile default/)
    assert.deepEqual(machine.aws.sent, [])
  })

  test('is asked for together with the seed: neither question waits for the answer to the other', async () => {
    const machine = enrolled()
    await done(machine, moving)
    const { get, getKeys } = machine.world.keychain
    const events: string[] = []
    Object.assign(machine.world.keychain, {
      async get(serialNumber: string) {
        events.push('seed asked')
        await new Promise((resolve) => setImmediate(resolve))
        events.push('seed told')
        return await get(serialNumber)
      },
      async getKeys(account: string) {
        events.push('key asked')
        return await getKeys(account)
      },
    })
    await done(machine, refreshing)
    assert.deepEqual(events, ['seed asked', 'key asked', 'seed told'])
  })

  test('signs for a role of hours; one of up to an hour is taken with the session, and asks the keychain for nothing', async () => {
    const machine = enrolled()
    await done(machine, moving)
    const [long, short] = ['long', 'short'].map((name) => `arn:aws:iam::123456789012:role/${name}`) as [string, string]
    for (const arn of [long, short]) machine.aws.roles.push({ arn, wantsMfa: true, maxSeconds: 43_200 })
    for (const [name, arn, seconds] of [
      ['long', long, 43_200],
      ['short', short, 3600],
    ]) {
      machine.world.files.config += `\n[profile ${name}-role]\nmfa_serial = ${alice.serialNumber}\nawsmfa_source_profile = default\nawsmfa_duration_seconds = ${seconds}\nawsmfa_role_arn = ${arn}\n`
    }
    await done(machine, refreshing)
    const signed = machine.aws.taken.map(({ request }) => [
      request.role.arn,
      request.credentials instanceof LongTermKeys,
    ])
    assert.deepEqual(signed, [
      [long, true],
      [short, false],
    ])
    const asked: string[] = []
    const { getKeys } = machine.world.keychain
    Object.assign(machine.world.keychain, {
      async getKeys(account: string) {
        asked.push(account)
        return await getKeys(account)
      },
    })
    const named =
      (mfaProfile: string): Command =>
      (world) =>
        refresh(world, { mfaProfiles: [mfaProfile], force: true, quiet: false })
    await done(machine, named('short-role'))
    assert.deepEqual(asked, [])
    await done(machine, named('long-role'))
    assert.deepEqual(asked, ['key:123456789012/alice'])
  })

  test('is not moved unproven: keys that AWS does not accept stay where they are', async () => {
    const machine = enrolled()
    machine.world.files.credentials = credentials.replace('wJalr', 'xJalr')
    const before = { ...machine.world.files }
    await refused(machine, moving)
    assert.deepEqual([machine.world.files, machine.world.keys.size], [before, 0])
  })

  test('is used from the file again once keys are written there, and doctor says so', async () => {
    const machine = enrolled()
    await done(machine, moving)
    machine.world.files.credentials += `\n${alice.credentials}`.replace('[default]', '')
    machine.world.files.credentials = credentials
    const { heard } = await done(machine, (world) => doctor(world, { json: false }))
    assert.match(heard.join('\n').replace(/\s+/g, ' '), /although it was moved; the file counts/)
    await done(machine, moving)
    assert.doesNotMatch(machine.world.files.credentials, /AKIAIOSFODNN7/)
  })
})

describe('a rotation', () => {
  test('keeps the old key inactive for a day, and the first refresh after that deletes it, without a code', async () => {
    const machine = enrolled()
    await done(machine, rotating())
    assert.deepEqual(ids(machine), [`${first} false`, `${inUse(machine)} true`])
    await done(machine, refreshing)
    assert.equal(ids(machine).length, 2)
    machine.world.nowMs += day
    await done(machine, refreshing)
    assert.deepEqual(ids(machine), [`${inUse(machine)} true`])
    assert.doesNotMatch(machine.world.files.credentials, /rotation|AKIAIOSFODNN7/)
    assert.deepEqual(machine.offences, [])
  })

  test('waits until AWS knows the new key everywhere: not one answer but three in a row', async () => {
    const machine = enrolled()
    await done(machine, refreshing)
    const { sts } = machine.aws
    const ask = sts.getCallerIdentity
    const answers: string[] = []
    Object.assign(sts, {
      getCallerIdentity: async (...args: Parameters<typeof ask>) => {
        const identity = await attempt(() => ask(...args))
        answers.push(identity instanceof Failure ? 'no' : 'yes')
        if (identity instanceof Failure) throw identity
        return identity
      },
    })
    const { heard } = await done(machine, rotating())
    assert.match(answers.join(' '), /no (yes no )+(yes ?){3}$/)
    assert.equal(heard.filter((line) => line.includes('AWS makes the key known')).length, 1)
  })

  test('is done in the name of the user, never of a role, and leaves every role with a session that outlives the old key', async () => {
    const machine = enrolled()
    const arn = 'arn:aws:iam::123456789012:role/admin'
    machine.aws.roles.push({ arn, wantsMfa: true, maxSeconds: 43_200 })
    const section = (seconds: number) =>
      `[profile role-${seconds}]\nmfa_serial = ${alice.serialNumber}\nawsmfa_source_profile = default\nawsmfa_duration_seconds = ${seconds}\nawsmfa_role_arn = ${arn}\n`
    machine.world.files.config = section(3600) + section(7200) + machine.world.files.config
    await done(machine, refreshing)
    const { iam, sts, taken } = machine.aws
    const signers: unknown[] = []
    const setActive = iam.setKeyActive
    Object.assign(iam, {
      setKeyActive: async (...args: Parameters<typeof setActive>) => {
        signers.push(args[0].credentials)
        await setActive(...args)
      },
    })
    const before = taken.length
    await done(machine, rotating())
    assert.ok(signers.length > 0 && signers.every((each) => each instanceof Session))
    assert.ok(signers.every((each) => taken.every(({ session }) => session.reveal().accessKeyId !== revealed(each))))
    assert.equal(taken.length, before + 2)
    for (const { session } of taken.slice(before)) {
      await sts.getCallerIdentity({ credentials: session, region: 'eu-west-1', clockOffsetMs: 0 })
    }
    await assert.rejects(
      sts.getCallerIdentity({ credentials: taken[0]?.session as Session, region: 'eu-west-1', clockOffsetMs: 0 }),
    )

    function revealed(each: unknown): string | undefined {
      return each instanceof Session ? each.reveal().accessKeyId : undefined
    }
  })

  test('gives up after a minute, and takes the new key away again', async () => {
    const machine = enrolled()
    await done(machine, refreshing)
    const { iam } = machine.aws
    const create = iam.createAccessKey
    Object.assign(iam, {
      createAccessKey: async (...args: Parameters<typeof create>) => {
        const { accessKeyId } = await create(...args)
        return new LongTermKeys(accessKeyId, 'of/another/key')
      },
    })
    const failure = await refused(machine, rotating())
    assert.match(failure.message, /does not accept the key …\w{4} yet/)
    assert.deepEqual([ids(machine), inUse(machine)], [[`${first} true`], first])
    assert.doesNotMatch(JSON.stringify([machine.world.files, machine.world.states]), /rotation|of\/another/)
  })

  test('changes nothing where there are two keys, explains both, and deletes the one that is named', async () => {
    const machine = enrolled()
    const { devices, arn } = machine.aws
    devices.keepKey(arn, 'AKIAIOSFODNN7OTHER77', 'x', machine.world.nowMs - 200 * day)
    await done(machine, refreshing)
    const before = { ...machine.world.files }
    const failure = await refused(machine, rotating())
    assert.match(failure.message, /alice has two access keys already/)
    assert.match(failure.hints.join('\n'), /…ER77 \(active, made 200 days ago, never used\)/)
    assert.match(failure.hints.join('\n'), /--delete-other ER77/)
    assert.deepEqual([machine.world.files, ids(machine).length], [before, 2])
    const wrong = await refused(machine, rotating({ deleteOther: 'MPLE' }))
    assert.match(wrong.message, /no other key that ends in MPLE/)
    assert.equal(ids(machine).length, 2)
    await done(machine, rotating({ deleteOther: 'ER77' }))
    assert.deepEqual(ids(machine), [`${first} false`, `${inUse(machine)} true`])
  })

  test('is told with the least policy that allows it when AWS says no', async () => {
    const machine = enrolled()
    machine.aws.devices.denied.add('CreateAccessKey')
    const failure = await refused(machine, rotating())
    assert.match(failure.message, /AWS denied iam:CreateAccessKey/)
    assert.match(failure.hints.join('\n'), /"iam:CreateAccessKey","iam:UpdateAccessKey","iam:DeleteAccessKey"/)
    assert.deepEqual(ids(machine), [`${first} true`])
    assert.doesNotMatch(machine.world.states['keys.json'] ?? '', /rotation/)
  })

  test('leaves a key alone that somebody else has made while it was cut short', async () => {
    const machine = enrolled()
    await done(machine, refreshing)
    await machine.run(rotating(), {}, async (_, call) =>
      call === 'iam.createAccessKey'
        ? { words: 'killed', when: 'before', error: () => new Error('killed') }
        : undefined,
    )
    machine.world.nowMs += 600_000
    machine.aws.devices.keepKey(machine.aws.arn, 'AKIAIOSFODNN7OTHER77', 'x', machine.world.nowMs)
    const failure = await refused(machine, rotating())
    assert.match(failure.message, /two access keys already/)
    assert.deepEqual(ids(machine), [`${first} true`, 'AKIAIOSFODNN7OTHER77 true'])
  })

  test('needs a person for typed codes, and asks for each', async () => {
    const machine = enrolled()
    machine.world.files.config += 'awsmfa_seed_store = none\n'
    assert.match((await refused(machine, rotating())).message, /codes of profile mfa are typed/)
    const { error } = await machine.run(rotating(), { answer: () => machine.type(alice.serialNumber) })
    assert.equal(error, undefined)
    assert.notEqual(inUse(machine), first)
  })

  test('is not begun on a key that is being moved, nor a move while it is under way', async () => {
    const machine = enrolled()
    await done(machine, rotating())
    assert.match((await refused(machine, moving)).message, /is being rotated: its old key is kept inactive yet/)
    await done(machine, rotating({ deleteNow: true }))
    await done(machine, moving)
  })
})

describe('the age of a key', () => {
  test('is shown with where it is, whether it is alone and when it was used', async () => {
    const machine = enrolled()
    machine.aws.devices.keepKey(
      machine.aws.arn,
      first,
      'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      machine.world.nowMs - 91 * day,
    )
    await done(machine, refreshing)
    const { heard } = await done(machine, (world) => keysStatus(world, { json: true }))
    const { keys } = JSON.parse(heard[0]?.slice('answer '.length) ?? '')
    const { sourceProfile, in: where, keyEnd, ageDays, keys: count, lastUsedAt } = keys[0]
    assert.deepEqual([sourceProfile, where, keyEnd, ageDays, count], ['default', '~/.aws/credentials', 'MPLE', 91, 1])
    assert.ok(lastUsedAt)
    const { heard: plain } = await done(machine, (world) => keysStatus(world, { json: false }))
    assert.match(plain.join(), /age {7}91 days: awsmfa keys rotate/)
  })

  test('beyond 90 days is a warning of doctor, and of status, which asks nobody', async () => {
    const machine = enrolled()
    machine.aws.devices.keepKey(
      machine.aws.arn,
      first,
      'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      machine.world.nowMs - 91 * day,
    )
    machine.aws.devices.deniedWithoutMfa.add('ListAccessKeys')
    await done(machine, refreshing)
    const report = await done(machine, (world) => doctor(world, { json: false }))
    assert.match(report.heard.join('\n').replace(/\s+/g, ' '), /the key ending in MPLE is 91 days old/)
    await done(machine, (world) => keysStatus(world, { json: false }))
    const { heard, calls } = await done(machine, (world) => status(world, { json: false }))
    assert.match(heard.join('\n'), /key {11}91 days old: awsmfa keys rotate --profile default/)
    assert.ok(
      calls.every((call) => !/^(iam|sts|keychain)/.test(call)),
      calls.join(),
    )
  })
})
