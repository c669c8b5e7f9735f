import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkRoleRules } from '../../src/core/doctor/role.js'
import {
  isChained,
  parseExternalId,
  parseRoleArn,
  parseSessionName,
  partsOfRole,
  sessionNameFor,
  wantsMfa,
} from '../../src/core/role.js'
import { failsWith } from '../support/failsWith.js'

test("a role's ARN is taken with its path and in every partition", async () => {
  for (const arn of [
    'arn:aws:iam::123456789012:role/admin',
    'arn:aws-us-gov:iam::123456789012:role/eng/x+=,.@-_/admin',
  ]) {
    assert.equal(parseRoleArn(arn, 'x'), arn)
    assert.equal(partsOfRole(arn).name, 'admin')
  }
  for (const bad of [
    '',
    'admin',
    'arn:aws:iam::123456789012:user/alice',
    'arn:aws:iam::12345:role/x',
    'arn:aws:iam::123456789012:role/',
  ]) {
    await failsWith('usage', /is not the ARN of a role/, () => parseRoleArn(bad, '--role-arn'))
  }
})

test("the ARN of a role's session leads to that of the role", async () => {
  const parse = async () => parseRoleArn('arn:aws:sts::123456789012:assumed-role/admin/me', 'x')
  const error = await parse().catch((each) => each)
  assert.match(error.hints[0], /arn:aws:iam::123456789012:role\/admin$/)
})

test('names of sessions and external ids are those that STS takes', async () => {
  for (const good of ['me', 'alice@example.com', 'a+=,.@-_1', 'x'.repeat(64)])
    assert.equal(parseSessionName(good, 'x'), good)
  for (const bad of ['', 'x', 'a b', 'a/b', 'a:b', 'é!', 'x'.repeat(65), 'a\n']) {
    await failsWith('usage', /cannot be the name of a role session/, () => parseSessionName(bad, 'x'))
  }
  for (const good of ['ab', 'a/b:c', 'x'.repeat(1224)]) assert.equal(parseExternalId(good, 'x'), good)
  for (const bad of ['', 'a', 'a b', 'a#b', 'x'.repeat(1225), 'a\nb']) {
    await failsWith('usage', /cannot be an external id/, () => parseExternalId(bad, 'x'))
  }
})

test('a session is called by its device, and the name is always one that STS takes', () => {
  assert.equal(sessionNameFor('arn:aws:iam::123456789012:mfa/eng/awsmfa-alice-laptop'), 'awsmfa-alice-laptop')
  for (const serial of [
    'GAHT12345678',
    'arn:aws:iam::123456789012:mfa/x',
    `arn:aws:iam::123456789012:mfa/${'x'.repeat(128)}`,
    'GAHT/1',
  ]) {
    assert.equal(parseSessionName(sessionNameFor(serial), serial), sessionNameFor(serial))
  }
})

test('up to an hour a role needs no code of its own', () => {
  const role = { arn: 'arn:aws:iam::123456789012:role/admin' }
  assert.ok(isChained({ role, durationSeconds: 3600 }))
  assert.ok(!isChained({ role, durationSeconds: 3601 }))
  assert.ok(!isChained({ durationSeconds: 900 }))
})

describe('a trust policy', () => {
  const trust = (...statements: object[]) =>
    encodeURIComponent(JSON.stringify({ Version: '2012-10-17', Statement: statements }))
  const allow = { Effect: 'Allow', Principal: { AWS: '123456789012' }, Action: 'sts:AssumeRole' }
  const mfa = { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }
  const service = { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }
  const table: [what: string, document: string, wants: boolean | undefined][] = [
    ['with MFA', trust({ ...allow, Condition: mfa }), true],
    [
      'with a limit to its age',
      trust({ ...allow, Condition: { NumericLessThan: { 'aws:multifactorauthage': '3600' } } }),
      true,
    ],
    ['beside a service of AWS', trust(service, { ...allow, Condition: mfa }), true],
    ['without it', trust(allow), false],
    ['with it in one of two statements', trust({ ...allow, Condition: mfa }, allow), false],
    [
      'that long-term keys pass, which carry no such key',
      trust({ ...allow, Condition: { BoolIfExists: mfa.Bool } }),
      false,
    ],
    ['of a service alone', trust(service), undefined],
    ['that is none', '%7B', undefined],
  ]
  for (const [what, document, wants] of table) {
    test(`${what} ${wants === undefined ? 'tells nothing' : wants ? 'wants MFA' : 'does not want MFA'}`, () => {
      assert.equal(wantsMfa(document), wants)
    })
  }
})

test('doctor says when a role lasts shorter than is asked for, and when its trust is open', () => {
  const verdicts = (maxSeconds: number, mfa: boolean | undefined) =>
    checkRoleRules({ maxSeconds, wantsMfa: mfa }, 7200).map(({ name, verdict }) => `${name} ${verdict}`)
  assert.deepEqual(verdicts(3600, true), ['role-duration bad', 'role-trust ok'])
  assert.deepEqual(verdicts(7200, false), ['role-duration ok', 'role-trust warn'])
  assert.deepEqual(verdicts(7200, undefined), ['role-duration ok'])
})
