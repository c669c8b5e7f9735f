import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { hostDoubts, networkSettings } from '../../src/core/networkSettings.js'

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
