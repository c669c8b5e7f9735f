import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type EnrollOptions, enroll } from '../../src/commands/enroll.js'
import { refresh } from '../../src/commands/refresh.js'
import { status } from '../../src/commands/status.js'
import { unenroll } from '../../src/commands/unenroll.js'
import { parseLedger } from '../../src/core/ledger.js'
import { StsFailure } from '../../src/errors.js'
import { failsWith } from '../support/failsWith.js'
import { alice, type FakeParts, type FakeWorld, fakeWorld } from '../support/fakeWorld.js'

const all = { mfaProfiles: [], force: true, quiet: false }
const program = 'pass otp aws'

function newcomer(parts?: FakeParts): FakeWorld {
  const world = fakeWorld(parts)
  world.files.config = alice.config
  world.seeds.clear()
  world.input = alice.seed.reveal()
  return world
}

function options(changes: Partial<EnrollOptions> = {}): EnrollOptions {
  return { seedStdin: false, hardwareToken: false, replace: false, serialNumber: alice.serialNumber, ...changes }
}

function refusal(): StsFailure {
  return new StsFailure('act', 'AWS refused the code', 'check it', {
    reason: 'code-refused',
    codeMayBeSpent: true,
    clockOffsetMs: 0,
  })
}

/** Enrolled by hand with a command, which prints one code. */
function withProgram(parts?: FakeParts): FakeWorld {
  const world = fakeWorld(parts)
  world.seeds.clear()
  world.files.config = `${alice.config}${alice.enrolled}mfa_process = ${program}\n`
  world.prints[program] = '123456\n'
  return world
}

describe('mfa_process', () => {
  test('is proved by one session and written down, and no seed is kept', async () => {
    const world = newcomer()
    world.prints[program] = ' 012345\n'
    await enroll(world, options({ mfaProcess: program }))
    assert.deepEqual(
      world.requests.map(({ code }) => code),
      ['012345'],
    )
    assert.equal(
      world.files.config,
      `${alice.config}\n[profile mfa]\nregion = eu-west-1\nmfa_serial = ${alice.serialNumber}\nawsmfa_source_profile = default\nmfa_process = ${program}\n`,
    )
    assert.equal(world.seeds.size + world.seedFiles.size, 0)
  })

  test('that gives no good code is not written down', async () => {
    for (const printed of ['12345', 'x123456', '123456\n654321', '', undefined]) {
      const world = newcomer()
      if (printed !== undefined) world.prints[program] = printed
      const failure = await failsWith('act', /pass (failed|must print six digits)|printed no code/, () =>
        enroll(world, options({ mfaProcess: program })),
      )
      assert.ok(!/\d/.test(failure.message.replace('(exit code 1)', '')), 'what it printed is not repeated')
      assert.equal(world.files.config, alice.config)
      assert.deepEqual(parseLedger(world.states['ledger.json']).devices[alice.serialNumber] ?? [], [])
    }
  })

  test('makes refresh work when nobody is there', async () => {
    const world = withProgram()
    assert.equal(await refresh(world, all), undefined)
    assert.deepEqual(
      world.requests.map(({ code }) => code),
      ['123456'],
    )
    assert.ok(!world.heard.some((line) => line.includes('skipped')))
  })

  test('of the source profile counts, and is not copied', async () => {
    const world = withProgram()
    world.files.config = `${alice.config}mfa_process = ${program}\n${alice.enrolled}`
    const before = world.files.config
    assert.equal(await refresh(world, all), undefined)
    assert.equal(world.requests.length, 1)
    assert.equal(world.files.config, before)
  })

  test('is asked once a run, also when AWS refuses its code', async () => {
    const world = withProgram({ sts: () => Promise.reject(refusal()) })
    assert.equal(await refresh(world, all), 'act')
    assert.deepEqual(world.ran, [program])
  })

  test('is asked in the next time step when the code of this one is used', async () => {
    const world = withProgram()
    await refresh(world, all)
    await refresh(world, all)
    assert.equal(world.ran.length, 2)
    assert.equal(new Date(world.nowMs).toISOString(), '2026-11-22T10:00:30.000Z')
  })

  test('that waits for a touch may have computed its code in either of two steps', async () => {
    const world = withProgram()
    const slow = async () => {
      world.nowMs += 27_000
      return '123456\n'
    }
    await refresh({ ...world, programs: { output: slow } }, all)
    const sent = parseLedger(world.states['ledger.json']).devices[alice.serialNumber] ?? []
    assert.equal(new Set(sent.map(({ step }) => step)).size, 2)
  })

  test('needs no shell, or is refused before anything is asked', async () => {
    const world = newcomer()
    await failsWith('usage', /wait for itself/, () => enroll(world, options({ mfaProcess: 'awsmfa code' })))
    await failsWith('usage', /--mfa-process needs a shell/, () => enroll(world, options({ mfaProcess: 'a | b' })))
    const written = withProgram()
    written.files.config = written.files.config.replace(program, 'a | b')
    assert.equal(await refresh(written, all), 'act')
    assert.deepEqual([written.ran, written.requests], [[], []])
  })

  test('goes again with unenroll, and its arguments are shown by nobody', async () => {
    const world = newcomer()
    world.prints['bw get totp item --session hunter2'] = '123456'
    await enroll(world, options({ mfaProcess: 'bw get totp item --session hunter2' }))
    await status(world, { json: false })
    await status(world, { json: true })
    assert.ok(world.heard.some((line) => line.includes('codes         from a command')))
    assert.ok(world.heard.some((line) => line.includes('"seedStore": "process"')))
    await unenroll(world, { purge: true })
    assert.equal(world.files.config, alice.config)
    assert.ok(!world.heard.join().includes('hunter2'))
  })

  test('is left alone, and passed over, when the keychain is chosen instead', async () => {
    const world = withProgram()
    world.input = alice.seed.reveal()
    await enroll(world, options())
    assert.ok(world.files.config.includes(`mfa_process = ${program}\n`))
    assert.ok(world.files.config.includes('awsmfa_seed_store = keychain\n'))
    world.nowMs += 60_000
    await refresh(world, all)
    assert.deepEqual(world.ran, [])
  })
})

describe('a seed in a file', () => {
  const identity = { kind: 'identity', path: '/home/alice/id.txt' }
  const inFile = options({ seedStore: 'file', identity: 'id.txt' })

  test('is proved, kept in the file alone, and its key is written down by its absolute path', async () => {
    const world = newcomer()
    await enroll(world, inFile)
    assert.deepEqual(world.seedFiles.get(alice.serialNumber)?.key, identity)
    assert.equal(world.seeds.size, 0)
    assert.match(
      world.files.config,
      /\nawsmfa_seed_store = file\nawsmfa_seed_file = ~.+\.age\nawsmfa_seed_identity = \/home\/alice\/id\.txt\n$/,
    )
    world.nowMs += 60_000
    assert.equal(await refresh(world, all), undefined)
    assert.equal(world.requests.length, 2)
  })

  test('is opened with any of the three kinds of key', async () => {
    for (const [flags, written] of [
      [{ newIdentity: 'id.txt' }, 'awsmfa_seed_identity = /home/alice/id.txt'],
      [{ passphraseFile: '/run/p' }, 'awsmfa_seed_passphrase_file = /run/p'],
      [{ passphraseCommand: 'keyctl pipe 7' }, 'awsmfa_seed_passphrase_command = keyctl pipe 7'],
    ] as const) {
      const world = newcomer()
      await enroll(world, options({ seedStore: 'file', ...flags }))
      assert.ok(world.files.config.includes(`${written}\n`), world.files.config)
    }
  })

  test('leaves no new identity behind when the seed is refused', async () => {
    const world = newcomer({ sts: () => Promise.reject(refusal()) })
    await failsWith('act', /refused/, () => enroll(world, options({ seedStore: 'file', newIdentity: 'id.txt' })))
    assert.deepEqual([...world.identities], [])
    assert.equal(world.seedFiles.size, 0)
    assert.equal(world.files.config, alice.config)
  })

  test('stays where it is when it is enrolled again without saying where', async () => {
    const world = newcomer()
    await enroll(world, inFile)
    world.nowMs += 60_000
    await enroll(world, options({ replace: true }))
    assert.ok(world.files.config.includes('awsmfa_seed_store = file\n'))
    assert.equal(world.seeds.size, 0)
  })

  test('that moves is removed from its old place', async () => {
    const world = newcomer()
    await enroll(world, inFile)
    world.nowMs += 60_000
    await enroll(world, options({ seedStore: 'keychain' }))
    assert.deepEqual([world.seeds.size, world.seedFiles.size], [1, 0])
    assert.ok(!/awsmfa_seed/.test(world.files.config))
    world.nowMs += 60_000
    await enroll(world, inFile)
    assert.deepEqual([world.seeds.size, world.seedFiles.size], [0, 1])
  })

  test('is asked for in the file only: a file that is gone is no reason to try the keychain', async () => {
    const world = newcomer()
    await enroll(world, inFile)
    world.seedFiles.clear()
    world.seeds.set(alice.serialNumber, alice.seed)
    world.nowMs += 60_000
    assert.equal(await refresh(world, all), 'act')
    assert.ok(world.heard.some((line) => /fail .*there is no seed file/.test(line)))
  })

  test('of a profile that goes is removed, and the one of the same device in the keychain stays', async () => {
    const world = fakeWorld()
    world.input = alice.seed.reveal()
    await enroll(world, { ...inFile, mfaProfile: 'other' })
    await unenroll(world, { mfaProfile: 'other', purge: false })
    assert.deepEqual([world.seeds.size, world.seedFiles.size], [1, 0])
  })

  test('is removed with unenroll', async () => {
    const world = newcomer()
    await enroll(world, inFile)
    await unenroll(world, { purge: true })
    assert.equal(world.seedFiles.size, 0)
    assert.equal(world.files.config, alice.config)
  })

  test('a keychain that fails is never a reason to use a file', async () => {
    const world = newcomer()
    const keychain = { ...world.keychain, get: () => Promise.reject(refusal()) }
    const { hints } = await failsWith('act', /refused/, () => enroll({ ...world, keychain }, options()))
    assert.match(hints.join(), /--seed-store file --new-identity FILE, --mfa-process COMMAND or --hardware-token/)
    assert.deepEqual([world.seedFiles.size, world.files.config], [0, alice.config])
  })

  const misfits: [Partial<EnrollOptions>, RegExp][] = [
    [{ seedStore: 'file' }, /needs a key that opens it/],
    [{ hardwareToken: true, identity: 'a' }, /a key is named, but not what it is for/],
    [{ identity: 'a' }, /a key is named, but not what it is for/],
    [{ seedStore: 'keychain', identity: 'a' }, /a key is named, but not what it is for/],
    [{ seedStore: 'file', identity: 'a', passphraseFile: 'b' }, /a seed file has one key/],
    [{ seedStore: 'file', passphraseCommand: 'a | b' }, /--passphrase-command needs a shell/],
  ]
  for (const [flags, message] of misfits) {
    test(`${JSON.stringify(flags)} is refused`, async () => {
      await failsWith('usage', message, () => enroll(newcomer(), options(flags)))
    })
  }
})
