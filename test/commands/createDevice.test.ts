import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createDevice } from '../../src/commands/createDevice.js'
import type { CreateDeviceOptions } from '../../src/device/make.js'
import { Failure } from '../../src/errors.js'
import { type AwsWorld, awsWorld } from '../support/awsWorld.js'
import { failsWith } from '../support/failsWith.js'
import type { FakeWorld } from '../support/fakeWorld.js'
import { alice, type StrictSts } from '../support/strictSts.js'

const made = 'arn:aws:iam::123456789012:mfa/awsmfa-alice-laptop'
const phone = alice.serialNumber

function options(changes: Partial<CreateDeviceOptions> = {}): CreateDeviceOptions {
  return { showQr: false, ...changes }
}

const actions = (aws: StrictSts) => aws.log.map(({ action }) => action)
const kept = (aws: StrictSts, serialNumber = made) =>
  aws.iam.devices.find((device) => device.serialNumber === serialNumber)
const enabledDevices = (aws: StrictSts) =>
  aws.iam.devices.filter(({ owner }) => owner !== undefined).map(({ serialNumber }) => serialNumber)

/** Asserts that all is as it should be after a success, with the stand-in and the keychain as judges. */
function expectEnrolled({ world, aws }: AwsWorld, serialNumber = made): void {
  const device = kept(aws, serialNumber)
  assert.equal(device?.owner, alice.arn)
  assert.equal(world.seeds.get(serialNumber)?.reveal(), device?.seed)
  assert.match(world.files.config, new RegExp(`\\[profile mfa\\]\n(.*\n)*mfa_serial = ${serialNumber}\n`))
  assert.match(world.files.config, new RegExp(`awsmfa_created_device = ${serialNumber}\n`))
  assert.match(world.files.credentials, /\[mfa\]\naws_access_key_id = ASIA/)
  assert.equal(world.states['creation.json'], '{}\n')
  assert.equal(device?.device?.driftSteps, 0)
}

/** The flags of a machine without a keychain, and what they make. */
const inFile = options({ seedStore: 'file', newIdentity: 'id.txt' })
const identity = '/home/alice/id.txt'

/** The same with the seed in a file, whose identity was made for it. */
function expectEnrolledInFile({ world, aws }: AwsWorld): void {
  const device = kept(aws)
  assert.equal(device?.owner, alice.arn)
  const seeds = [...world.seedFiles].map(([serialNumber, { seed, key }]) => [serialNumber, seed.reveal(), key])
  assert.deepEqual(seeds, [[made, device?.seed, { kind: 'identity', path: identity }]])
  assert.deepEqual([world.seeds.size, ...world.identities], [0, identity])
  assert.match(
    world.files.config,
    new RegExp(`\nawsmfa_seed_store = file\nawsmfa_seed_file = .+\nawsmfa_seed_identity = ${identity}\n`),
  )
  assert.match(world.files.config, new RegExp(`awsmfa_created_device = ${made}\n`))
  assert.match(world.files.credentials, /\[mfa\]\naws_access_key_id = ASIA/)
  assert.equal(world.states['creation.json'], '{}\n')
}

/** Asserts that nothing is left of a failed creation: at AWS, in the keychain, in the files. */
function expectNothing({ world, aws }: AwsWorld, devices: readonly string[] = []): void {
  assert.deepEqual(
    aws.iam.devices.map(({ serialNumber }) => serialNumber),
    devices,
  )
  assert.deepEqual([world.seeds.size, world.seedFiles.size, world.identities.size], [0, 0, 0])
  assert.equal(world.files.config, '[default]\nregion = eu-west-1\n')
  assert.doesNotMatch(world.files.credentials, /\[mfa\]/)
  assert.match(world.states['creation.json'] ?? '{}\n', /^\{\}\n$/)
}

describe('a user without a device', () => {
  test('gets one with long-term keys alone, and a profile that works', async (t) => {
    const all = await awsWorld(t)
    await createDevice(all.world, options())
    expectEnrolled(all)
    assert.deepEqual(actions(all.aws), [
      'GetCallerIdentity',
      'ListMFADevices',
      'CreateVirtualMFADevice',
      'EnableMFADevice',
      'GetSessionToken',
    ])
    assert.ok(all.world.heard.includes('countdown AWS takes some seconds to make the new device known'))
  })

  test('waits until STS has heard of the device, and asks seldom', async (t) => {
    const all = await awsWorld(t, { propagationMs: 38_000 })
    await createDevice(all.world, options())
    expectEnrolled(all)
    const asked = all.aws.log.filter(({ action }) => action === 'GetSessionToken').map(({ at }) => at)
    assert.ok(asked.length > 1)
    asked.slice(1).forEach((at, index) => {
      assert.ok(at - (asked[index] ?? 0) >= 5_000)
    })
  })

  test('is asked for by name: the user may have a path', async (t) => {
    const arn = 'arn:aws:iam::123456789012:user/eng/alice'
    const { world, aws } = await awsWorld(t, { arn })
    await createDevice(world, options())
    assert.equal(kept(aws)?.owner, arn)
  })

  test('both codes that enabled the device count as sent', async (t) => {
    const { world, aws } = await awsWorld(t)
    await createDevice(world, options())
    const enabling = aws.log.find(({ action }) => action === 'EnableMFADevice')
    const session = aws.log.find(({ action }) => action === 'GetSessionToken')
    const codes = [enabling?.params.AuthenticationCode1, enabling?.params.AuthenticationCode2]
    assert.ok(!codes.includes(session?.params.TokenCode))
    assert.equal(JSON.parse(world.states['ledger.json'] ?? '').devices[made].length, 3)
  })
})

for (const minutes of [-10, 10]) {
  test(`a clock that is ${minutes} minutes off is not baked into the device`, async (t) => {
    const all = await awsWorld(t, { clockOffsetMs: minutes * 60_000 })
    await createDevice(all.world, options())
    expectEnrolled(all)
    assert.ok(all.world.heard.some((line) => /^warn this machine's clock is 10 min/.test(line)))
  })
}

test('a clock that is so far off that signatures are refused is corrected too', async (t) => {
  const all = await awsWorld(t, { clockOffsetMs: 3 * 3_600_000 })
  await createDevice(all.world, options())
  expectEnrolled(all)
})

test("nothing is made while AWS's clock is unknown", async (t) => {
  const all = await awsWorld(t)
  all.aws.fault('after-no-date')
  await failsWith('retry', /clock/, () => createDevice(all.world, options()))
  expectNothing(all)
})

describe('a user who has a device', () => {
  test('types one of its codes, and the new device stands next to it', async (t) => {
    const all = await awsWorld(t, { devices: [phone] })
    all.world.interactive = true
    all.world.typing.push(all.aws.code(phone))
    await createDevice(all.world, options())
    expectEnrolled(all)
    assert.deepEqual(enabledDevices(all.aws), [phone, made])
    assert.ok(all.world.heard.includes(`ask code of ${phone}:`))
  })

  test('may give the code as a flag', async (t) => {
    const all = await awsWorld(t, { devices: [phone] })
    await createDevice(all.world, options({ code: all.aws.code(phone) }))
    expectEnrolled(all)
  })

  test('is not asked when awsmfa can make the code itself', async (t) => {
    const all = await awsWorld(t, { devices: [phone] })
    const { Seed } = await import('../../src/core/seed.js')
    all.world.seeds.set(phone, Seed.parse(alice.seed))
    await createDevice(all.world, options())
    expectEnrolled(all)
  })

  test('must give a code where nobody can be asked, and then nothing was made', async (t) => {
    const all = await awsWorld(t, { devices: [phone] })
    const failure = await failsWith('usage', /a code of .*mfa\/alice is required/, () =>
      createDevice(all.world, options()),
    )
    assert.match(failure.hints.join(), /--code/)
    expectNothing(all, [phone])
  })

  test('with a wrong code gets nothing', async (t) => {
    const all = await awsWorld(t, { devices: [phone] })
    const wrong = all.aws.code(phone, 100)
    await failsWith('act', /refused the code/, () => createDevice(all.world, options({ code: wrong })))
    expectNothing(all, [phone])
  })

  test('chooses among several by number, or by --serial-number', async (t) => {
    const tablet = 'arn:aws:iam::123456789012:mfa/tablet'
    const all = await awsWorld(t, { devices: [phone, tablet] })
    const failure = await failsWith('usage', /several MFA devices/, () =>
      createDevice(all.world, options({ code: '123456' })),
    )
    assert.match(failure.message, /mfa\/tablet/)
    all.world.interactive = true
    all.world.typing.push('2', all.aws.code(tablet))
    await createDevice(all.world, options())
    expectEnrolled(all)
    assert.equal(all.aws.log.find(({ action }) => action === 'GetSessionToken')?.params.SerialNumber, tablet)
  })

  test('that is a passkey only is told why that does not help', async (t) => {
    const all = await awsWorld(t, { others: ['arn:aws:iam::123456789012:u2f/user/alice/key-ABCDEF'] })
    await failsWith('act', /passkeys or security keys only/, () => createDevice(all.world, options()))
    expectNothing(all)
  })

  test('and may not list devices is asked for it once AWS wants it', async (t) => {
    const all = await awsWorld(t, { devices: [phone] })
    all.aws.iam.denied.add('ListMFADevices')
    all.world.interactive = true
    all.world.typing.push(phone, all.aws.code(phone))
    await createDevice(all.world, options())
    expectEnrolled(all)
    assert.ok(all.world.heard.some((line) => /^say AWS does not allow alice to list/.test(line)))
  })

  test("and may not list devices is told AWS's no where nobody can be asked", async (t) => {
    const all = await awsWorld(t, { devices: [phone] })
    all.aws.iam.denied.add('ListMFADevices')
    const failure = await failsWith('act', /only with a code/, () => createDevice(all.world, options()))
    assert.match(failure.hints.join(), /--code .*--serial-number/)
    expectNothing(all, [phone])
    all.aws.iam.denied.add('CreateVirtualMFADevice')
    const denial = await failsWith('act', /denied iam:CreateVirtualMFADevice/, () => createDevice(all.world, options()))
    assert.match(denial.hints.join(), /"Version"/)
    expectNothing(all, [phone])
  })

  test('and may do nothing without MFA gets the device with it', async (t) => {
    const all = await awsWorld(t, { devices: [phone] })
    for (const action of ['ListMFADevices', 'CreateVirtualMFADevice', 'EnableMFADevice']) {
      all.aws.iam.deniedWithoutMfa.add(action)
    }
    await createDevice(all.world, options({ serialNumber: phone, code: all.aws.code(phone) }))
    expectEnrolled(all)
  })
})

describe('where there is no keychain', () => {
  /** A World whose keychain nobody may touch. */
  const withoutKeychain = ({ world }: AwsWorld): FakeWorld => {
    const fail = async () => {
      throw new Failure('act', 'no keychain here', 'log in to the desktop')
    }
    return Object.assign(world, { keychain: { get: fail, set: fail, delete: fail } })
  }

  test('the seed is kept in a file, with a new identity, and the keychain is not asked', async (t) => {
    const all = await awsWorld(t, { devices: [phone] })
    await createDevice(withoutKeychain(all), { ...inFile, code: all.aws.code(phone) })
    expectEnrolledInFile(all)
    assert.ok(all.world.heard.some((line) => /^say the seed is in the file /.test(line)))
  })

  test('a person types the code of the phone, whose seed is nowhere here', async (t) => {
    const all = await awsWorld(t, { devices: [phone] })
    all.world.interactive = true
    all.world.typing.push(all.aws.code(phone))
    await createDevice(withoutKeychain(all), inFile)
    expectEnrolledInFile(all)
  })

  test('or with a key that is there already', async (t) => {
    for (const [key, written] of [
      [{ identity: '/k/id' }, 'awsmfa_seed_identity = /k/id'],
      [{ passphraseFile: '/k/p' }, 'awsmfa_seed_passphrase_file = /k/p'],
      [{ passphraseCommand: 'pass show x' }, 'awsmfa_seed_passphrase_command = pass show x'],
    ] as const) {
      const all = await awsWorld(t)
      await createDevice(withoutKeychain(all), options({ seedStore: 'file', ...key }))
      assert.equal(all.world.seedFiles.get(made)?.seed.reveal(), kept(all.aws)?.seed)
      assert.ok(all.world.files.config.includes(`${written}\n`))
      assert.equal(all.world.identities.size, 0)
    }
  })

  test('the file is named as the way out, and never taken by itself', async (t) => {
    const all = await awsWorld(t)
    const { hints } = await failsWith('act', /no keychain/, () => createDevice(withoutKeychain(all), options()))
    assert.equal(hints[0], 'on a machine without a keychain: add --seed-store file --new-identity FILE')
    assert.ok(!actions(all.aws).includes('CreateVirtualMFADevice'))
    expectNothing(all)
  })

  test('nothing is made at AWS when the file or its key is unusable', async (t) => {
    for (const flags of [inFile, options({ seedStore: 'file', identity: '/k/id' })]) {
      const all = await awsWorld(t)
      const world = withoutKeychain(all)
      const check = async () => {
        throw new Failure('act', 'read-only', 'mount it')
      }
      const broken = { ...world, seedFile: { ...world.seedFile, check } }
      await failsWith('act', /read-only/, () => createDevice(broken, flags))
      assert.ok(!actions(all.aws).includes('CreateVirtualMFADevice'))
      expectNothing(all)
    }
    const all = await awsWorld(t)
    all.world.identities.add(identity)
    await failsWith('usage', /exists already/, () => createDevice(withoutKeychain(all), inFile))
    assert.ok(!actions(all.aws).includes('CreateVirtualMFADevice'))
    assert.deepEqual([...all.world.identities], [identity])
  })

  test('nobody is asked for a code while the key is unusable, and it is tried once', async (t) => {
    const all = await awsWorld(t, { devices: [phone] })
    const world = Object.assign(withoutKeychain(all), { interactive: true })
    const flags = options({ seedStore: 'file', identity: '/k/id' })
    const trying: string[] = []
    const check = async () => {
      trying.push(...world.heard.filter((line) => line.startsWith('ask ')), 'tried')
      if (trying.length === 1) throw new Failure('act', 'no identity', 'mount it')
    }
    const seedFile = { ...world.seedFile, check }
    await failsWith('act', /no identity/, () => createDevice({ ...world, seedFile }, flags))
    world.typing.push(all.aws.code(phone))
    await createDevice({ ...world, seedFile }, flags)
    assert.deepEqual(trying, ['tried', 'tried'])
  })

  test('flags that do not fit together are refused before AWS is asked', async (t) => {
    const { world, aws } = await awsWorld(t)
    await failsWith('usage', /needs a key/, () => createDevice(world, options({ seedStore: 'file' })))
    await failsWith('usage', /not what it is for/, () => createDevice(world, options({ newIdentity: 'id.txt' })))
    assert.deepEqual([aws.log.length, world.identities.size], [0, 0])
  })

  for (const action of ['CreateVirtualMFADevice', 'EnableMFADevice']) {
    test(`what was made is removed again with its identity when AWS denies iam:${action}`, async (t) => {
      const all = await awsWorld(t, { devices: [phone] })
      all.aws.iam.denied.add(action)
      const flags = { ...inFile, code: all.aws.code(phone) }
      await failsWith('act', new RegExp(action), () => createDevice(withoutKeychain(all), flags))
      expectNothing(all, [phone])
    })
  }

  test('what was made is removed again when the file does not take the seed', async (t) => {
    const all = await awsWorld(t)
    const world = withoutKeychain(all)
    const set = async () => {
      throw new Failure('act', 'disk full', 'hint')
    }
    await failsWith('act', /disk full/, () => createDevice({ ...world, seedFile: { ...world.seedFile, set } }, inFile))
    expectNothing(all)
  })

  test('an identity stays with a first device that works and may not be removed: the next run goes on', async (t) => {
    const all = await awsWorld(t, { propagationMs: 300_000 })
    const world = withoutKeychain(all)
    await failsWith('act', /could not check a code/, () => createDevice(world, inFile))
    assert.deepEqual([...world.seedFiles.keys(), ...world.identities], [made, identity])
    world.nowMs += 300_000
    await createDevice(world, inFile)
    expectEnrolledInFile(all)
  })

  test('a name that is taken costs no identity', async (t) => {
    const all = await awsWorld(t, { devices: [made] })
    await createDevice(withoutKeychain(all), { ...inFile, code: all.aws.code(made) })
    assert.deepEqual([...all.world.seedFiles.keys(), ...all.world.identities], [`${made}-2`, identity])
    all.world.files.config = '[default]\nregion = eu-west-1\n'
    all.world.identities.clear()
    all.world.seedFiles.clear()
    all.world.nowMs += 60_000
    const flags = { ...inFile, deviceName: 'awsmfa-alice-laptop', serialNumber: made, code: all.aws.code(made) }
    await failsWith('act', /exists already/, () => createDevice(all.world, flags))
    assert.deepEqual([all.world.seedFiles.size, all.world.identities.size], [0, 0])
  })
})

describe('the name of the device', () => {
  test('has a number when it is taken', async (t) => {
    const all = await awsWorld(t, { devices: [made] })
    await createDevice(all.world, options({ code: all.aws.code(made) }))
    expectEnrolled(all, `${made}-2`)
  })

  test('may be given, and is not changed then', async (t) => {
    const all = await awsWorld(t)
    await createDevice(all.world, options({ deviceName: 'my-laptop' }))
    expectEnrolled(all, 'arn:aws:iam::123456789012:mfa/my-laptop')
    const again = options({ deviceName: 'my-laptop', mfaProfile: 'second' })
    await failsWith('act', /my-laptop exists already/, () => createDevice(all.world, again))
    expectEnrolled(all, 'arn:aws:iam::123456789012:mfa/my-laptop')
  })

  test('must be one', async (t) => {
    const { world, aws } = await awsWorld(t)
    await failsWith('usage', /--device-name/, () => createDevice(world, options({ deviceName: 'a/b' })))
    assert.equal(aws.log.length, 0)
  })
})

describe('nothing is made', () => {
  test('when the profile has a seed already', async (t) => {
    const all = await awsWorld(t)
    await createDevice(all.world, options())
    const before = all.aws.log.length
    await failsWith('usage', /enrolled already/, () => createDevice(all.world, options()))
    assert.equal(all.aws.log.length, before)
  })

  test('when the keychain cannot be reached, or a file cannot be written', async (t) => {
    const all = await awsWorld(t)
    const locked = async () => {
      throw new Failure('act', 'locked', 'unlock it')
    }
    const withoutKeychain = { ...all.world, keychain: { ...all.world.keychain, get: locked } }
    await failsWith('act', /locked/, () => createDevice(withoutKeychain, options()))
    const withoutFiles = { ...all.world, awsFiles: { ...all.world.awsFiles, checkWritable: locked } }
    await failsWith('act', /locked/, () => createDevice(withoutFiles, options()))
    assert.ok(!actions(all.aws).includes('CreateVirtualMFADevice'))
    expectNothing(all)
  })

  test('for the root user', async (t) => {
    const all = await awsWorld(t, { arn: 'arn:aws:iam::123456789012:root' })
    await failsWith('act', /root user/, () => createDevice(all.world, options()))
    expectNothing(all)
  })
})

describe('what was made is removed again', () => {
  for (const action of ['CreateVirtualMFADevice', 'EnableMFADevice']) {
    test(`when AWS denies iam:${action}; the policy that would allow it is told`, async (t) => {
      const all = await awsWorld(t, { devices: [phone] })
      all.aws.iam.denied.add(action)
      const failure = await failsWith('act', new RegExp(action), () =>
        createDevice(all.world, options({ code: all.aws.code(phone) })),
      )
      assert.match(failure.hints.join('\n'), /"Action":\["iam:CreateVirtualMFADevice"/)
      expectNothing(all, [phone])
    })
  }

  test('when the keychain does not take the seed', async (t) => {
    const all = await awsWorld(t)
    const set = async () => {
      throw new Failure('act', 'the keychain is full', 'hint')
    }
    const full = { ...all.world, keychain: { ...all.world.keychain, set } }
    await failsWith('act', /full/, () => createDevice(full, options()))
    expectNothing(all)
  })

  test('when STS never hears of the device', async (t) => {
    const all = await awsWorld(t, { devices: [phone], propagationMs: 3_600_000 })
    await failsWith('act', /could not check a code/, () =>
      createDevice(all.world, options({ code: all.aws.code(phone) })),
    )
    expectNothing(all, [phone])
  })

  for (const file of ['credentials', 'config'] as const) {
    test(`when the ${file} file cannot be written after all`, async (t) => {
      const all = await awsWorld(t)
      const edit: FakeWorld['awsFiles']['edit'] = async (which, change) => {
        if (which === file) throw new Failure('act', `cannot write ${file}`, 'hint')
        await all.world.awsFiles.edit(which, change)
      }
      const broken = { ...all.world, awsFiles: { ...all.world.awsFiles, edit } }
      await failsWith('act', /cannot write/, () => createDevice(broken, options()))
      if (file === 'config') expectNothing(all)
      else assert.deepEqual(all.aws.iam.devices, [])
    })
  }

  test('when an answer is lost: whether the device was made is not known, and does not matter', async (t) => {
    const all = await awsWorld(t, { devices: [phone] })
    const code = all.aws.code(phone)
    all.aws.fault('none', 3)
    all.aws.fault('after-drop')
    await failsWith('retry', /broke off/, () => createDevice(all.world, options({ code })))
    assert.equal(actions(all.aws)[3], 'CreateVirtualMFADevice')
    expectNothing(all, [phone])
  })

  test('or an administrator is told how, when the policy does not allow that', async (t) => {
    const all = await awsWorld(t, { devices: [phone] })
    all.aws.iam.denied.add('EnableMFADevice').add('DeleteVirtualMFADevice')
    await failsWith('act', /EnableMFADevice/, () => createDevice(all.world, options({ code: all.aws.code(phone) })))
    assert.ok(
      all.world.heard.some((line) => line.includes(`aws iam delete-virtual-mfa-device --serial-number ${made}`)),
    )
    assert.equal(all.world.seeds.size, 0)
    assert.equal(all.world.states['creation.json'], '{}\n')
  })

  test('but not a first device that works: without it the user could change nothing any more', async (t) => {
    const all = await awsWorld(t, { propagationMs: 300_000 })
    await failsWith('act', /could not check a code/, () => createDevice(all.world, options()))
    assert.equal(kept(all.aws)?.owner, alice.arn)
    assert.ok(all.world.seeds.has(made))
    all.world.nowMs += 300_000
    await createDevice(all.world, options())
    expectEnrolled(all)
    assert.deepEqual(enabledDevices(all.aws), [made])
  })
})

describe('a run that was cut short', () => {
  class Crash extends Error {}

  /**
   * Runs with a World whose n-th effect never comes back, as if the process had been killed at it.
   *
   * @returns whether there was such an effect
   */
  async function crashAt(
    all: AwsWorld,
    n: number,
    when: 'before' | 'after',
    flags: CreateDeviceOptions,
  ): Promise<boolean> {
    let effects = 0
    const deadly = <A extends unknown[], R>(effect: (...args: A) => Promise<R>) => {
      return async (...args: A): Promise<R> => {
        effects += 1
        // A dead process does nothing more, not even undo.
        if (effects > n || (effects === n && when === 'before')) throw new Crash()
        const result = await effect(...args)
        if (effects === n) {
          effects += 1
          throw new Crash()
        }
        return result
      }
    }
    const { world } = all
    const { iam, keychain, seedFile, sts, state, awsFiles } = world
    const mortal = {
      ...world,
      sts: { ...sts, getSessionToken: deadly(sts.getSessionToken) },
      iam: {
        ...iam,
        createVirtualDevice: deadly(iam.createVirtualDevice),
        enableDevice: deadly(iam.enableDevice),
        resync: deadly(iam.resync),
        deactivateDevice: deadly(iam.deactivateDevice),
        deleteVirtualDevice: deadly(iam.deleteVirtualDevice),
      },
      keychain: { ...keychain, set: deadly(keychain.set), delete: deadly(keychain.delete) },
      seedFile: {
        ...seedFile,
        set: deadly(seedFile.set),
        delete: deadly(seedFile.delete),
        removeIdentity: deadly(seedFile.removeIdentity),
        makeIdentity: async (path: string, owner: string, mayAdopt: boolean) => {
          const { adopted, keep, remove } = await seedFile.makeIdentity(path, owner, mayAdopt)
          return { adopted, keep, remove: () => (effects < n ? remove() : undefined) }
        },
      },
      state: { ...state, edit: deadly(state.edit) },
      awsFiles: { ...awsFiles, edit: deadly(awsFiles.edit) },
    }
    try {
      await createDevice(mortal, { ...flags, code: all.aws.code(phone) })
      return false
    } catch (error) {
      // A roll-back that dies with the process may still end in the error that it was for.
      if (effects < n) throw error
      return true
    }
  }

  for (const when of ['before', 'after'] as const) {
    test(`${when} any step is finished or cleaned up by the next one, with no orphan`, async (t) => {
      let n = 1
      for (; ; n += 1) {
        const all = await awsWorld(t, { devices: [phone] })
        if (!(await crashAt(all, n, when, options()))) break
        all.world.nowMs += 60_000
        const next = await createDevice(all.world, options({ code: all.aws.code(phone) })).then(
          () => undefined,
          (error: unknown) => error,
        )
        // Only when all was done but the last word.
        if (next !== undefined) assert.match(String(next), /enrolled already/, `step ${n}`)
        expectEnrolled(all)
        assert.deepEqual(enabledDevices(all.aws), [phone, made], `step ${n}`)
        assert.equal(all.aws.iam.devices.length, 2, `step ${n}`)
        assert.deepEqual([...all.world.seeds.keys()], [made], `step ${n}`)
      }
      assert.ok(n > 10, String(n))
    })

    test(`${when} any step, with the seed in a file, is ended as well, and no seed file or identity is orphaned`, async (t) => {
      let refused = 0
      let n = 1
      for (; ; n += 1) {
        const all = await awsWorld(t, { devices: [phone] })
        if (!(await crashAt(all, n, when, inFile))) break
        all.world.nowMs += 60_000
        const code = all.aws.code(phone)
        const run = async (flags: CreateDeviceOptions) =>
          await createDevice(all.world, { ...flags, code }).then(
            () => '',
            (error: unknown) => String(error),
          )
        let next = await run(inFile)
        if (/id\.txt exists already/.test(next)) {
          // Killed between the identity and the first word about it: it opens nothing yet, and the hint says how to go on.
          refused += 1
          next = await run({ ...inFile, newIdentity: undefined, identity: 'id.txt' })
        }
        if (next !== '') assert.match(next, /enrolled already/, `step ${n}`)
        expectEnrolledInFile(all)
        assert.deepEqual(enabledDevices(all.aws), [phone, made], `step ${n}`)
        assert.equal(all.aws.iam.devices.length, 2, `step ${n}`)
      }
      assert.ok(n > 10, String(n))
      assert.ok(refused <= 1, String(refused))
    })

    test(`${when} any step is settled with the store that it went to, whatever the next one wants`, async (t) => {
      const ends = new Set<string>()
      for (let n = 1; ; n += 1) {
        const all = await awsWorld(t, { devices: [phone] })
        if (!(await crashAt(all, n, when, inFile))) break
        const known = (all.world.states['creation.json'] ?? '{}\n') !== '{}\n'
        all.world.nowMs += 60_000
        await createDevice(all.world, options({ code: all.aws.code(phone) })).catch((error: unknown) => {
          assert.match(String(error), /enrolled already/, `step ${n}`)
        })
        if (all.world.seeds.size === 0) expectEnrolledInFile(all)
        else {
          expectEnrolled(all)
          assert.equal(all.world.seedFiles.size, 0, `step ${n}`)
          if (known) assert.equal(all.world.identities.size, 0, `step ${n}`)
        }
        assert.equal(all.aws.iam.devices.length, 2, `step ${n}`)
        ends.add(all.world.seeds.size === 0 ? 'finished' : 'removed')
      }
      assert.equal(ends.size, 2)
    })

    test(`${when} any step of taking a failed one back goes on with that`, async (t) => {
      let n = 1
      for (; ; n += 1) {
        const all = await awsWorld(t, { devices: [phone] })
        all.aws.iam.denied.add('EnableMFADevice')
        const crashed = await crashAt(all, n, when, inFile).catch((error: unknown) => {
          assert.match(String(error), /EnableMFADevice/)
          return false
        })
        if (!crashed) {
          expectNothing(all, [phone])
          break
        }
        all.world.nowMs += 60_000
        const code = all.aws.code(phone)
        const known = all.world.states['creation.json'] !== undefined
        await createDevice(all.world, { ...inFile, code }).catch((error: unknown) => {
          assert.match(String(error), known ? /EnableMFADevice/ : /exists already|EnableMFADevice/, `step ${n}`)
        })
        assert.deepEqual([all.world.seedFiles.size, all.aws.iam.devices.length], [0, 1], `step ${n}`)
        if (known) expectNothing(all, [phone])
      }
      assert.ok(n > 10, String(n))
    })
  }

  test('and had its seed in the keychain before other places were known is finished from there', async (t) => {
    const all = await awsWorld(t)
    const getSessionToken = async () => {
      throw new Crash()
    }
    const iam = { ...all.world.iam, deleteVirtualDevice: getSessionToken }
    const mortal = { ...all.world, sts: { ...all.world.sts, getSessionToken }, iam }
    await assert.rejects(createDevice(mortal, options()), Crash)
    const { codes, ...old } = JSON.parse(all.world.states['creation.json'] ?? '')
    assert.deepEqual(codes, { kind: 'keychain' })
    all.world.states['creation.json'] = JSON.stringify(old)
    all.world.nowMs += 60_000
    await createDevice(all.world, inFile)
    expectEnrolled(all)
    assert.deepEqual([all.world.seedFiles.size, all.world.identities.size], [0, 0])
  })

  test('leaves its identity to a profile that was enrolled with it since', async (t) => {
    const all = await awsWorld(t)
    const enableDevice = async () => {
      throw new Crash()
    }
    const mortal = { ...all.world, iam: { ...all.world.iam, enableDevice, deleteVirtualDevice: enableDevice } }
    await assert.rejects(createDevice(mortal, inFile), Crash)
    all.world.files.config += `\n[profile other]\nawsmfa_source_profile = x\nawsmfa_seed_identity = ${identity}\n`
    await createDevice(all.world, options())
    assert.deepEqual([all.world.seedFiles.size, ...all.world.identities], [0, identity])
  })

  test('after enabling is finished without another code', async (t) => {
    const all = await awsWorld(t)
    const getSessionToken = async () => {
      throw new Crash()
    }
    const mortal = { ...all.world, sts: { ...all.world.sts, getSessionToken }, iam: { ...all.world.iam } }
    mortal.iam.deleteVirtualDevice = getSessionToken
    await assert.rejects(createDevice(mortal, options()), Crash)
    all.world.nowMs += 3_600_000
    await createDevice(all.world, options())
    expectEnrolled(all)
    assert.equal(actions(all.aws).filter((action) => action === 'CreateVirtualMFADevice').length, 1)
  })

  test('where nothing may be deleted without MFA: an administrator is told, and another name is taken', async (t) => {
    const all = await awsWorld(t)
    all.aws.iam.deniedWithoutMfa.add('DeleteVirtualMFADevice')
    const enableDevice = async () => {
      throw new Crash()
    }
    const mortal = { ...all.world, iam: { ...all.world.iam, enableDevice, deleteVirtualDevice: enableDevice } }
    await assert.rejects(createDevice(mortal, options()), Crash)
    assert.equal(kept(all.aws)?.owner, undefined)
    // As if it had been killed before it could have sent the codes.
    const creation = JSON.parse(all.world.states['creation.json'] ?? '')
    all.world.states['creation.json'] = JSON.stringify({ ...creation, phase: 'created' })
    await createDevice(all.world, options())
    expectEnrolled(all, `${made}-2`)
    assert.deepEqual([...all.world.seeds.keys()], [`${made}-2`])
    assert.ok(all.world.heard.some((line) => line.endsWith(`delete-virtual-mfa-device --serial-number ${made}`)))
  })

  test('for another user is left for that user', async (t) => {
    const all = await awsWorld(t)
    const creation = { serialNumber: made, userArn: 'arn:aws:iam::123456789012:user/bob', sourceProfile: 'bob' }
    all.world.states['creation.json'] = JSON.stringify({ ...creation, phase: 'enabling' })
    const failure = await failsWith('act', /another user/, () => createDevice(all.world, options()))
    assert.match(failure.hints.join(), /--profile bob/)
    assert.ok(!actions(all.aws).includes('DeleteVirtualMFADevice'))
  })
})

describe('--show-qr', () => {
  test('draws the code once, after a warning', async (t) => {
    const { world } = await awsWorld(t)
    world.interactive = true
    Object.assign(world.terminal, { answersToTerminal: true })
    world.typing.push('y')
    await createDevice(world, options({ showQr: true }))
    const warning = world.heard.findIndex((line) => /^warn whoever sees/.test(line))
    const drawing = world.heard.findIndex((line) => line.startsWith('answer ') && line.includes('▀'))
    assert.ok(warning >= 0 && drawing > warning)
  })

  test('needs a terminal', async (t) => {
    const { world, aws } = await awsWorld(t)
    await failsWith('usage', /--show-qr needs a terminal/, () => createDevice(world, options({ showQr: true })))
    assert.equal(aws.log.length, 0)
  })
})
