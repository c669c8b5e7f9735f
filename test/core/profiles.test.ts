import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { enrolmentChanges, isEnrolment, readEnrolment } from '../../src/core/enrolment.js'
import { parseOutcomes, withFailure, withoutProfile, withRefreshed } from '../../src/core/outcomes.js'
import { Session } from '../../src/core/session.js'
import { checkMfaProfile, sourceKeys } from '../../src/core/sourceKeys.js'
import { Failure } from '../../src/errors.js'
import { failsWith } from '../support/failsWith.js'

const id = 'AKIAIOSFODNN7EXAMPLE'
const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
const serial = 'arn:aws:iam::123456789012:mfa/alice'
const longTerm = { aws_access_key_id: id, aws_secret_access_key: secret }

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
    seedStore: 'keychain',
  })
  const written = Object.entries(enrolmentChanges(enrolment)).filter(([, value]) => value !== undefined)
  assert.deepEqual(Object.fromEntries(written), keys)
})

test('settings that are not the default are written down', () => {
  const changes = enrolmentChanges({
    mfaProfile: 'm',
    sourceProfile: 's',
    serialNumber: serial,
    durationSeconds: 3600,
    seedStore: 'none',
  })
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

test('the source profile must hold long-term keys, in either file', async () => {
  assert.equal(sourceKeys('default', longTerm, undefined, 'credentials').revealSecret(), secret)
  assert.equal(sourceKeys('default', undefined, longTerm, 'credentials').accessKeyId, id)
  await failsWith('act', /no source profile default/, () => sourceKeys('default', undefined, undefined, 'credentials'))
  await failsWith('act', /no long-term keys/, () => sourceKeys('default', { region: 'x' }, undefined, 'credentials'))
  await failsWith('act', /no long-term keys/, () => sourceKeys('default', { aws_access_key_id: id }, undefined, 'c'))
  await failsWith('act', /temporary keys/, () =>
    sourceKeys('default', { ...longTerm, aws_access_key_id: 'ASIAIOSFODNN7EXAMPLE' }, undefined, 'credentials'),
  )
  await failsWith('act', /temporary keys/, () =>
    sourceKeys('default', { ...longTerm, aws_session_token: 't' }, undefined, 'credentials'),
  )
})

test('an MFA profile that holds long-term keys, or is the source profile, is never written', async () => {
  checkMfaProfile('mfa', 'default', undefined, 'credentials')
  checkMfaProfile('mfa', 'default', { ...longTerm, aws_session_token: 't' }, 'credentials')
  await failsWith('act', /holds long-term keys/, () => checkMfaProfile('mfa', 'default', longTerm, 'credentials'))
  await failsWith('act', /at once/, () => checkMfaProfile('default', 'default', undefined, 'credentials'))
})

test('keys and sessions print as placeholders', () => {
  const keys = sourceKeys('default', longTerm, undefined, 'credentials')
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
  const failed = withFailure(withRefreshed({}, ['a', 'b'], first), ['a'], new Failure('act', 'no', 'do'), later)
  assert.equal(failed.a?.refreshedAt, '2026-11-22T10:00:00Z')
  assert.deepEqual(failed.a?.failure, { at: '2026-11-22T11:00:00Z', kind: 'act', message: 'no', hints: ['do'] })
  assert.equal(failed.b?.failure, undefined)
  assert.equal(withRefreshed(failed, ['a'], later).a?.failure, undefined)
  assert.deepEqual(Object.keys(withoutProfile(failed, 'a')), ['b'])
})

for (const text of ['', '{', '[]', 'null', '{"mfa":1}', '{"mfa":{"failure":{"at":1}}}']) {
  test(`an outcomes file that says ${text || 'nothing'} is no news, not an error`, () => {
    assert.deepEqual(parseOutcomes(text), {})
  })
}
