import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkFiles, checkNetwork } from '../../src/doctor/local.js'
import { Failure, ReadOnlyFailure } from '../../src/errors.js'
import type { AwsFile, FileFacts } from '../../src/world.js'
import { fakeWorld } from '../support/fakeWorld.js'

/** The verdict on one file, its text and its cures, when looking at it gives these facts, or fails. */
async function verdict(file: AwsFile, facts: Partial<FileFacts> | Failure): Promise<string[]> {
  const world = fakeWorld()
  const inspect = async (each: AwsFile) => {
    if (each === file && facts instanceof Failure) throw facts
    return { ...(await world.awsFiles.inspect(each)), ...(each === file ? facts : {}) }
  }
  const { checks } = await checkFiles({ ...world, awsFiles: { ...world.awsFiles, inspect } })
  return checks.filter(({ name }) => name === file).flatMap((check) => [check.verdict, check.text, ...check.cures])
}

test('a config that something else makes is no fault, for a refresh does not write it', async () => {
  const readOnly = new ReadOnlyFailure(
    'act',
    '~/.aws/config is on /etc/aws, which is mounted read-only',
    'change it there',
  )
  assert.deepEqual(await verdict('config', readOnly), [
    'warn',
    '~/.aws/config is on /etc/aws, which is mounted read-only: a refresh works, settings cannot be changed',
    'change it there',
  ])
  assert.equal((await verdict('credentials', readOnly))[0], 'bad')
  assert.equal((await verdict('config', new Failure('act', 'a folder', 'mend it')))[0], 'bad')
})

test('keys that others can read are closed by what works where they are', async () => {
  const open = { othersCanRead: true, mode: '0777' }
  const text = 'others can read ~/.aws/credentials (mode 0777)'
  assert.deepEqual(await verdict('credentials', open), ['warn', text, 'chmod 600 /home/alice/.aws/credentials'])
  const closing = 'the mount /mnt/c (drvfs) knows no permissions; keep it elsewhere'
  assert.deepEqual(await verdict('credentials', { ...open, closing }), ['warn', text, closing])
})

describe('the way to AWS, as doctor tells it', () => {
  const tell = (env: Record<string, string>, config?: Record<string, string>) =>
    checkNetwork(fakeWorld({ env }), 'eu-west-1', config).checks.map(({ verdict, text }) => `${verdict} ${text}`)

  test('is the plain one when nothing is said', () => {
    assert.deepEqual(tell({}), ["ok endpoints: AWS's own", 'ok proxy: none', 'ok certificates: those of Node'])
  })

  test('names the settings of the source profile that count', () => {
    const config = { ca_bundle: '/etc/ca.pem', use_fips_endpoint: 'true' }
    assert.deepEqual(tell({ AWS_CA_BUNDLE: '', AWS_USE_DUALSTACK_ENDPOINT: 'true' }, config), [
      "ok endpoints: AWS's own, FIPS ones (use_fips_endpoint of the source profile), those with IPv6 (AWS_USE_DUALSTACK_ENDPOINT)",
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
