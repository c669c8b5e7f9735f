import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type EnrollOptions, enroll } from '../../src/commands/enroll.js'
import { Seed } from '../../src/core/seed.js'
import { Failure, StsFailure } from '../../src/errors.js'
import { failsWith } from '../support/failsWith.js'
import { alice, type FakeWorld, fakeWorld } from '../support/fakeWorld.js'

const other = Seed.parse('NB2W45DFOIZANB2W45DFOIZANB2W45DF')

/** A person who is not enrolled yet and pipes the seed in. */
function newcomer(): FakeWorld {
  const world = fakeWorld()
  world.files.config = alice.config
  world.seeds.clear()
  world.input = alice.seed.reveal()
  return world
}

function options(changes: Partial<EnrollOptions> = {}): EnrollOptions {
  return { seedStdin: false, hardwareToken: false, replace: false, serialNumber: alice.serialNumber, ...changes }
}

/** Asserts that a failed enrolment has left no trace: files, keychain, and what `status` shows. */
async function nothingKept(world: FakeWorld, work: () => Promise<unknown>): Promise<void> {
  const before = structuredClone(world.files)
  const seeds = new Map(world.seeds)
  await work()
  assert.deepEqual(world.files, before)
  assert.deepEqual(world.seeds, seeds)
  assert.equal(world.states['outcomes.json'], undefined)
}

test('puts the seed in the keychain, the settings in the config file and the session in the credentials file', async () => {
  const world = newcomer()
  await enroll(world, options())
  assert.ok(world.seeds.get(alice.serialNumber)?.equals(alice.seed))
  assert.equal(
    world.files.config,
    `${alice.config}\n[profile mfa]\nregion = eu-west-1\nmfa_serial = ${alice.serialNumber}\nawsmfa_source_profile = default\n`,
  )
  assert.match(world.files.credentials, /\[mfa\]\naws_access_key_id = ASIA/)
  assert.ok(world.heard.some((line) => /^say profile mfa is enrolled and good until/.test(line)))
})

test('settings that are not the default are remembered', async () => {
  const world = newcomer()
  world.files.credentials = world.files.credentials.replace('[default]', '[login]')
  await enroll(world, options({ sourceProfile: 'login', mfaProfile: 'work', durationSeconds: 3600 }))
  assert.match(
    world.files.config,
    /\[profile work\]\n.*awsmfa_source_profile = login\nawsmfa_duration_seconds = 3600\n/s,
  )
  assert.equal(world.requests[0]?.durationSeconds, 3600)
})

test('region and output are copied when the section is made, and never again', async () => {
  const world = newcomer()
  world.files.config = '[default]\nregion = eu-west-1\noutput = text\n'
  await enroll(world, options())
  assert.match(world.files.config, /\[profile mfa\]\nregion = eu-west-1\noutput = text\nmfa_serial/)
  world.files.config = world.files.config.replace('[default]\nregion = eu-west-1', '[default]\nregion = us-east-1')
  await enroll(world, options({ replace: true }))
  assert.match(world.files.config, /\[profile mfa\]\nregion = eu-west-1\noutput = text\n/)
})

test('an output that not all tools read alike is not copied, and does not stop the enrolment', async () => {
  const world = newcomer()
  world.files.config = '[default]\noutput = json # nice\n'
  await enroll(world, options())
  assert.match(world.files.config, /\[profile mfa\]\nmfa_serial/)
})

test('on a terminal the seed is asked for without showing it', async () => {
  const world = newcomer()
  world.input = undefined
  world.interactive = true
  world.typing.push(alice.seed.reveal())
  await enroll(world, options())
  assert.ok(world.heard.some((line) => line.startsWith('hidden seed of arn:')))
  assert.ok(world.seeds.has(alice.serialNumber))
})

describe('the serial number', () => {
  test('is taken from the source profile when no flag names it', async () => {
    const world = newcomer()
    world.files.config = `[default]\nmfa_serial = ${alice.serialNumber}\n`
    await enroll(world, options({ serialNumber: undefined }))
    assert.equal(world.requests[0]?.serialNumber, alice.serialNumber)
  })

  test('is asked for on a terminal', async () => {
    const world = newcomer()
    world.interactive = true
    world.typing.push(alice.serialNumber)
    await enroll(world, options({ serialNumber: undefined }))
    assert.equal(world.requests[0]?.serialNumber, alice.serialNumber)
  })

  test('is required when nobody can be asked', async () => {
    await failsWith('usage', /--serial-number is required/, () =>
      enroll(newcomer(), options({ serialNumber: undefined })),
    )
  })

  test('of a hardware token needs --hardware-token, for nobody can read its seed', async () => {
    const failure = await failsWith('usage', /hardware token/, () =>
      enroll(newcomer(), options({ serialNumber: 'GAHT12345678' })),
    )
    assert.match(failure.hints.join(), /--hardware-token/)
  })
})

describe('nothing is kept', () => {
  test('when AWS refuses the codes', async () => {
    const facts = { reason: 'code-refused', codeMayBeSpent: true, clockOffsetMs: 0 } as const
    const world = fakeWorld({
      sts: async () => {
        throw new StsFailure('act', 'refused', 'hint', facts)
      },
    })
    world.files.config = alice.config
    world.seeds.clear()
    world.input = alice.seed.reveal()
    await nothingKept(world, () => failsWith('act', /refused/, () => enroll(world, options())))
  })

  test('when the seed is none', async () => {
    const world = newcomer()
    world.input = 'this is not one of the seeds, which have no 0, 1, 8 or 9'
    await nothingKept(world, () => failsWith('usage', /not base32/, () => enroll(world, options())))
    assert.equal(world.requests.length, 0)
  })

  test('when the keychain cannot be reached, which is found out before the seed is asked for', async () => {
    const world = newcomer()
    world.interactive = true
    world.input = undefined
    const get = async () => {
      throw new Failure('act', 'the keyring is locked', 'unlock it')
    }
    const locked = { ...world, keychain: { ...world.keychain, get } }
    await nothingKept(world, () => failsWith('act', /locked/, () => enroll(locked, options())))
    assert.deepEqual(world.heard, [])
  })

  test('not even the session in a profile that held an older one', async () => {
    const world = newcomer()
    world.files.credentials += '\n[mfa]\naws_access_key_id = ASIAOLD\naws_session_token = old\ncolour = blue\n'
    const edit: FakeWorld['awsFiles']['edit'] = async (which, change) => {
      if (which === 'config') throw new Failure('act', 'cannot write config', 'hint')
      await world.awsFiles.edit(which, change)
    }
    const broken = { ...world, awsFiles: { ...world.awsFiles, edit } }
    await nothingKept(world, () => failsWith('act', /cannot write config/, () => enroll(broken, options())))
  })

  test('when the keychain does not take the seed', async () => {
    const world = newcomer()
    const set = async () => {
      throw new Failure('act', 'the keychain is full', 'hint')
    }
    const full = { ...world, keychain: { ...world.keychain, set } }
    await nothingKept(world, () => failsWith('act', /full/, () => enroll(full, options())))
  })

  for (const file of ['credentials', 'config'] as const) {
    test(`when the ${file} file cannot be written after all: the seed is taken back`, async () => {
      const world = newcomer()
      const edit: FakeWorld['awsFiles']['edit'] = async (which, change) => {
        if (which === file) throw new Failure('act', `cannot write ${file}`, 'hint')
        await world.awsFiles.edit(which, change)
      }
      const broken = { ...world, awsFiles: { ...world.awsFiles, edit } }
      await nothingKept(world, () =>
        failsWith('act', new RegExp(`cannot write ${file}`), () => enroll(broken, options())),
      )
    })
  }

  test('when the source profile is the MFA profile, holds temporary keys, or does not exist', async () => {
    const world = newcomer()
    for (const wrong of [{ mfaProfile: 'default' }, { sourceProfile: 'nowhere' }]) {
      await nothingKept(world, () => failsWith('act', /profile/, () => enroll(world, options(wrong))))
    }
    world.files.credentials = world.files.credentials.replace('AKIA', 'ASIA')
    await nothingKept(world, () => failsWith('act', /temporary keys/, () => enroll(world, options())))
    assert.equal(world.requests.length, 0)
  })
})

describe('a device that is enrolled already', () => {
  test('needs --replace when nobody can be asked', async () => {
    const world = fakeWorld()
    world.input = other.reveal()
    await nothingKept(world, async () => {
      const failure = await failsWith('usage', /enrolled already/, () => enroll(world, options()))
      assert.match(failure.hints.join(), /--replace/)
    })
  })

  test('takes its own seed again, as after a kill at the end', async () => {
    const world = fakeWorld()
    world.input = alice.seed.reveal()
    await enroll(world, options())
    assert.ok(world.heard.some((line) => /profile mfa is enrolled and good until/.test(line)))
  })

  test('takes its own identity for a seed file again, as after a kill at the end', async () => {
    const world = fakeWorld()
    world.input = alice.seed.reveal()
    const file = options({ seedStore: 'file', newIdentity: '/home/alice/id.txt' })
    await enroll(world, file)
    await enroll(world, file)
    assert.equal(world.requests.length, 2)
  })

  test('is asked about on a terminal, and no means that nothing changes', async () => {
    const world = fakeWorld()
    world.interactive = true
    world.typing.push('n')
    await nothingKept(world, () => failsWith('usage', /stays as it is/, () => enroll(world, options())))
    world.typing.push('y', other.reveal())
    await enroll(world, options())
    assert.ok(world.seeds.get(alice.serialNumber)?.equals(other))
  })

  test('keeps its old seed when the new one does not pass', async () => {
    const facts = { reason: 'device-refused', codeMayBeSpent: true, clockOffsetMs: 0 } as const
    const world = fakeWorld({
      sts: async () => {
        throw new StsFailure('act', 'refused', 'hint', facts)
      },
    })
    world.input = other.reveal()
    await failsWith('act', /refused/, () => enroll(world, options({ replace: true })))
    assert.ok(world.seeds.get(alice.serialNumber)?.equals(alice.seed))
  })

  test('gets its old seed back when the new session cannot be written', async () => {
    const world = fakeWorld()
    world.input = other.reveal()
    const edit = async () => {
      throw new Failure('act', 'cannot write', 'hint')
    }
    const broken = { ...world, awsFiles: { ...world.awsFiles, edit } }
    await failsWith('act', /cannot write/, () => enroll(broken, options({ replace: true })))
    assert.ok(world.seeds.get(alice.serialNumber)?.equals(alice.seed))
  })
})

describe('--hardware-token', () => {
  const token = options({ serialNumber: 'GAHT12345678', hardwareToken: true })

  test('keeps the settings without a seed and without touching the keychain', async () => {
    const world = newcomer()
    const untouchable = () => assert.fail('the keychain was touched')
    await enroll(
      {
        ...world,
        keychain: {
          get: untouchable,
          set: untouchable,
          getKeys: untouchable,
          setKeys: untouchable,
          delete: untouchable,
        },
      },
      token,
    )
    assert.match(
      world.files.config,
      /mfa_serial = GAHT12345678\nawsmfa_source_profile = default\nawsmfa_seed_store = none\n/,
    )
    assert.equal(world.requests.length, 0)
  })

  test('proves itself with a typed code where somebody can type it', async () => {
    const world = newcomer()
    world.interactive = true
    world.typing.push('012345')
    await enroll(world, token)
    assert.equal(world.requests[0]?.code, '012345')
    assert.match(world.files.credentials, /\[mfa\]/)
  })
})
