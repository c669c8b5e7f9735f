import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { customEndpoint, hostDoubts, networkSettings, proxyFor, proxyLogin } from '../../src/core/network.js'
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

describe('networkSettings', () => {
  test('asks for nothing when nothing is said', () => {
    const none = { caBundle: undefined, fips: undefined, dualstack: undefined, unheeded: [] }
    assert.deepEqual(networkSettings(undefined, {}), none)
    const empty = { AWS_CA_BUNDLE: '', AWS_USE_FIPS_ENDPOINT: '' }
    assert.deepEqual(networkSettings({ ca_bundle: '', use_fips_endpoint: 'false', region: 'eu-west-1' }, empty), none)
  })

  test('takes what the source profile says where the environment is silent, and tells which it was', () => {
    const config = { ca_bundle: '/etc/ca.pem', use_fips_endpoint: 'True', use_dualstack_endpoint: 'true' }
    assert.deepEqual(networkSettings(config, {}), {
      caBundle: { path: '/etc/ca.pem', origin: 'ca_bundle of the source profile' },
      fips: 'use_fips_endpoint of the source profile',
      dualstack: 'use_dualstack_endpoint of the source profile',
      unheeded: [],
    })
    const env = { AWS_CA_BUNDLE: '/x.pem', AWS_USE_FIPS_ENDPOINT: 'false', AWS_USE_DUALSTACK_ENDPOINT: 'TRUE' }
    assert.deepEqual(networkSettings(config, env), {
      caBundle: { path: '/x.pem', origin: 'AWS_CA_BUNDLE' },
      fips: undefined,
      dualstack: 'AWS_USE_DUALSTACK_ENDPOINT',
      unheeded: [],
    })
  })

  test('knows the home folder in the path of a bundle, which no shell has expanded', () => {
    const bundle = (path: string, env: Record<string, string>) =>
      networkSettings({ ca_bundle: path }, env).caBundle?.path
    assert.equal(bundle('~/ca.pem', { HOME: '/home/$&' }), '/home/$&/ca.pem')
    assert.equal(bundle('~\\ca.pem', { USERPROFILE: 'C:\\Users\\a' }), 'C:\\Users\\a\\ca.pem')
    assert.equal(bundle('$HOME/ca.pem', { HOME: '/h' }), '/h/ca.pem')
    assert.equal(bundle('$'.concat('{HOME}/ca.pem'), { HOME: '/h' }), '/h/ca.pem')
    assert.equal(bundle('$HOMES/ca.pem', { HOME: '/h' }), '$HOMES/ca.pem')
    assert.equal(bundle('~/ca.pem', {}), '~/ca.pem')
    assert.equal(bundle('~bob/ca~/x.pem', { HOME: '/home/a' }), '~bob/ca~/x.pem')
    assert.equal(networkSettings({}, { HOME: '/h', AWS_CA_BUNDLE: '~/x' }).caBundle?.path, '/h/x')
  })

  test('does not heed an endpoint in the config file, and says which key names one', () => {
    const config = { endpoint_url: 'http://127.0.0.1:9', services: 'stand-ins' }
    assert.deepEqual(networkSettings(config, {}).unheeded, ['endpoint_url', 'services'])
  })
})

describe('a host of AWS that is not there', () => {
  test('may be so because of the region, or because it has no endpoint of the kind that is asked for', () => {
    const env = { AWS_REGION: 'ap-southeast-9', AWS_USE_FIPS_ENDPOINT: 'true' }
    assert.deepEqual(hostDoubts('ap-southeast-9', networkSettings({}, env), env, {}), [
      'or there is no such region: AWS_REGION=ap-southeast-9',
      'or AWS has no such endpoint in ap-southeast-9: AWS_USE_FIPS_ENDPOINT asks for it',
    ])
    const config = { region: 'eu-west-9', use_dualstack_endpoint: 'true' }
    assert.deepEqual(hostDoubts('eu-west-9', networkSettings(config, {}), {}, config), [
      'or there is no such region: region = eu-west-9 in the source profile',
      'or AWS has no such endpoint in eu-west-9: use_dualstack_endpoint of the source profile asks for it',
    ])
    assert.deepEqual(hostDoubts('us-east-1', networkSettings({}, {}), {}, undefined), [])
  })
})
