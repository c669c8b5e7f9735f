import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountIn, credentialObject, credentialVariables, otherCredentials } from '../../src/core/credential.js'
import { Session } from '../../src/core/session.js'

const session = new Session('ASIAIOSFODNN7EXAMPLE', 'sec/ret+', 'tok/en+==', new Date('2026-11-22T22:00:05.700Z'))

test('the object for credential_process is one line with the keys that the SDKs read', () => {
  assert.equal(
    credentialObject(session, '123456789012'),
    '{"Version":1,"AccessKeyId":"ASIAIOSFODNN7EXAMPLE","SecretAccessKey":"sec/ret+","SessionToken":"tok/en+==","Expiration":"2026-11-22T22:00:05Z","AccountId":"123456789012"}',
  )
  assert.doesNotMatch(credentialObject(session, undefined), /AccountId/)
})

test("the account is the role's, else the device's, and never a guess", () => {
  const device = 'arn:aws-cn:iam::123456789012:mfa/alice'
  assert.equal(accountIn({ mfa_serial: device }), '123456789012')
  assert.equal(
    accountIn({ mfa_serial: device, awsmfa_role_arn: 'arn:aws:iam::210987654321:role/admin' }),
    '210987654321',
  )
  assert.equal(accountIn({ mfa_serial: device, awsmfa_role_arn: 'odd' }), undefined)
  assert.equal(accountIn({ mfa_serial: 'GAHT12345678' }), undefined)
  assert.equal(accountIn({}), undefined)
})

test('a profile without a region, or with what is none, leaves the region of the environment alone', () => {
  const names = (region: string | undefined) => Object.keys(credentialVariables(session, region))
  const own = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_CREDENTIAL_EXPIRATION']
  assert.deepEqual(names('eu-west-1'), [...own, 'AWS_REGION', 'AWS_DEFAULT_REGION'])
  assert.deepEqual(names(undefined), own)
  assert.deepEqual(names('eu-west-1 # mine'), own)
})

test('variables of other credentials are known, and only they', () => {
  const out = [
    ...['AWS_PROFILE', 'AWS_DEFAULT_PROFILE', 'AWS_SECURITY_TOKEN', 'AWS_SESSION_EXPIRATION', 'AWS_CREDENTIAL_FILE'],
    ...['AWS_CONTAINER_CREDENTIALS_FULL_URI', 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'],
    ...['AWS_CONTAINER_AUTHORIZATION_TOKEN', 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'],
    ...['AWS_WEB_IDENTITY_TOKEN_FILE', 'AWS_ROLE_ARN', 'AWS_ROLE_SESSION_NAME'],
    ...['AWSUME_PROFILE', 'AWS_VAULT', 'AWS_VAULT_BACKEND'],
  ]
  const stay = [
    'AWS_REGION',
    'AWS_CONFIG_FILE',
    'AWS_CA_BUNDLE',
    'AWS_PROFILES',
    'AWS_ENDPOINT_URL',
    'aws_profile',
    'HOME',
  ]
  const env = Object.fromEntries([...out, ...stay].map((name) => [name, 'x']))
  assert.deepEqual(otherCredentials(env, false), out)
  assert.deepEqual(otherCredentials(env, true), [...out, 'aws_profile'])
  assert.deepEqual(otherCredentials({ AWS_PROFILE: undefined }, false), [])
})
