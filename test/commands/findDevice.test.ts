import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type EnrollOptions, enroll } from '../../src/commands/enroll.js'
import { awsWorld } from '../support/awsWorld.js'
import { failsWith } from '../support/failsWith.js'
import { alice } from '../support/strictSts.js'

const phone = alice.serialNumber
const passkey = 'arn:aws:iam::123456789012:u2f/user/alice/key-ABCDEF'
const plain: EnrollOptions = { seedStdin: false, hardwareToken: false, replace: false }

test("enrols the user's only device without being told which; passkeys do not count", async (t) => {
  const { world, aws } = await awsWorld(t, { devices: [phone], others: [passkey] })
  world.input = alice.seed
  await enroll(world, plain)
  assert.match(world.files.config, new RegExp(`mfa_serial = ${phone}\n`))
  assert.ok(world.heard.includes(`say the MFA device is ${phone}`))
  assert.equal(aws.log.find(({ action }) => action === 'ListMFADevices')?.params.UserName, 'alice')
})

test('asks which of several on a terminal, and names them elsewhere', async (t) => {
  const tablet = 'arn:aws:iam::123456789012:mfa/tablet'
  const { world } = await awsWorld(t, { devices: [phone, tablet] })
  await failsWith('usage', /mfa\/alice, arn:aws:iam::123456789012:mfa\/tablet/, () => enroll(world, plain))
  world.interactive = true
  world.typing.push('3')
  await failsWith('usage', /not a number from 1 to 2/, () => enroll(world, plain))
  world.typing.push('2', alice.seed)
  await enroll(world, plain)
  assert.match(world.files.config, new RegExp(`mfa_serial = ${tablet}\n`))
})

test('asks for the serial number where IAM does not tell, and says why', async (t) => {
  const { world, aws } = await awsWorld(t, { devices: [phone] })
  aws.iam.denied.add('ListMFADevices')
  await failsWith('usage', /--serial-number is required/, () => enroll(world, plain))
  assert.ok(world.heard.some((line) => /^say AWS does not allow alice to list/.test(line)))
  world.interactive = true
  world.typing.push(phone, alice.seed)
  await enroll(world, plain)
  assert.match(world.files.config, new RegExp(`mfa_serial = ${phone}\n`))
})

test('explains a hardware token that was found', async (t) => {
  const { world } = await awsWorld(t, { others: ['GAHT12345678'] })
  const failure = await failsWith('usage', /GAHT12345678' is a hardware token/, () => enroll(world, plain))
  assert.match(failure.hints.join(), /--hardware-token/)
  await enroll(world, { ...plain, hardwareToken: true })
  assert.match(world.files.config, /mfa_serial = GAHT12345678\n/)
})

test('says that there is none, and how to make one', async (t) => {
  const { world } = await awsWorld(t)
  const failure = await failsWith('act', /alice has no MFA device/, () => enroll(world, plain))
  assert.match(failure.hints.join(), /--create/)
})

test('asks nothing of IAM when the serial number is known', async (t) => {
  const { world, aws } = await awsWorld(t, { devices: [phone] })
  world.input = alice.seed
  await enroll(world, { ...plain, serialNumber: phone })
  assert.deepEqual(
    aws.log.map(({ action }) => action),
    ['GetSessionToken'],
  )
})
