import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { formatRecord } from '../../src/core/json.js'
import { parseOutcomes, withFailure, withoutProfile, withRefreshed } from '../../src/core/news.js'
import { LongTermKeys, Session } from '../../src/core/session.js'
import { Failure } from '../../src/errors.js'
import { enrolmentChanges, isEnrolment, keysToForget, readEnrolment } from '../../src/session/enrolment.js'
import { passGate } from '../../src/session/gate.js'
import { AwsProfiles } from '../../src/session/profiles.js'
import { openKeys } from '../../src/session/sourceKeys.js'
import { failsWith } from '../support/failsWith.js'
import { fakeWorld } from '../support/fakeWorld.js'

const id = 'AKIAIOSFODNN7EXAMPLE'
const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
const serial = 'arn:aws:iam::123456789012:mfa/alice'

test('a section with awsmfa_source_profile is an enrolment; defaults are absent keys', () => {
  const keys = { mfa_serial: serial, awsmfa_source_profile: 'default' }
  const enrolment = readEnrolment('mfa', keys, '~/.aws/config')
  assert.ok(isEnrolment(keys))
  assert.ok(!isEnrolment({ mfa_serial: serial }))
  assert.deepEqual(enrolment, {
    mfaProfile: 'mfa',
    sourceProfile: 'default',
    serialNumber: serial,
    durationSeconds: 43_200,
    codes: { kind: 'keychain' },
  })
  const written = Object.entries(enrolmentChanges(enrolment, undefined)).filter(([, value]) => value !== undefined)
  assert.deepEqual(Object.fromEntries(written), keys)
})

test('settings that are not the default are written down', () => {
  const facts = { mfaProfile: 'm', sourceProfile: 's', serialNumber: serial }
  const changes = enrolmentChanges({ ...facts, durationSeconds: 3600, codes: { kind: 'none' } }, undefined)
  assert.equal(changes.awsmfa_duration_seconds, '3600')
  assert.equal(changes.awsmfa_seed_store, 'none')
})

test('an enrolment that somebody broke by hand is refused with the key and the profile', async () => {
  const good = { mfa_serial: serial, awsmfa_source_profile: 'default' }
  const broken: [Record<string, string>, RegExp][] = [
    [{ ...good, awsmfa_source_profile: '' }, /awsmfa_source_profile of profile mfa .* is empty/],
    [{ awsmfa_source_profile: 'default' }, /mfa_serial of profile mfa .* is missing/],
    [{ ...good, mfa_serial: 'nonsense' }, /mfa_serial of profile mfa/],
    [{ ...good, awsmfa_duration_seconds: '5' }, /awsmfa_duration_seconds of profile mfa/],
    [{ ...good, awsmfa_seed_store: 'cloud' }, /awsmfa_seed_store of profile mfa/],
  ]
  for (const [keys, message] of broken) await failsWith('act', message, () => readEnrolment('mfa', keys, 'config'))
})

test('what stood in a section before stays when awsmfa goes', () => {
  const facts = { mfaProfile: 'm', sourceProfile: 's', serialNumber: serial, durationSeconds: 43_200 }
  const enrolment = { ...facts, codes: { kind: 'keychain' } } as const
  const found = (before: Record<string, string>) => enrolmentChanges(enrolment, before).awsmfa_found
  assert.equal(found({ region: 'us-east-1' }), undefined)
  assert.equal(found({ region: 'us-east-1', mfa_serial: serial }), 'mfa_serial')
  const kept = { awsmfa_found: 'mfa_serial' }
  assert.ok(!keysToForget(kept, ['region']).includes('mfa_serial'))
  assert.ok(['region', 'awsmfa_source_profile'].every((key) => keysToForget(kept, ['region']).includes(key)))
  assert.ok(keysToForget({}, ['region']).includes('mfa_serial'))
})

const long = `aws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`

/** What the gate says to files. */
async function pass(credentials: string, config = '', mfaProfile = 'mfa', sourceProfile = 'default') {
  const world = fakeWorld()
  Object.assign(world.files, { credentials, config })
  return await openKeys(world, passGate(await AwsProfiles.read(world), { mfaProfile, sourceProfile }))
}

test('the source profile must hold long-term keys, in either file', async () => {
  assert.equal((await pass(`[default]\n${long}`)).revealSecret(), secret)
  assert.equal((await pass('', `[default]\n${long}`)).accessKeyId, id)
  await failsWith('act', /no source profile default/, () => pass(''))
  await failsWith('act', /no long-term keys/, () => pass('[default]\nregion = x\n'))
  await failsWith('act', /no long-term keys/, () => pass(`[default]\naws_access_key_id = ${id}\n`))
  await failsWith('act', /temporary keys/, () => pass(`[default]\n${long.replace('AKIA', 'ASIA')}`))
  await failsWith('act', /temporary keys/, () => pass(`[default]\n${long}aws_session_token = t\n`))
})

test('where they are elsewhere, the profiles that do hold long-term keys are named (N4)', async () => {
  const failure = await failsWith('act', /no source profile default/, () => pass(`[company]\n${long}`))
  assert.match(failure.hints.join(), /long-term keys are in profile company: add --profile company/)
})

test('an MFA profile that holds long-term keys, in either file, or is the source profile, is never written', async () => {
  await pass(`[default]\n${long}[mfa]\n${long}aws_session_token = t\n`)
  await failsWith('act', /holds long-term keys/, () => pass(`[default]\n${long}[mfa]\n${long}`))
  await failsWith('act', /holds long-term keys/, () => pass(`[default]\n${long}`, `[profile mfa]\n${long}`))
  await failsWith('act', /at once/, () => pass(`[default]\n${long}`, '', 'default'))
})

const otherWays = [
  'role_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = default',
  'web_identity_token_file = /token',
  'sso_session = corp',
  'sso_start_url = https://d-1.awsapps.com/start',
  'sso_account_id = 123456789012',
  'credential_process = /bin/true',
  'login_session = arn:aws:iam::123456789012:user/alice',
  'source_profile = default',
  'credential_source = Environment',
]
for (const line of otherWays) {
  test(`a profile with ${line.split(' ')[0]} is never written, in either file: its readers take something else (S2, A2)`, async () => {
    const key = line.split(' ')[0] ?? ''
    for (const [credentials, config] of [
      [`[default]\n${long}`, `[profile prod]\n${line}\n`],
      [`[default]\n${long}[prod]\n${line}\n`, ''],
    ] as const) {
      const failure = await failsWith('act', new RegExp(`profile prod .*${key}`), () =>
        pass(credentials, config, 'prod'),
      )
      assert.match(failure.hints.join(), /--mfa-profile-name/)
    }
  })
}

test('keys and sessions print as placeholders', () => {
  const keys = new LongTermKeys(id, secret)
  const session = new Session('ASIAIOSFODNN7EXAMPLE', secret, 'IQoToken==', new Date(0))
  for (const text of [
    `${keys}${session}`,
    JSON.stringify([keys, session]),
    inspect([keys, session], { showHidden: true }),
  ]) {
    assert.ok(!text.includes(secret) && !text.includes('IQoToken'), text)
  }
})

test('an outcome keeps when the profile was last good, until it is good again', () => {
  const first = new Date('2026-11-22T10:00:00Z')
  const later = new Date('2026-11-22T11:00:00Z')
  const written = { expiration: '2026-11-22T22:00:00Z', seconds: 43_200, print: '0' }
  const good = withRefreshed({}, ['a', 'b'], written, first)
  const failed = withFailure(good, ['a'], new Failure('act', 'no: 5', 'do'), later)
  assert.equal(failed.a?.refreshedAt, '2026-11-22T10:00:00Z')
  const failure = { at: '2026-11-22T11:00:00Z', kind: 'act', reason: 'act no', message: 'no: 5', hints: ['do'] }
  assert.deepEqual(failed.a, { refreshedAt: '2026-11-22T10:00:00Z', session: written, failure })
  assert.deepEqual(parseOutcomes(formatRecord(failed)), failed)
  assert.equal(failed.b?.failure, undefined)
  assert.equal(withRefreshed(failed, ['a'], written, later).a?.failure, undefined)
  assert.deepEqual(Object.keys(withoutProfile(failed, 'a')), ['b'])
})

for (const text of ['', '{', '[]', 'null', '{"mfa":1}', '{"mfa":{"failure":{"at":1}}}']) {
  test(`an outcomes file that says ${text || 'nothing'} is no news, not an error`, () => {
    assert.deepEqual(Object.values(parseOutcomes(text)).flatMap(Object.values), [])
  })
}

test('what an outcomes file says reaches no terminal as it is (P2, M7)', () => {
  const failure = { at: '2026-11-22T11:00:00Z', kind: 'act', reason: 'x', message: 'no\u001b[2J', hints: ['\u0007'] }
  const shown = parseOutcomes(JSON.stringify({ mfa: { failure } })).mfa?.failure
  assert.deepEqual([shown?.message, shown?.hints], ['no\\u{1b}[2J', ['\\u{7}']])
})
