import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AwsProfiles } from '../../src/session/profiles.js'
import { readRoleProfile } from '../../src/session/roleProfile.js'
import { failsWith } from '../support/failsWith.js'
import { alice, fakeWorld } from '../support/fakeWorld.js'

const arn = 'arn:aws:iam::210987654321:role/admin'
const nothing = { serialNumber: undefined, durationSeconds: undefined, region: undefined }

async function read(config: string, credentials = '') {
  const world = fakeWorld()
  world.files.config = `${alice.config}${alice.enrolled}\n[profile prod]\n${config}`
  world.files.credentials = alice.credentials + credentials
  return readRoleProfile(await AwsProfiles.read(world), 'prod')
}

describe('a role profile', () => {
  test('is read with everything that botocore knows of it', async () => {
    const config =
      `role_arn = ${arn}\nsource_profile = default\nexternal_id = x/1\nrole_session_name = me\n` +
      `duration_seconds = 7200\nmfa_serial = ${alice.serialNumber}\nregion = ap-south-1\n`
    assert.deepEqual(await read(config), {
      role: { arn, sessionName: 'me', externalId: 'x/1' },
      sourceProfile: 'default',
      serialNumber: alice.serialNumber,
      durationSeconds: 7200,
      region: 'ap-south-1',
    })
  })

  const sources: [what: string, config: string, credentials: string, source: string][] = [
    ['the MFA profile of awsmfa stands for its source', 'source_profile = mfa\n', '', 'default'],
    [
      'its own keys count when it names itself',
      'source_profile = prod\n',
      `[prod]\n${alice.credentials.slice(10)}`,
      'prod',
    ],
    [
      'a profile with keys and a role counts by its keys',
      `source_profile = hub\n[profile hub]\nrole_arn = ${arn}\n`,
      `[hub]\n${alice.credentials.slice(10)}`,
      'hub',
    ],
    [
      'aws-vault includes one in another',
      'include_profile = common\n[profile common]\nsource_profile = default\n',
      '',
      'default',
    ],
  ]
  for (const [what, config, credentials, source] of sources) {
    test(`${what}`, async () => {
      assert.deepEqual(await read(`role_arn = ${arn}\n${config}`, credentials), {
        role: { arn },
        sourceProfile: source,
        ...nothing,
      })
    })
  }

  const refused: [what: string, config: string, message: RegExp][] = [
    ['no role', 'region = eu-west-1\n', /^no role_arn is in profile prod in ~\/\.aws\/config$/],
    ['a role without a source', `role_arn = ${arn}\n`, /without a user's keys \(no source_profile\)/],
    ['a role of a machine', `role_arn = ${arn}\ncredential_source = Ec2InstanceMetadata\n`, /\(credential_source\)/],
    [
      'a role by way of another',
      `role_arn = ${arn}\nsource_profile = hub\n[profile hub]\nrole_arn = ${arn}2\nsource_profile = default\n`,
      /that of profile hub/,
    ],
    [
      'no ARN',
      'role_arn = admin\nsource_profile = default\n',
      /role_arn of profile prod 'admin' is not the ARN of a role/,
    ],
    [
      'too long a duration',
      `role_arn = ${arn}\nsource_profile = default\nduration_seconds = 50000\n`,
      /is 50000; AWS gives a role 900 to 43200/,
    ],
  ]
  for (const [what, config, message] of refused) {
    test(`with ${what} is refused`, async () => {
      await failsWith('act', message, () => read(config))
    })
  }
})
