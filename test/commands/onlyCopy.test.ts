import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type EnrollOptions, enroll } from '../../src/commands/enroll.js'
import { refresh } from '../../src/commands/refresh.js'
import { type UnenrollOptions, unenroll } from '../../src/commands/unenroll.js'
import { Seed } from '../../src/core/seed.js'
import { failsWith } from '../support/failsWith.js'
import { alice, type FakeWorld, fakeWorld } from '../support/fakeWorld.js'

const other = 'arn:aws:iam::123456789012:mfa/other'
const mark = `awsmfa_created_device = ${alice.serialNumber}\n`

/** N1: a device that awsmfa made, whose seed nobody else has. */
function made(): FakeWorld {
  const world = fakeWorld()
  world.files.config += mark
  world.input = Seed.parse('NB2W45DFOIZANB2W45DFOIZANB2W45DF').reveal()
  return world
}

function options(changes: Partial<EnrollOptions> = {}): EnrollOptions {
  return { seedStdin: false, hardwareToken: false, replace: true, ...changes }
}

describe('the only copy of the seed of a device that awsmfa made', () => {
  const attempts: Record<string, (world: FakeWorld) => Promise<unknown>> = {
    'enroll --replace with another device': (world) => enroll(world, options({ serialNumber: other })),
    'enroll --mfa-process for another device': (world) =>
      enroll(world, options({ serialNumber: other, mfaProcess: 'codes' })),
    'enroll --hardware-token for another device': (world) =>
      enroll(world, options({ serialNumber: 'GAHT12345678', hardwareToken: true })),
    'enroll --hardware-token where nobody types a code': (world) => enroll(world, options({ hardwareToken: true })),
    'unenroll without a word about the device': (world) => unenroll(world, { purge: false }),
  }
  for (const [what, attempt] of Object.entries(attempts)) {
    test(`is not given up by ${what}`, async () => {
      const world = made()
      world.prints.codes = '123456'
      const before = structuredClone(world.files)
      await failsWith('usage', /only copy of (its|the) seed/, () => attempt(world))
      assert.deepEqual([world.files, world.seeds.size, world.requests.length], [before, 1, 0])
    })
  }

  test('is not given up by a typed code of another device either', async () => {
    const world = made()
    const before = structuredClone(world.files)
    const code = '123456'
    await refresh(world, { mfaProfiles: ['mfa'], serialNumber: other, force: true, code, quiet: false })
    assert.ok(world.heard.some((line) => /^fail profile mfa has the only copy of the seed/.test(line)))
    assert.deepEqual([world.files, world.seeds.size, world.requests.length], [before, 1, 0])
  })

  test('may go when a code of the same device has come from elsewhere, and then does not lie about', async () => {
    const world = made()
    world.prints.codes = '123456'
    await enroll(world, options({ mfaProcess: 'codes' }))
    assert.equal(world.seeds.size, 0)
    await unenroll(world, { purge: false })
    assert.doesNotMatch(world.files.config, /awsmfa/)
  })

  test('is asked about when the other profile with the device has its codes typed', async () => {
    const world = made()
    world.files.config += `${alice.enrolled.replace('[profile mfa]', '[profile typed]')}awsmfa_seed_store = none\n`
    await failsWith('usage', /only copy/, () => unenroll(world, { mfaProfile: 'mfa', purge: false }))
    assert.equal(world.seeds.size, 1)
  })

  test('is asked about at the end of the last of two profiles that share it, whichever was enrolled first', async () => {
    const world = made()
    world.files.config += alice.enrolled.replace('[profile mfa]', '[profile second]')
    const silent: UnenrollOptions = { mfaProfile: 'mfa', purge: false }
    await unenroll(world, silent)
    assert.match(world.files.config, /\[profile second\](.|\n)*awsmfa_created_device = /)
    await failsWith('usage', /only copy/, () => unenroll(world, { purge: false }))
    assert.equal(world.seeds.size, 1)
  })

  test('of a device that the person replaced by hand is not meant by the mark', async () => {
    const world = made()
    world.files.config = world.files.config.replace(/mfa_serial = .*/, `mfa_serial = ${other}`)
    await unenroll(world, { purge: false })
    assert.doesNotMatch(world.files.config, /awsmfa/)
  })
})

describe('a seed that its profile has no use for any more', () => {
  test('is forgotten once another device has passed', async () => {
    const world = fakeWorld()
    world.input = alice.seed.reveal()
    await enroll(world, options({ serialNumber: other }))
    assert.deepEqual([...world.seeds.keys()], [other])
  })

  test('stays where nobody has proven anything', async () => {
    const world = fakeWorld()
    await enroll(world, options({ hardwareToken: true }))
    assert.equal(world.seeds.size, 1)
  })

  test("is not written over by another device's, which has a file of its own", async () => {
    const world = fakeWorld()
    world.files.config += 'awsmfa_seed_store = file\nawsmfa_seed_file = /seeds/mine\nawsmfa_seed_identity = /id\n'
    world.input = alice.seed.reveal()
    await enroll(world, options({ serialNumber: other }))
    assert.doesNotMatch(world.files.config, /awsmfa_seed_file = \/seeds\/mine/)
    assert.deepEqual([...world.seedFiles.keys()], [other])
  })
})

test('enrolling again keeps a duration that no flag changes', async () => {
  const world = fakeWorld()
  world.files.config += 'awsmfa_duration_seconds = 3600\n'
  world.input = alice.seed.reveal()
  await enroll(world, options())
  assert.match(world.files.config, /awsmfa_duration_seconds = 3600/)
})
