import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { importSettings } from '../../src/commands/import.js'
import { refresh } from '../../src/commands/refresh.js'
import { failsWith } from '../support/failsWith.js'
import { alice, type FakeWorld, fakeWorld } from '../support/fakeWorld.js'

const keys = alice.credentials.replace('[default]\n', '')
const session = `${keys.replace('AKIA', 'ASIA')}aws_session_token = IQo==\n`
const { serialNumber } = alice

function withFiles(credentials: string, config: string): FakeWorld {
  const world = fakeWorld()
  world.files.credentials = credentials
  world.files.config = config
  world.interactive = true
  return world
}

const broamski = () =>
  withFiles(
    `# mine\n[x-long-term]\n${keys}aws_mfa_device = ${serialNumber}\n\n[x]\n${session}`,
    '[profile x]\nregion = eu-west-1\n',
  )
const says = (world: FakeWorld, text: RegExp) => assert.match(world.heard.join('\n'), text)

describe('import', () => {
  test("takes over broamski/aws-mfa's profile on yes, and touches no credentials", async () => {
    const world = broamski()
    const before = world.files.credentials
    world.typing.push('y')
    await importSettings(world, { yes: false })
    assert.deepEqual(world.heard, [
      `say from broamski/aws-mfa: profile x, source x-long-term, device ${serialNumber}, typed codes`,
      'confirm write these settings into ~/.aws/config?',
      'say profile x is enrolled; next: awsmfa --mfa-profile-name x CODE',
      'say   or, never to type again: awsmfa enroll --mfa-profile-name x --profile x-long-term',
    ])
    assert.equal(
      world.files.config,
      `[profile x]\nregion = eu-west-1\nmfa_serial = ${serialNumber}\nawsmfa_source_profile = x-long-term\nawsmfa_seed_store = none\n`,
    )
    assert.equal(world.files.credentials, before)
    assert.deepEqual(world.requests, [])
  })

  test('does nothing on no, nor a second time', async () => {
    const world = broamski()
    const before = structuredClone(world.files)
    await importSettings(world, { yes: false })
    assert.deepEqual(world.files, before)
    says(world, /nothing was changed/)

    await importSettings(world, { yes: true })
    const after = structuredClone(world.files)
    assert.notDeepEqual(after, before)
    world.heard.length = 0
    await importSettings(world, { yes: true })
    assert.deepEqual(world.files, after)
    assert.deepEqual(world.heard, ['say found nothing of another tool that is not enrolled already'])
  })

  test('asks for --yes when nobody is there', async () => {
    const world = broamski()
    const before = structuredClone(world.files)
    world.interactive = false
    await failsWith('usage', /nobody is there to say yes/, () => importSettings(world, { yes: false }))
    assert.deepEqual(world.files, before)
  })

  test("takes over aws-vault's command, which then refreshes unattended", async () => {
    const world = withFiles(
      `[jon]\n${keys}`,
      `[profile jon]\nmfa_serial = ${serialNumber}\nmfa_process = pass otp aws\n\n` +
        `[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = jon\nmfa_serial = ${serialNumber}\n`,
    )
    const before = world.files.config
    world.prints['pass otp aws'] = '123456\n'
    await importSettings(world, { yes: true })
    says(world, /profile jon-mfa, source jon, .*, codes from mfa_process/)
    says(world, /role profile admin stays; .* set source_profile = jon-mfa in place of jon, without mfa_serial/)
    says(world, /kept fresh: awsmfa enroll --role-profile admin --mfa-profile-name admin-session/)
    assert.equal(
      world.files.config,
      `${before}\n[profile jon-mfa]\nmfa_serial = ${serialNumber}\nawsmfa_source_profile = jon\n`,
    )
    world.interactive = false
    assert.equal(await refresh(world, { mfaProfiles: [], force: false, quiet: false }), undefined)
    assert.equal(world.requests[0]?.code, '123456')
  })

  test("takes over aws-mfa's role as a role profile, with the session that it is taken with beside it", async () => {
    const arn = 'arn:aws:iam::210987654321:role/dev'
    const world = withFiles(
      `[x-long-term]\n${keys}aws_mfa_device = ${serialNumber}\nassume_role = ${arn}\n\n[x]\n${session}`,
      '',
    )
    await importSettings(world, { yes: true })
    const settings = `mfa_serial = ${serialNumber}\nawsmfa_source_profile = x-long-term\n`
    assert.equal(
      world.files.config,
      `[profile x-mfa]\n${settings}awsmfa_seed_store = none\n\n` +
        `[profile x]\n${settings}awsmfa_role_arn = ${arn}\nawsmfa_seed_store = none\n`,
    )
    says(world, /profile x-mfa, .*, typed codes\n.*profile x, .*, arn:aws:iam::210987654321:role\/dev\n/)
    const before = structuredClone(world.files)
    await importSettings(world, { yes: true })
    assert.deepEqual(world.files, before)
  })

  const leftOut: [what: string, credentials: string, config: string, why: RegExp][] = [
    [
      'a Go tool session of an unknown device',
      `${alice.credentials}[mfa]\n${session}`,
      '[profile mfa]\n',
      /profile mfa is left out: no file says which MFA device it uses.*--serial-number ARN/s,
    ],
    [
      'keys that aws-vault keeps to itself',
      '',
      `[profile jon]\nmfa_serial = ${serialNumber}\n`,
      /neither file holds the keys of profile jon.*aws configure --profile jon.*aws-vault export --no-session jon/s,
    ],
    [
      'a target with long-term keys',
      `[x-long-term]\n${keys}aws_mfa_device = ${serialNumber}\n[x]\n${keys}`,
      '',
      /MFA profile x holds long-term keys/,
    ],
    [
      'a target that is a role',
      `[jon]\n${keys}`,
      `[profile jon]\nmfa_serial = ${serialNumber}\n[profile jon-mfa]\nrole_arn = x\nsource_profile = jon\n`,
      /profile jon-mfa is left out: profile jon-mfa is a role profile .role_arn./,
    ],
    [
      'a passkey',
      `[x-long-term]\n${keys}aws_mfa_device = arn:aws:iam::123456789012:u2f/user/alice/key-ABC\n`,
      '',
      /passkey/,
    ],
  ]
  for (const [what, credentials, config, why] of leftOut) {
    test(`leaves out ${what}, and says why`, async () => {
      const world = withFiles(credentials, config)
      const before = structuredClone(world.files)
      await importSettings(world, { yes: true })
      says(world, why)
      assert.deepEqual(world.files, before)
    })
  }

  test('takes over what it can beside what it has to leave out', async () => {
    const world = withFiles(
      `[jon]\n${keys}`,
      `[profile jon]\nmfa_serial = ${serialNumber}\n[profile away]\nmfa_serial = ${serialNumber}\n`,
    )
    await importSettings(world, { yes: true })
    says(world, /profile away-mfa is left out/)
    says(world, /profile jon-mfa is enrolled/)
  })

  test('writes only what it has shown, as the files are when the yes comes', async () => {
    const world = broamski()
    const confirm = world.terminal.confirm
    world.terminal.confirm = async (question) => {
      world.files.credentials = world.files.credentials.replace('mfa/alice', 'mfa/mallory')
      world.typing.push('y')
      return await confirm(question)
    }
    const before = world.files.config
    await importSettings(world, { yes: false })
    assert.equal(world.files.config, before)
    says(world, /warn the files have changed meanwhile/)
  })
})
