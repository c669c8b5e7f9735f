import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { proxyFor, proxyLogin } from '../../src/core/proxy.js'
import type { Failure } from '../../src/errors.js'

const sts = 'https://sts.eu-west-1.amazonaws.com'
const proxyOf = (env: Record<string, string>, target = sts) => proxyFor(new URL(target), env)?.href
const HTTPS_PROXY = 'http://proxy.example:3128'
const HTTP_PROXY = 'http://plain.example:3128'

describe('proxyFor', () => {
  test('is none without HTTPS_PROXY, and none when it is empty', () => {
    assert.equal(proxyOf({}), undefined)
    assert.equal(proxyOf({ HTTPS_PROXY: '', HTTP_PROXY }), undefined)
  })

  test('takes the lower-case name first, as curl and urllib do; set to nothing it switches the other off', () => {
    assert.equal(proxyOf({ HTTPS_PROXY, https_proxy: 'http://other.example' }), 'http://other.example/')
    assert.equal(proxyOf({ HTTPS_PROXY, https_proxy: '' }), undefined)
  })

  test('takes a proxy without a scheme for an http: one', () => {
    assert.equal(proxyOf({ HTTPS_PROXY: 'proxy.example:3128' }), 'http://proxy.example:3128/')
  })

  test('never asks for this machine itself through a proxy, nor for anything in the clear', () => {
    for (const target of [
      'https://127.0.0.1:8443',
      'https://localhost',
      'https://[::1]',
      'http://127.0.0.1',
      'http://a.example',
    ]) {
      assert.equal(proxyOf({ HTTPS_PROXY, HTTP_PROXY }, target), undefined, target)
    }
  })

  for (const value of [
    'socks5://proxy.example:1080',
    'http://',
    'http://u:pa55word@[oops',
    'ftp://u:pa55word@x',
    'http://user:pa55word%ss@proxy.example:9',
    'http://pa55word%:x@proxy.example:9',
    'http://user:%ff-pa55word@proxy.example:9',
    'u:pa55word/x@proxy.example:9',
    'http://u:55#pa55word@proxy.example:9',
    'http://u:55?pa55word@proxy.example:9',
    'http://u:55/pa55word@proxy.example:9',
    'http://proxy.example:99999',
    'pa55word with blanks',
  ]) {
    for (const name of ['HTTPS_PROXY', 'https_proxy']) {
      test(`refuses ${name}=${value} by its name, without repeating it`, () => {
        assert.throws(
          () => proxyOf({ [name]: value }),
          (error: Failure) =>
            error.kind === 'act' &&
            error.message === `${name} is not the URL of an HTTP proxy` &&
            !`${error.message}${error.hints}`.includes('pa55word'),
        )
      })
    }
  }

  test('reads user name and password, percent-encoded as they are in a URL', () => {
    assert.equal(proxyLogin(new URL('http://ann:s3%2Fp%40ss@proxy.example')), 'ann:s3/p@ss')
    assert.equal(proxyLogin(new URL('http://ann@proxy.example')), 'ann:')
    assert.equal(proxyLogin(new URL('http://proxy.example')), '')
  })

  const exempt: [string, boolean, string?][] = [
    ['*', true],
    ['amazonaws.com', true],
    ['.amazonaws.com', true],
    ['*.amazonaws.com', true],
    ['AMAZONAWS.COM', true],
    ['sts.eu-west-1.amazonaws.com', true],
    ['sts.eu-west-1.amazonaws.com:443', true],
    ['example.com, amazonaws.com', true],
    ['example.com amazonaws.com', true],
    ['amazonaws.com:8443', false],
    ['zonaws.com', false],
    ['sts.us-east-1.amazonaws.com', false],
    ['com.example', false],
    ['', false],
    [',', false],
    ['10.1.2.3', true, 'https://10.1.2.3'],
    ['[fd00::1]', true, 'https://[fd00::1]'],
    ['fd00::1', true, 'https://[fd00::1]'],
    ['[fd00::1]:8443', false, 'https://[fd00::1]'],
  ]
  for (const [noProxy, isExempt, target = sts] of exempt) {
    test(`${isExempt ? 'goes directly' : 'takes the proxy'} to ${target} with NO_PROXY=${JSON.stringify(noProxy)}`, () => {
      assert.equal(proxyOf({ HTTPS_PROXY, NO_PROXY: noProxy }, target), isExempt ? undefined : `${HTTPS_PROXY}/`)
    })
  }
})
