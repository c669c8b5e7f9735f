import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { unreachable, type Way } from '../../src/core/unreachable.js'
import type { StsFailure } from '../../src/errors.js'

const direct: Way = { host: 'sts.eu-west-1.amazonaws.com', proxy: undefined, connected: false }
const connected: Way = { ...direct, connected: true }
const proxied: Way = { ...direct, proxy: 'proxy.example:3128' }

function failureOf(code: string, way: Way): StsFailure {
  return unreachable(code, way, undefined) ?? assert.fail(`${code} must be known`)
}

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
      const failure = failureOf(code, way)
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
      const failure = failureOf(code, direct)
      assert.equal(failure.kind, 'act')
      assert.equal(failure.codeMayBeSpent, false)
      assert.match(failure.hints.join(), /AWS_CA_BUNDLE.*clock/)
    })
  }

  for (const code of ['EACCES', 'EPERM', 'EMFILE', 'ENOBUFS', 'EAFNOSUPPORT']) {
    test(`needs a person for ${code}, which does not pass by itself`, () => {
      const failure = failureOf(code, direct)
      assert.equal(failure.kind, 'act')
      assert.match(failure.message, new RegExp(`no connection to sts.eu-west-1.amazonaws.com \\(${code}\\)$`))
    })
  }

  test('needs a person for keys that cannot stand in a header', () => {
    const failure = failureOf('ERR_INVALID_CHAR', direct)
    assert.deepEqual([failure.kind, failure.codeMayBeSpent], ['act', false])
    assert.match(failure.message, /^the keys hold a character/)
  })

  for (const code of [
    'ERR_INVALID_ARG_TYPE',
    'ERR_OUT_OF_RANGE',
    'ERR_HTTP_INVALID_HEADER_VALUE',
    'ABORT_ERR',
    'undefined',
  ]) {
    test(`takes ${code} for no trouble of the network: it is a bug`, () => {
      assert.equal(unreachable(code, direct, undefined), undefined)
    })
  }

  test('names the variable that names the proxy, when the way ends at the proxy', () => {
    assert.match(failureOf('ENOTFOUND', proxied).hints.join(), /HTTPS_PROXY/)
    assert.doesNotMatch(failureOf('ECONNRESET', connected).hints.join(), /HTTPS_PROXY/)
  })

  test('tells what else may be wrong when there is no such host, and only then', () => {
    const doubts = ['or there is no such region: AWS_REGION=eu-west-9']
    assert.deepEqual(failureOf('ENOTFOUND', { ...direct, doubts }).hints.slice(1), doubts)
    assert.equal(failureOf('EAI_AGAIN', { ...direct, doubts }).hints.length, 1)
    assert.doesNotMatch(failureOf('ENOTFOUND', { ...proxied, doubts }).hints.join(), /no such region/)
  })
})
