import assert from 'node:assert/strict'
import { test } from 'node:test'
import { code } from '../../src/commands/code.js'
import { refresh } from '../../src/commands/refresh.js'
import { stepAt } from '../../src/core/code.js'
import { totp } from '../../src/core/totp.js'
import { failsWith } from '../support/failsWith.js'
import { alice, type FakeWorld, fakeWorld } from '../support/fakeWorld.js'

const all = { mfaProfiles: [], force: true, quiet: false }
/** The code of the step that is `steps` from the one at 10:00:00. */
const codeOf = (steps: number) => totp(alice.seed, stepAt(new Date('2026-11-22T10:00:00Z')) + steps)
const answers = (world: FakeWorld) => world.heard.filter((line) => line.startsWith('answer '))
const giveCode = (world: FakeWorld) => code(world, { copy: false })

test('prints one code and says nothing else when nobody is there', async () => {
  const world = fakeWorld()
  await giveCode(world)
  assert.deepEqual(world.heard, [`answer ${codeOf(0)}`])
  assert.deepEqual(world.requests, [], 'AWS is not asked')
})

test('says at a terminal how long the code is good', async () => {
  const world = fakeWorld()
  world.interactive = true
  await giveCode(world)
  assert.deepEqual(world.heard, [
    `answer ${codeOf(0)}`,
    'say good once, for 25 s; AWS usually takes it a little longer',
  ])
})

test('gives the next code when too little is left of the current one', async () => {
  const world = fakeWorld()
  world.nowMs += 20_000 // five seconds before the next step
  world.interactive = true
  await giveCode(world)
  assert.deepEqual(world.heard, [
    `answer ${codeOf(1)}`,
    'say good once, for 35 s; AWS usually takes it a little longer',
  ])
})

test('never gives a code that refresh has sent, and refresh sends none that was given', async () => {
  const world = fakeWorld()
  await refresh(world, all)
  await giveCode(world)
  await giveCode(world)
  await refresh(world, all)
  const sent = world.requests.map((request) => request.code)
  const given = answers(world).map((line) => line.slice('answer '.length))
  assert.equal(new Set([...sent, ...given]).size, 4)
  assert.deepEqual(given, [codeOf(1), codeOf(2)], 'after a wait for the second')
})

test("is judged at AWS's clock, and says that the own one is off", async () => {
  const world = fakeWorld()
  world.offsetMs = 90_000
  await refresh(world, all)
  await giveCode(world)
  assert.deepEqual(answers(world), [`answer ${codeOf(3)}`])
  assert.ok(world.heard.some((line) => line.startsWith('warn ')))
})

test('--copy puts it into the clipboard and leaves stdout empty', async () => {
  const world = fakeWorld()
  await code(world, { copy: true })
  assert.equal(world.clipped, codeOf(0))
  assert.deepEqual(world.heard, [
    'say the code is in the clipboard, good once, for 25 s; AWS usually takes it a little longer',
  ])
})

test('asks the command for its code, in a moment whose code is unused', async () => {
  const world = fakeWorld()
  world.files.config = `${alice.config}${alice.enrolled}mfa_process = pass otp aws\n`
  world.prints['pass otp aws'] = '012345\n'
  await giveCode(world)
  await giveCode(world)
  assert.deepEqual(answers(world), ['answer 012345', 'answer 012345'])
  assert.deepEqual(world.ran, ['pass otp aws', 'pass otp aws'])
  assert.equal(new Date(world.nowMs).toISOString(), '2026-11-22T10:00:30.000Z')
})

test('a device whose codes are typed has none to give', async () => {
  const world = fakeWorld()
  world.files.config += 'awsmfa_seed_store = none\n'
  await failsWith('act', /the codes of profile mfa are typed/, () => giveCode(world))
})

test('profiles of one device need no name, those of several do', async () => {
  const world = fakeWorld()
  world.files.config += alice.enrolled.replace('profile mfa', 'profile other')
  await giveCode(world)
  assert.equal(answers(world).length, 1)
  world.files.config += alice.enrolled.replace('profile mfa', 'profile bob').replace('mfa/alice', 'mfa/bob')
  await failsWith('usage', /several MFA devices are enrolled, for profile mfa, other, bob/, () => giveCode(world))
  await code(world, { copy: false, mfaProfile: 'other' })
  assert.equal(answers(world).length, 2)
})

test('without an enrolment there is no code', async () => {
  const world = fakeWorld()
  world.files.config = alice.config
  await failsWith('act', /no MFA profile is enrolled/, () => giveCode(world))
})
