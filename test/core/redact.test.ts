import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { redact } from '../../src/core/redact.js'

suite('redact', () => {
  test('leaves the last four characters of a key id', () => {
    assert.equal(redact('key AKIAIOSFODNN7EXAMPLE, not'), 'key …MPLE, not')
    assert.equal(redact('"ASIAIOSFODNN7EXAMPLE"'), '"…MPLE"')
  })

  test('takes the secret out of an otpauth link and leaves the rest', () => {
    assert.equal(redact('otpauth://totp/a?secret=short&issuer=AWS'), 'otpauth://totp/a?secret=[seed]&issuer=AWS')
    assert.equal(redact('u=otpauth%3A%2F%2Ftotp%2Fa%3Fsecret%3Dshort'), 'u=otpauth%3A%2F%2Ftotp%2Fa%3Fsecret%3D[seed]')
    assert.equal(redact('totp?SECRET=jbswy3dpehpk3pxp "quoted"'), 'totp?secret=[seed] "quoted"')
  })

  test('takes out base32 as long as a seed, wherever it stands', () => {
    assert.equal(redact('x=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP;'), 'x=[seed];')
    assert.equal(redact('JBSWY3DPEHPK3PXPJBSWY3DPEH'), '[seed]')
    assert.equal(redact(`seed${'JBSWY3DPEHPK3PXP'.repeat(4)}tail`), 'seed[seed]tail')
  })

  for (const harmless of [
    'arn:aws-us-gov:iam::123456789012:mfa/ALICE.THE-ADMINISTRATOR',
    'hardware token GAHT12345678',
    '/Users/alice/Library/Application Support/awsmfa/ledger.json',
    '/tmp/AWSMFA_TEST_FOLDER_WITH_A_LONG_NAME/credentials',
    'AWS_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED',
    'profile AKIA is missing, so is ASIA-PACIFIC',
    'the client secret is absent; aws_secret_access_key = is empty',
    'request 6f1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9 was refused at 2026-11-22T10:00:00Z',
    'JBSWY3DPEHPK3PXP2345ABCDE',
  ]) {
    test(`leaves alone: ${harmless}`, () => assert.equal(redact(harmless), harmless))
  }
})
