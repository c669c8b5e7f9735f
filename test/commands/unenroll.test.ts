import assert from 'node:assert/strict'
import { test } from 'node:test'
import { enroll } from '../../src/commands/enroll.js'
import { unenroll } from '../../src/commands/unenroll.js'
import { Failure } from '../../src/errors.js'
import { failsWith } from '../support/failsWith.js'
import { alice, fakeWorld } from '../support/fakeWorld.js'

const enrolOptions = { seedStdin: false, hardwareToken: false, replace: true, serialNumber: alice.serialNumber }

test('forgets the seed and the settings, and keeps the session until it ends', async () => {
  const world = fakeWorld()
  world.input = alice.seed.reveal()
  await enroll(world, enrolOptions)
  await unenroll(world, { purge: false })
  assert.equal(world.seeds.size, 0)
  assert.doesNotMatch(world.files.config, /awsmfa|mfa_serial/)
  assert.match(world.files.credentials, /\[mfa\]\naws_access_key_id = ASIA/)
  assert.equal(world.states['outcomes.json'], '{}\n')
})

test('--purge puts both files back to what they were before enrolling, byte for byte', async () => {
  const world = fakeWorld()
  world.files.config = '[default]\r\nregion = eu-west-1\r\n# mine'
  world.input = alice.seed.reveal()
  const before = structuredClone(world.files)
  await enroll(world, enrolOptions)
  assert.notDeepEqual(world.files, before)
  await unenroll(world, { purge: true })
  assert.deepEqual(world.files, before)
})

test('--purge keeps a region that the person has set since', async () => {
  const world = fakeWorld()
  world.files.config += 'region = us-west-2\n'
  await unenroll(world, { purge: true })
  assert.match(world.files.config, /\[profile mfa\]\nregion = us-west-2\n$/)
})

test('a locked keychain leaves everything in place', async () => {
  const world = fakeWorld()
  const before = structuredClone(world.files)
  const locked = async () => {
    throw new Failure('act', 'the keyring is locked', 'unlock it')
  }
  await failsWith('act', /locked/, () =>
    unenroll({ ...world, keychain: { ...world.keychain, delete: locked } }, { purge: true }),
  )
  assert.deepEqual(world.files, before)
})

test('--purge that is cut short between the two files goes on when it is run again', async () => {
  const world = fakeWorld()
  world.input = alice.seed.reveal()
  await enroll(world, enrolOptions)
  for (const kind of ['config', 'credentials']) {
    const edit: typeof world.awsFiles.edit = async (which, change) => {
      if (which === kind) throw new Failure('act', 'no space left on the disk', 'make room')
      await world.awsFiles.edit(which, change)
    }
    const full = { ...world, awsFiles: { ...world.awsFiles, edit } }
    await failsWith('act', /no space/, () => unenroll(full, { purge: true }))
  }
  await unenroll(world, { purge: true })
  assert.doesNotMatch(world.files.credentials, /ASIA/)
  assert.doesNotMatch(world.files.config, /awsmfa/)
})

test('the seed stays while another profile uses the device', async () => {
  const world = fakeWorld()
  world.files.config += alice.enrolled.replace('[profile mfa]', '[profile second]')
  await unenroll(world, { mfaProfile: 'mfa', purge: false })
  assert.equal(world.seeds.size, 1)
  assert.ok(world.heard.some((line) => /stays in the keychain for profile second/.test(line)))
  await unenroll(world, { purge: false })
  assert.equal(world.seeds.size, 0)
})

test('never says removed when there was nothing to remove', async () => {
  const world = fakeWorld()
  world.seeds.clear()
  await unenroll(world, { purge: false })
  assert.ok(world.heard.includes(`say the keychain held no seed for ${alice.serialNumber}`))
})

test('a hardware token has no seed, so the keychain is not asked', async () => {
  const world = fakeWorld()
  world.files.config += 'awsmfa_seed_store = none\n'
  const untouchable = () => assert.fail('the keychain was touched')
  await unenroll(
    {
      ...world,
      keychain: { get: untouchable, set: untouchable, getKeys: untouchable, setKeys: untouchable, delete: untouchable },
    },
    { purge: false },
  )
  assert.doesNotMatch(world.files.config, /awsmfa/)
})

test('which profile is meant must be clear', async () => {
  const world = fakeWorld()
  world.files.config += alice.enrolled.replace('[profile mfa]', '[profile second]')
  await failsWith('usage', /several MFA profiles are enrolled: mfa, second/, () => unenroll(world, { purge: false }))
  await failsWith('act', /MFA profile other is not enrolled/, () =>
    unenroll(world, { mfaProfile: 'other', purge: false }),
  )
  world.files.config = ''
  await failsWith('act', /no MFA profile is enrolled/, () => unenroll(world, { purge: false }))
})
