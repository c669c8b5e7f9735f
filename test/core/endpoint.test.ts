import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { customEndpoint } from '../../src/core/endpoint.js'
import { Failure } from '../../src/errors.js'

describe('customEndpoint', () => {
  test('is none by default, and none when it is set to nothing', () => {
    assert.equal(customEndpoint({}), undefined)
    assert.equal(customEndpoint({ AWS_ENDPOINT_URL: '', AWS_ENDPOINT_URL_STS: '' }), undefined)
  })

  test('prefers AWS_ENDPOINT_URL_STS to AWS_ENDPOINT_URL', () => {
    const env = { AWS_ENDPOINT_URL: 'https://all.example', AWS_ENDPOINT_URL_STS: 'https://sts.example/path' }
    assert.equal(customEndpoint(env), 'https://sts.example/path')
    assert.equal(customEndpoint({ AWS_ENDPOINT_URL: 'https://all.example' }), 'https://all.example')
  })

  test('is switched off by AWS_IGNORE_CONFIGURED_ENDPOINT_URLS', () => {
    const env = { AWS_ENDPOINT_URL: 'http://evil.example', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'True' }
    assert.equal(customEndpoint(env), undefined)
    assert.throws(() => customEndpoint({ ...env, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'false' }), Failure)
  })

  for (const url of [
    'http://127.0.0.1:4566',
    'http://127.8.9.10',
    'http://127.1:80',
    'http://[::1]:5000/',
    'http://localhost:4566',
    'http://LOCALHOST',
  ]) {
    test(`allows plain http: to this machine itself: ${url}`, () => {
      assert.equal(customEndpoint({ AWS_ENDPOINT_URL: url }), url)
    })
  }

  const strangers = [
    'http://sts.example',
    'http://localhost.example',
    'http://127.0.0.1.example',
    'http://127.0.0.1@evil.example',
    'http://10.0.0.1',
    'http://[::2]',
    'http://[::ffff:10.0.0.1]',
    'http://0.0.0.0',
    'http://128.0.0.1',
  ]
  for (const url of strangers) {
    test(`refuses to send a code in the clear to ${url}`, () => {
      assert.throws(() => customEndpoint({ AWS_ENDPOINT_URL: url }), { name: 'Failure', kind: 'act' })
    })
  }

  test('names the variable and the host, and how to get rid of it', () => {
    assert.throws(() => customEndpoint({ AWS_ENDPOINT_URL_STS: 'http://sts.example:8080/x' }), {
      message: 'AWS_ENDPOINT_URL_STS would send the code unencrypted to sts.example:8080',
      hints: [
        'use https:, or http: with 127.0.0.1, [::1] or localhost',
        "unset AWS_ENDPOINT_URL_STS to use AWS's own endpoint",
      ],
    })
  })

  for (const url of [
    'sts.example',
    'ftp://sts.example',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'https://',
    'https://x.example?a=1',
    'https://x.example#a',
  ]) {
    test(`refuses ${url}, to which nothing can be sent`, () => {
      assert.throws(() => customEndpoint({ AWS_ENDPOINT_URL: url }), { name: 'Failure', kind: 'act' })
    })
  }

  test('refuses a URL with a password, and does not repeat it', () => {
    for (const url of [
      'https://user:pa55word@sts.example',
      'https://pa55word@sts.example',
      'http://u:pa55word@[oops',
    ]) {
      assert.throws(
        () => customEndpoint({ AWS_ENDPOINT_URL: url }),
        (error: Failure) => error.kind === 'act' && !`${error.message}${error.hints}`.includes('pa55word'),
      )
    }
  })
})
