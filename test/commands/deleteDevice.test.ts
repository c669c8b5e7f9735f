import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createDevice } from '../../src/commands/createDevice.js'
import { type UnenrollOptions, unenroll } from '../../src/commands/unenroll.js'
import { Failure } from '../../src/errors.js'
import { type AwsWorld, type AwsWorldOptions, awsWorld } from '../support/awsWorld.js'
import { failsWith } from '../support/failsWith.js'
import { alice } from '../support/strictSts.js'

const made = 'arn:aws:iam::123456789012:mfa/awsmfa-alice-laptop'
const deletion: UnenrollOptions = { purge: false, deleteDevice: true }

/** A user whose device awsmfa has made, next to the phone. */
async function enrolled(t: { after(work: () => Promise<void>): void }, options: AwsWorldOptions = {}) {
  const all = await awsWorld(t, { devices: [alice.serialNumber], ...options })
  const code = all.aws.iam.devices.length > 0 ? all.aws.code() : undefined
  await createDevice(all.world, { showQr: false, code })
  all.world.nowMs += 600_000
  return all
}

const devices = ({ aws }: AwsWorld) => aws.iam.devices.map(({ serialNumber }) => serialNumber)
const codesSent = ({ aws }: AwsWorld) => aws.verifications.length

function expectGone(all: AwsWorld): void {
  assert.deepEqual(devices(all), [alice.serialNumber])
  assert.equal(all.world.seeds.size, 0)
  assert.doesNotMatch(all.world.files.config, /awsmfa|mfa_serial/)
}

test('deletes the device with the session that is there, without a code', async (t) => {
  const all = await enrolled(t)
  const before = codesSent(all)
  await unenroll(all.world, deletion)
  expectGone(all)
  assert.equal(codesSent(all), before)
})

test('deletes it with a session made for that when the old one has ended', async (t) => {
  const all = await enrolled(t)
  all.world.nowMs += 100 * 3_600_000
  const before = codesSent(all)
  await unenroll(all.world, deletion)
  expectGone(all)
  assert.equal(codesSent(all), before + 1)
})

test('deletes it with a new session when AWS does not accept the old one', async (t) => {
  const all = await enrolled(t)
  all.world.files.credentials = all.world.files.credentials.replace(/(aws_session_token = ).*/, '$1another')
  await unenroll(all.world, deletion)
  expectGone(all)
})

test("deletes the user's only device", async (t) => {
  const all = await enrolled(t, { devices: [] })
  await unenroll(all.world, deletion)
  assert.deepEqual(devices(all), [])
})

test('a device that awsmfa has made is not orphaned without a word (N1)', async (t) => {
  const all = await enrolled(t)
  const before = structuredClone(all.world.files)
  const failure = await failsWith('usage', /only copy of its seed/, () => unenroll(all.world, { purge: false }))
  assert.match(failure.hints.join(), /--delete-device .* --keep-device/)
  assert.deepEqual([all.world.files, all.world.seeds.has(made)], [before, true])

  await unenroll(all.world, { purge: false, keepDevice: true })
  assert.deepEqual([devices(all), all.world.seeds.has(made)], [[alice.serialNumber, made], false])
})

for (const [answers, left, kept] of [
  [['y'], [alice.serialNumber], false],
  [['n', 'y'], [alice.serialNumber, made], false],
  [['n', 'n'], [alice.serialNumber, made], true],
] as const) {
  test(`a person is asked what becomes of the device, and says ${answers.join(', then ')}`, async (t) => {
    const all = await enrolled(t)
    all.world.interactive = true
    all.world.typing.push(...answers)
    const ended = unenroll(all.world, { purge: false })
    if (kept) await failsWith('usage', /stays enrolled/, () => ended)
    else await ended
    assert.deepEqual([devices(all), all.world.seeds.has(made)], [left, kept])
  })
}

describe('refuses, with nothing changed,', () => {
  async function refused(all: AwsWorld, kind: Failure['kind'], message: RegExp): Promise<Failure> {
    const before = { files: structuredClone(all.world.files), seeds: new Map(all.world.seeds), devices: devices(all) }
    const failure = await failsWith(kind, message, () => unenroll(all.world, { ...deletion, mfaProfile: 'mfa' }))
    assert.deepEqual({ files: all.world.files, seeds: all.world.seeds, devices: devices(all) }, before)
    return failure
  }

  test('a device that awsmfa did not make, also when the mark of another one stands there', async (t) => {
    const all = await enrolled(t)
    const { config } = all.world.files
    all.world.files.config = config.replace(`mfa_serial = ${made}`, `mfa_serial = ${alice.serialNumber}`)
    await refused(all, 'usage', /did not make .*mfa\/alice/)
    all.world.files.config = config.replace(/awsmfa_created_device.*\n/, '')
    await refused(all, 'usage', /did not make/)
  })

  test('a device that another profile has too', async (t) => {
    const all = await enrolled(t)
    all.world.files.config += `[profile second]\nmfa_serial = ${made}\nawsmfa_source_profile = default\n`
    await refused(all, 'usage', /profile second/)
  })

  test('when the policy does not allow it; an administrator is told how', async (t) => {
    const all = await enrolled(t)
    all.aws.iam.denied.add('DeactivateMFADevice')
    await refused(all, 'act', /iam:DeactivateMFADevice/)
    assert.ok(
      all.world.heard.some((line) => line.includes(`aws iam delete-virtual-mfa-device --serial-number ${made}`)),
    )
  })
})

test('goes on where an earlier run has stopped, at each point', async (t) => {
  // Deactivated, not deleted; by the session that is there, and by long-term keys when it has ended.
  for (const hours of [0, 100]) {
    const all = await enrolled(t, { devices: [] })
    all.aws.fault('none', 3) // GetCallerIdentity, Delete (in use), Deactivate
    all.aws.fault('service-unavailable', 3)
    await failsWith('retry', /AWS IAM has a problem/, () => unenroll(all.world, deletion))
    assert.equal(all.aws.iam.devices[0]?.owner, undefined)
    assert.ok(all.world.seeds.has(made))
    all.world.nowMs += hours * 3_600_000
    await unenroll(all.world, deletion)
    assert.deepEqual(devices(all), [])
    assert.equal(all.world.seeds.size, 0)
  }
})

test('goes on when the device is gone and the keychain was locked', async (t) => {
  const all = await enrolled(t)
  const locked = async () => {
    throw new Failure('act', 'locked', 'unlock it')
  }
  const withoutKeychain = { ...all.world, keychain: { ...all.world.keychain, delete: locked } }
  await failsWith('act', /locked/, () => unenroll(withoutKeychain, deletion))
  assert.match(all.world.files.config, /awsmfa_created_device/)
  await unenroll(all.world, deletion)
  expectGone(all)
})
