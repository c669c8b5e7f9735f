import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { unreachable, type Way } from '../../src/core/unreachable.js'

const direct: Way = { host: 'sts.eu-west-1.amazonaws.com', proxy: undefined, connected: false }
const connected: Way = { ...direct, connected: true }
const proxied: Way = { ...direct, proxy: 'proxy.example:3128' }

describe('unreachable', () => {
  const table: [string, Way, string][] = [
    ['ENOTFOUND', direct, 'the name of sts.eu-west-1.amazonaws.com cannot be resolved (ENOTFOUND)'],
    ['EAI_AGAIN', direct, 'the name of sts.eu-west-1.amazonaws.com cannot be resolved (EAI_AGAIN)'],
    ['ENOTFOUND', proxied, 'the name of the proxy proxy.example:3128 cannot be resolved (ENOTFOUND)'],
    ['ECONNREFUSED', direct, 'sts.eu-west-1.amazonaws.com refused the connection'],
    ['ENETUNREACH', direct, 'no connection to sts.eu-west-1.amazonaws.com (ENETUNREACH)'],
    ['EPROTO', direct, 'no connection to sts.eu-west-1.amazonaws.com (EPROTO)'],
    ['ECONNRESET', direct, 'no connection to sts.eu-west-1.amazonaws.com (ECONNRESET)'],
    ['ECONNRESET', connected, 'the connection to sts.eu-west-1.amazonaws.com broke off (ECONNRESET)'],
    ['TIMEOUT', direct, 'sts.eu-west-1.amazonaws.com could not be reached in time'],
    ['ETIMEDOUT', proxied, 'the proxy proxy.example:3128 could not be reached in time'],
    ['TIMEOUT', connected, 'sts.eu-west-1.amazonaws.com did not answer in time'],
  ]
  for (const [code, way, message] of table) {
    test(`says for ${code}: ${message}`, () => {
      const failure = unreachable(code, way, undefined)
      assert.equal(failure.message, message)
      assert.equal(failure.kind, 'retry')
      assert.equal(failure.reason, 'unreachable')
      assert.equal(failure.codeMayBeSpent, way.connected)
    })
  }

  const certificates = [
    'CERT_HAS_EXPIRED',
    'CERT_NOT_YET_VALID',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'HOSTNAME_MISMATCH',
  ]
  for (const code of certificates) {
    test(`needs a person for ${code}`, () => {
      const failure = unreachable(code, direct, undefined)
      assert.equal(failure.kind, 'act')
      assert.equal(failure.codeMayBeSpent, false)
      assert.match(failure.hints.join(), /AWS_CA_BUNDLE.*clock/)
    })
  }
})
