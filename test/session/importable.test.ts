import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { findImportable } from '../../src/session/importable.js'
import { AwsProfiles } from '../../src/session/profiles.js'
import { fakeWorld } from '../support/fakeWorld.js'

const serial = 'arn:aws:iam::123456789012:mfa/alice'
const awsKeys =
  'aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n'
const awsSession = awsKeys.replace('AKIA', 'ASIA').concat('aws_session_token = IQo==\n')
const none = { serialNumber: undefined, mfaProcess: undefined, roleProfiles: [] }

/** Each with its credentials, its config, and what is found without the tool's name. */
const layouts: Record<string, [credentials: string, config: string, found: readonly object[]]> = {
  'nothing of another tool': [`[default]\n${awsKeys}`, '[default]\nregion = eu-west-1\n', []],
  'broamski/aws-mfa': [
    `[work-long-term]\n${awsKeys}aws_mfa_device = ${serial}\n\n[work]\n${awsSession}`,
    '[profile work]\nregion = eu-west-1\n',
    [{ ...none, mfaProfile: 'work', sourceProfile: 'work-long-term', serialNumber: serial }],
  ],
  'broamski/aws-mfa with its device in the environment': [
    `[default-long-term]\n${awsKeys}`,
    '',
    [{ ...none, mfaProfile: 'default', sourceProfile: 'default-long-term' }],
  ],
  'aws-vault with a command for codes': [
    `[jon]\n${awsKeys}`,
    `[profile jon]\nmfa_serial = ${serial}\nmfa_process = pass otp aws\n`,
    [{ ...none, mfaProfile: 'jon-mfa', sourceProfile: 'jon', serialNumber: serial, mfaProcess: 'pass otp aws' }],
  ],
  'aws-vault with roles, the serial number in each': [
    '',
    `[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = default\nmfa_serial = ${serial}x\n` +
      `[profile reader]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = admin\nmfa_serial = ${serial}y\n` +
      `[default]\nmfa_serial = ${serial}\n`,
    [{ ...none, mfaProfile: 'mfa', sourceProfile: 'default', serialNumber: serial, roleProfiles: ['admin', 'reader'] }],
  ],
  'a role that has its device from the profiles that its chain leads through (C3)': [
    `[root]\n${awsKeys}`,
    `[profile part]\nmfa_serial = ${serial}\n[profile middle]\ninclude_profile = part\nsource_profile = root\n` +
      '[profile admin]\nrole_arn = x\nsource_profile = middle\n',
    [{ ...none, mfaProfile: 'root-mfa', sourceProfile: 'root', serialNumber: serial, roleProfiles: ['admin'] }],
  ],
  'a role without keys of a profile, and roles in a circle': [
    '',
    `[profile a]\nrole_arn = x\ncredential_source = Environment\nmfa_serial = ${serial}\n` +
      `[profile b]\nrole_arn = x\nsource_profile = c\nmfa_serial = ${serial}\n[profile c]\nrole_arn = x\nsource_profile = b\n`,
    [],
  ],
  'the Go tool': [
    `[default]\n${awsKeys}\n[mfa]\n${awsSession}`,
    '[default]\nregion = us-east-1\n\n[profile mfa]\n\n',
    [{ ...none, mfaProfile: 'mfa', sourceProfile: 'default' }],
  ],
  'the Go tool beside a serial number in the source profile': [
    `[default]\n${awsKeys}\n[mfa]\n${awsSession}`,
    `[default]\nmfa_serial = ${serial}\n[profile mfa]\n`,
    [{ ...none, mfaProfile: 'mfa', sourceProfile: 'default', serialNumber: serial }],
  ],
  'a profile that is enrolled already': [
    `[default]\n${awsKeys}\n[mfa]\n${awsSession}[x-long-term]\n${awsKeys}aws_mfa_device = ${serial}\n`,
    `[default]\nmfa_serial = ${serial}\n[profile mfa]\nmfa_serial = ${serial}\nawsmfa_source_profile = default\n` +
      `[profile x]\nmfa_serial = ${serial}\nawsmfa_source_profile = x-long-term\n`,
    [],
  ],
  'an enrolled profile of another name, and roles on top of it': [
    `[default]\n${awsKeys}`,
    `[default]\nmfa_serial = ${serial}\n[profile day]\nmfa_serial = ${serial}\nawsmfa_source_profile = default\n` +
      `[profile admin]\nrole_arn = x\nsource_profile = day\nmfa_serial = ${serial}\n`,
    [],
  ],
}

async function read(credentials: string, config: string): Promise<AwsProfiles> {
  const world = fakeWorld()
  Object.assign(world.files, { credentials, config })
  return await AwsProfiles.read(world)
}

describe('import finds', () => {
  for (const [what, [credentials, config, expected]] of Object.entries(layouts)) {
    test(what, async () => {
      const found = findImportable(await read(credentials, config))
      assert.deepEqual(
        found.map(({ tool: _, ...rest }) => rest),
        expected,
      )
    })
  }

  for (const [name, tool] of [
    ['broamski/aws-mfa', 'broamski/aws-mfa'],
    ['aws-vault with a command for codes', 'aws-vault or the AWS CLI'],
    ['the Go tool', 'the Go tool awsmfa'],
  ] as const) {
    test(`that the layout of ${name} is of ${tool}`, async () => {
      const [credentials = '', config = ''] = layouts[name] ?? []
      assert.equal(findImportable(await read(credentials, config))[0]?.tool, tool)
    })
  }
})
