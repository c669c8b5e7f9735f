import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkNetwork } from '../../src/doctor/network.js'
import { fakeWorld } from '../support/fakeWorld.js'

describe('the way to AWS, as doctor tells it', () => {
  const tell = (env: Record<string, string>, config?: Record<string, string>) =>
    checkNetwork(fakeWorld({ env }), 'eu-west-1', config).checks.map(({ verdict, text }) => `${verdict} ${text}`)

  test('is the plain one when nothing is said', () => {
    assert.deepEqual(tell({}), ["ok endpoints: AWS's own", 'ok proxy: none', 'ok certificates: those of Node'])
  })

  test('names the settings of the source profile that count', () => {
    const config = { ca_bundle: '/etc/ca.pem', use_fips_endpoint: 'true' }
    assert.deepEqual(tell({ AWS_CA_BUNDLE: '' }, config), [
      "ok endpoints: AWS's own, FIPS ones (use_fips_endpoint of the source profile)",
      'ok proxy: none',
      'ok certificates: those in /etc/ca.pem (ca_bundle of the source profile), and no others',
    ])
    assert.match(tell({ AWS_CA_BUNDLE: '/x.pem' }, config)[2] ?? '', /in \/x\.pem \(AWS_CA_BUNDLE\)/)
  })

  test('warns of an endpoint in the config file, which counts for the AWS CLI and not here', () => {
    for (const key of ['endpoint_url', 'services']) {
      const [, warning] = tell({}, { [key]: 'http://user:pa55word@127.0.0.1:4566' })
      assert.match(warning ?? '', new RegExp(`^warn awsmfa does not take endpoints .* ${key} of the source profile$`))
      assert.doesNotMatch(warning ?? '', /pa55word/)
    }
  })

  test('is bad with a proxy that cannot be one, whose password is not told', () => {
    const [, proxy] = tell({ HTTPS_PROXY: 'http://user:pa%ss@proxy.example:9' })
    assert.equal(proxy, 'bad HTTPS_PROXY is not the URL of an HTTP proxy')
  })
})
