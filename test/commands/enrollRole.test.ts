import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { enroll } from '../../src/commands/enroll.js'
import { LongTermKeys } from '../../src/core/session.js'
import { failsWith } from '../support/failsWith.js'
import { alice, type FakeWorld } from '../support/fakeWorld.js'
import { adminArn, type RoleWorld, roleWorld } from '../support/roleWorld.js'

const { serialNumber } = alice
const says = (world: FakeWorld, text: RegExp) => assert.match(world.heard.join('\n'), text)

async function nothingWritten({ world }: RoleWorld, work: () => Promise<unknown>): Promise<void> {
  const before = structuredClone(world.files)
  await work()
  assert.deepEqual(world.files, before)
}

describe('enroll --role-arn', () => {
  test('takes the role with the MFA session: one code renews that, and no seed is asked for', async () => {
    const all = roleWorld()
    await all.enrol({})
    const [taken] = all.aws.taken
    assert.equal(all.sent.length, 1)
    assert.equal(taken?.request.mfa, undefined)
    assert.equal(taken?.request.durationSeconds, 3600)
    assert.equal(taken?.request.role.sessionName, 'alice')
    assert.equal(
      all.world.files.config,
      `${alice.config}${alice.enrolled}\n[profile prod-session]\nregion = eu-west-1\nmfa_serial = ${serialNumber}\n` +
        `awsmfa_source_profile = default\nawsmfa_role_arn = ${adminArn}\n`,
    )
    assert.match(
      all.world.files.credentials,
      new RegExp(`\\[prod-session\\]\naws_access_key_id = ${taken?.session.reveal().accessKeyId}`),
    )
    says(all.world, /profile prod-session is enrolled and good until .*\n.*needs no input/)
    assert.ok(!all.world.heard.some((line) => /^(ask|hidden|confirm)/.test(line)))
  })

  test('for longer than an hour signs with the long-term keys and a code of its own', async () => {
    const all = roleWorld()
    await all.enrol({ durationSeconds: 43_200, roleSessionName: 'alice@work', externalId: 'x/1' })
    const [taken] = all.aws.taken
    assert.ok(taken?.request.credentials instanceof LongTermKeys)
    assert.equal(taken.request.mfa?.code, all.sent[0]?.code)
    assert.equal(all.sent.length, 1)
    assert.match(
      all.world.files.config,
      /awsmfa_duration_seconds = 43200\nawsmfa_role_arn = .*\nawsmfa_role_session_name = alice@work\nawsmfa_external_id = x\/1\n/,
    )
    assert.doesNotMatch(all.world.files.credentials, /\[mfa\]/)
  })

  test('does nothing with --if-needed when it is enrolled so already', async () => {
    const all = roleWorld()
    await all.enrol({ externalId: 'x1' })
    const taken = all.aws.taken.length
    await nothingWritten(all, () => all.enrol({ externalId: 'x1', ifNeeded: true }))
    assert.equal(all.aws.taken.length, taken)
    await all.enrol({ externalId: 'x2', ifNeeded: true })
    assert.equal(all.aws.taken.length, taken + 1)
  })

  test('keeps what was said before and is not said again', async () => {
    const all = roleWorld()
    await all.enrol({ durationSeconds: 7200, externalId: 'x1', roleSessionName: 'me' })
    const before = all.world.files.config
    await all.enrol({})
    assert.equal(all.world.files.config, before)
  })

  const refused: [what: string, role: object, options: object, message: RegExp][] = [
    [
      'a trust of somebody else',
      { trusts: ['arn:aws:iam::1:user/bob'] },
      {},
      /does not let .* 0000 take the role .*admin/,
    ],
    ['a wrong external id', { externalId: 'right' }, { externalId: 'wrong' }, /does not let/],
    ['a role that does not exist', {}, { roleArn: `${adminArn}x` }, /does not let/],
    [
      'a role that lasts an hour',
      { maxSeconds: 3600 },
      { durationSeconds: 7200 },
      /shorter sessions than 7200 seconds/,
    ],
  ]
  for (const [what, role, options, message] of refused) {
    test(`writes nothing for ${what}`, async () => {
      const all = roleWorld()
      all.aws.roles[0] = { arn: adminArn, maxSeconds: 43_200, ...role }
      await all.refresh()
      await nothingWritten(all, () => failsWith('act', message, () => all.enrol(options)))
    })
  }

  const impossible: [what: string, options: object, message: RegExp][] = [
    ['no profile of its own', { mfaProfile: undefined }, /--mfa-profile-name is required/],
    ['the profile of the user', { mfaProfile: 'mfa' }, /profile mfa is enrolled for the user's own session/],
    ['more than twelve hours', { durationSeconds: 43_201 }, /--duration-seconds is 43201/],
    ['a session for an ARN', { roleArn: 'arn:aws:sts::210987654321:assumed-role/admin/x' }, /is not the ARN of a role/],
    ['another partition', { roleArn: 'arn:aws-cn:iam::210987654321:role/admin' }, /partition aws-cn/],
    ['a name that AWS does not take', { roleSessionName: 'a b' }, /--role-session-name 'a b'/],
    ['an external id that AWS does not take', { externalId: 'a b' }, /--external-id/],
  ]
  for (const [what, options, message] of impossible) {
    test(`refuses ${what} before AWS is asked`, async () => {
      const all = roleWorld()
      await nothingWritten(all, () => failsWith('usage', message, () => all.enrol(options)))
      assert.deepEqual([all.sent, all.aws.taken], [[], []])
    })
  }

  test('needs a device that is enrolled for the source profile', async () => {
    const all = roleWorld()
    all.world.files.config = alice.config
    await nothingWritten(all, () =>
      failsWith('act', /no MFA device is enrolled for source profile default/, () => all.enrol({})),
    )
  })

  test('never writes into a profile that has role_arn of its own', async () => {
    const all = roleWorld()
    all.world.files.config += `\n[profile prod-session]\nrole_arn = ${adminArn}\nsource_profile = default\n`
    await nothingWritten(all, () => failsWith('act', /profile prod-session is a role profile/, () => all.enrol({})))
  })

  test('asks for the code of a device whose codes are typed, once', async () => {
    const all = roleWorld()
    all.world.files.config += 'awsmfa_seed_store = none\n'
    all.world.interactive = true
    all.world.typing.push(all.aws.code(serialNumber))
    await all.enrol({})
    assert.equal(all.sent.length, 1)
    says(all.world, /renewed while the MFA session lasts/)
    await all.enrol({ mfaProfile: 'again' })
    assert.equal(all.sent.length, 1)
  })

  test('is not turned into an ordinary profile by enroll', async () => {
    const all = roleWorld()
    await all.enrol({})
    all.world.input = alice.seed.reveal()
    const options = { seedStdin: true, hardwareToken: false, replace: true, mfaProfile: 'prod-session', serialNumber }
    await nothingWritten(all, () =>
      failsWith('usage', /enrolled for the role .*admin/, () => enroll(all.world, options)),
    )
  })
})

describe('enroll --role-profile', () => {
  test('takes role, external id, session name, duration and region from the profile, which stays as it is', async () => {
    const all = roleWorld()
    const role =
      `\n[profile prod]\nrole_arn = ${adminArn}\nsource_profile = mfa\nexternal_id = x1\nrole_session_name = me\n` +
      'duration_seconds = 7200\nregion = ap-south-1\n'
    all.world.files.config += role
    await all.enrol({ roleArn: undefined, roleProfile: 'prod' })
    const [taken] = all.aws.taken
    assert.deepEqual(taken?.request.role, { arn: adminArn, sessionName: 'me', externalId: 'x1' })
    assert.equal(taken.request.durationSeconds, 7200)
    assert.equal(
      all.world.files.config,
      `${alice.config}${alice.enrolled}${role}\n[profile prod-session]\nregion = ap-south-1\nmfa_serial = ${serialNumber}\n` +
        `awsmfa_source_profile = default\nawsmfa_duration_seconds = 7200\nawsmfa_role_arn = ${adminArn}\n` +
        'awsmfa_role_session_name = me\nawsmfa_external_id = x1\n',
    )
  })

  test('gives way to flags', async () => {
    const all = roleWorld()
    all.world.files.config += `\n[profile prod]\nrole_arn = ${adminArn}\nsource_profile = default\nduration_seconds = 7200\n`
    await all.enrol({ roleArn: undefined, roleProfile: 'prod', durationSeconds: 900, roleSessionName: 'flag' })
    assert.equal(all.aws.taken[0]?.request.durationSeconds, 900)
    assert.equal(all.aws.taken[0]?.request.role.sessionName, 'flag')
  })
})
