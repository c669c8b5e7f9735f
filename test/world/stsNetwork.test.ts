import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { LongTermKeys } from '../../src/core/session.js'
import { Failure, StsFailure } from '../../src/errors.js'
import type { SessionRequest } from '../../src/outside/aws.js'
import type { AwsClientOptions } from '../../src/world/awsClient.js'
import { makeSts } from '../../src/world/sts.js'
import { type ConnectProxy, type ConnectProxyOptions, startConnectProxy } from '../support/connectProxy.js'
import { limitMs } from '../support/limit.js'
import { absent } from '../support/parts.js'
import { alice, type StrictSts, startStrictSts } from '../support/strictSts.js'
import { makeTlsAuthority, type TlsAuthority } from '../support/tlsAuthority.js'

const limits = { connectMs: 10_000, totalMs: 20_000 }

const request: SessionRequest = {
  keys: new LongTermKeys(alice.accessKeyId, alice.secretAccessKey),
  region: 'eu-west-1',
  serialNumber: alice.serialNumber,
  code: '123456',
  durationSeconds: 3600,
  clockOffsetMs: 0,
}

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const error: unknown = await promise.then(
    () => assert.fail('it must not succeed'),
    (error: unknown) => error,
  )
  assert.ok(error instanceof Failure, String(error))
  return error
}

async function stsFailureOf(promise: Promise<unknown>): Promise<StsFailure> {
  const failure = await failureOf(promise)
  assert.ok(failure instanceof StsFailure, String(failure))
  return failure
}

/** Runs `work` in a process environment, with files, that would lead the SDK astray if it looked. */
async function inHostileShell(work: () => Promise<void>): Promise<void> {
  const saved = { ...process.env }
  const home = mkdtempSync(join(tmpdir(), 'awsmfa-sts-'))
  const config = join(home, 'config')
  const settings = 'endpoint_url = http://127.0.0.1:9\nregion = us-west-2\nuse_fips_endpoint = true\n'
  writeFileSync(config, `[default]\n${settings}[profile mfa]\n${settings}[profile broken\nno sense\n`)
  Object.assign(process.env, {
    AWS_CONFIG_FILE: config,
    AWS_SHARED_CREDENTIALS_FILE: config,
    AWS_PROFILE: 'mfa',
    AWS_ACCESS_KEY_ID: 'ASIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'other',
    AWS_SESSION_TOKEN: 'other',
    AWS_REGION: 'us-west-2',
    AWS_MAX_ATTEMPTS: '5',
    AWS_RETRY_MODE: 'nonsense',
    AWS_USE_DUALSTACK_ENDPOINT: 'nonsense',
    AWS_USE_FIPS_ENDPOINT: 'nonsense',
    AWS_DEFAULTS_MODE: 'auto',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
  })
  try {
    await work()
  } finally {
    for (const name of Object.keys(process.env)) if (!(name in saved)) delete process.env[name]
    Object.assign(process.env, saved)
    rmSync(home, { recursive: true, force: true })
  }
}

describe('TLS, proxies and certificates', { skip: absent('openssl') }, () => {
  let authority: TlsAuthority
  let strict: StrictSts
  const proxies: ConnectProxy[] = []
  let serialNumber: string
  let count = 0

  before(async () => {
    authority = makeTlsAuthority()
    const names = ['sts.eu-west-1.amazonaws.com', 'sts.cn-north-1.amazonaws.com.cn', 'sts-fips.us-east-1.amazonaws.com']
    strict = await startStrictSts({ tls: authority.issue(names) })
  })
  after(async () => {
    for (const proxy of proxies) await proxy.close()
    await strict.close()
    authority.remove()
  })
  beforeEach(() => {
    count += 1
    serialNumber = `arn:aws:iam::123456789012:mfa/alice-${count}`
    strict.addUser({ arn: alice.arn, keys: [alice], devices: [{ serialNumber, seed: alice.seed }] })
  })

  async function proxyTo(options: Omit<ConnectProxyOptions, 'targetPort'> = {}): Promise<ConnectProxy> {
    const proxy = await startConnectProxy({ targetPort: strict.port, ...options })
    proxies.push(proxy)
    return proxy
  }
  const call = (env: AwsClientOptions['env'], changes: Partial<SessionRequest> = {}, itsLimits = limits) =>
    makeSts({ env: { AWS_CA_BUNDLE: authority.caPath, ...env }, limits: itsLimits }).getSessionToken({
      ...request,
      serialNumber,
      code: strict.code(serialNumber),
      ...changes,
    })

  test("reaches the region's own endpoint through HTTPS_PROXY, with TLS to the endpoint itself", async () => {
    const proxy = await proxyTo()
    const { session } = await call({ HTTPS_PROXY: proxy.url })
    assert.match(session.reveal().accessKeyId, /^ASIA/)
    assert.deepEqual(proxy.targets, ['sts.eu-west-1.amazonaws.com:443'])
    assert.equal(strict.log.at(-1)?.region, 'eu-west-1')
  })

  test("takes the endpoint of another partition by the SDK's rules", async () => {
    const proxy = await proxyTo()
    await call({ HTTPS_PROXY: proxy.url }, { region: 'cn-north-1' })
    assert.deepEqual(proxy.targets, ['sts.cn-north-1.amazonaws.com.cn:443'])
    assert.equal(strict.log.at(-1)?.region, 'cn-north-1')
  })

  test('takes the FIPS endpoint when AWS_USE_FIPS_ENDPOINT says so', async () => {
    const proxy = await proxyTo()
    await call({ https_proxy: proxy.url, AWS_USE_FIPS_ENDPOINT: 'true' }, { region: 'us-east-1' })
    assert.deepEqual(proxy.targets, ['sts-fips.us-east-1.amazonaws.com:443'])
  })

  test('takes what the source profile says of FIPS and certificates when the environment is silent', async () => {
    const proxy = await proxyTo()
    const settings = { use_fips_endpoint: 'true', ca_bundle: authority.caPath, endpoint_url: 'http://127.0.0.1:9' }
    const env = { HTTPS_PROXY: proxy.url, AWS_CA_BUNDLE: undefined }
    await call(env, { region: 'us-east-1', settings })
    await call(
      { ...env, AWS_USE_FIPS_ENDPOINT: 'false' },
      { region: 'eu-west-1', settings, code: strict.code(serialNumber, 1) },
    )
    assert.deepEqual(proxy.targets, ['sts-fips.us-east-1.amazonaws.com:443', 'sts.eu-west-1.amazonaws.com:443'])
    const failure = await failureOf(call(env, { settings: { ca_bundle: '/nowhere.pem' } }))
    assert.equal(failure.message, '/nowhere.pem (ca_bundle of the source profile) cannot be read: ENOENT')
  })

  test("asks the region's own endpoint whatever endpoint a config file or AWS_PROFILE suggests", async () => {
    const proxy = await proxyTo()
    await inHostileShell(async () => {
      await call({ HTTPS_PROXY: proxy.url })
    })
    assert.deepEqual(proxy.targets, ['sts.eu-west-1.amazonaws.com:443'])
    assert.equal(strict.log.at(-1)?.accessKeyId, alice.accessKeyId)
  })

  test('takes a proxy without a scheme for an http: one, as curl and the AWS CLI do', async () => {
    const proxy = await proxyTo()
    await call({ HTTPS_PROXY: `127.0.0.1:${proxy.port}` })
    assert.equal(proxy.targets.length, 1)
  })

  test('speaks TLS to a proxy whose URL says https:', async () => {
    const proxy = await proxyTo({ tls: authority.issue([]) })
    await call({ HTTPS_PROXY: proxy.url })
    assert.deepEqual(proxy.targets, ['sts.eu-west-1.amazonaws.com:443'])
  })

  test('asks a proxy with a name for the certificate of that name, and one with an address for none', async () => {
    const proxy = await proxyTo({ tls: authority.issue(['localhost']) })
    await call({ HTTPS_PROXY: `https://localhost:${proxy.port}` })
    await call({ HTTPS_PROXY: proxy.url }, { code: strict.code(serialNumber, 1) })
    assert.deepEqual(proxy.serverNames, ['localhost', false])
  })

  test('says nothing to a proxy whose certificate is for another name', async () => {
    const proxy = await proxyTo({ tls: authority.issue(['sts.eu-west-1.amazonaws.com']) })
    const failure = await stsFailureOf(call({ HTTPS_PROXY: `https://localhost:${proxy.port}` }))
    assert.equal(failure.kind, 'act')
    assert.deepEqual([failure.codeMayBeSpent, proxy.targets], [false, []])
    assert.match(
      failure.message,
      /certificate of the proxy localhost:\d+ is not trusted \(ERR_TLS_CERT_ALTNAME_INVALID\)/,
    )
  })

  test('refuses a proxy that cannot be one before anything is sent, naming the variable and no password', async () => {
    for (const value of ['http://user:pa%ss@127.0.0.1:9', 'socks5://127.0.0.1:9', 'http://u:5#pa%ss@127.0.0.1:9']) {
      const before = strict.log.length
      const failure = await failureOf(call({ HTTPS_PROXY: value }))
      assert.equal(failure.kind, 'act')
      assert.match(failure.message, /^HTTPS_PROXY /)
      assert.doesNotMatch(failure.message + failure.hints, /pa%ss/)
      assert.equal(strict.log.length, before)
    }
  })

  for (const [refuse, kind] of [
    [403, 'act'],
    [400, 'act'],
    [302, 'act'],
    [429, 'retry'],
    [502, 'retry'],
  ] as const) {
    test(`takes HTTP ${refuse} of a proxy for ${kind}`, async () => {
      const proxy = await proxyTo({ refuse })
      assert.equal((await stsFailureOf(call({ HTTPS_PROXY: proxy.url }))).kind, kind)
    })
  }

  test('gives the proxy its user name and password, and shows neither when it says no', async () => {
    const proxy = await proxyTo({ login: 'ann:s3cret/p@ss' })
    const withLogin = (login: string) => ({ HTTPS_PROXY: `http://${login}@127.0.0.1:${proxy.port}` })
    await call(withLogin('ann:s3cret%2Fp%40ss'))

    const before = strict.log.length
    const failure = await stsFailureOf(call(withLogin('ann:wr0ngpass')))
    assert.equal(failure.kind, 'act')
    assert.equal(failure.reason, 'unreachable')
    assert.equal(failure.codeMayBeSpent, false)
    assert.match(
      failure.message,
      new RegExp(`the proxy 127\\.0\\.0\\.1:${proxy.port} refused the connection \\(HTTP 407\\)`),
    )
    const { inspect } = await import('node:util')
    assert.doesNotMatch(inspect(failure, { depth: 9, showHidden: true }), /wr0ngpass/)
    assert.equal(strict.log.length, before)
  })

  test('keeps the code when the proxy refuses, and never shows it to the proxy', async () => {
    const proxy = await proxyTo({ refuse: 503 })
    const failure = await stsFailureOf(call({ HTTPS_PROXY: proxy.url }))
    assert.equal(failure.kind, 'retry')
    assert.equal(failure.codeMayBeSpent, false)
    assert.match(failure.message, /HTTP 503/)
  })

  test('gives up a proxy that never answers, and leaves no connection behind', { timeout: limitMs }, async () => {
    const proxy = await proxyTo({ refuse: 'hang' })
    const short = { connectMs: 200, totalMs: 400 }
    const failure = await stsFailureOf(call({ HTTPS_PROXY: proxy.url }, {}, short))
    assert.equal(failure.kind, 'retry')
    assert.equal(failure.codeMayBeSpent, false)
    assert.match(failure.message, new RegExp(`the proxy 127\\.0\\.0\\.1:${proxy.port} could not be reached in time`))
    while (proxy.openConnections > 0) await new Promise((resolve) => setImmediate(resolve))
  })

  test('names the proxy, not the endpoint, when nobody listens at the proxy', async () => {
    const proxy = await startConnectProxy({ targetPort: strict.port })
    await proxy.close()
    const failure = await stsFailureOf(call({ HTTPS_PROXY: `http://u:pw9@127.0.0.1:${proxy.port}` }))
    assert.equal(failure.message, `the proxy 127.0.0.1:${proxy.port} refused the connection`)
    assert.equal(failure.codeMayBeSpent, false)
  })

  test('goes past the proxy for a host in NO_PROXY, and through it for others', async () => {
    const proxy = await proxyTo()
    // Another name for this machine, but not one that is never asked for through a proxy.
    const env = { HTTPS_PROXY: proxy.url, AWS_ENDPOINT_URL: `https://0.0.0.0:${strict.port}` }
    await call({ ...env, NO_PROXY: 'example.com,0.0.0.0' })
    assert.deepEqual(proxy.targets, [])
    await call({ ...env, NO_PROXY: 'example.com' }, { code: strict.code(serialNumber, 1) })
    assert.deepEqual(proxy.targets, [`0.0.0.0:${strict.port}`])
  })

  test('reaches a custom https: endpoint on loopback without the proxy', async () => {
    const proxy = await proxyTo()
    await call({ AWS_ENDPOINT_URL_STS: strict.url, HTTPS_PROXY: proxy.url })
    assert.deepEqual(proxy.targets, [])
  })

  test('trusts the certificates of AWS_CA_BUNDLE and no others, so that nothing is sent to a stranger', async () => {
    const before = strict.log.length
    for (const env of [{}, { NODE_TLS_REJECT_UNAUTHORIZED: '0' }]) {
      const saved = process.env.NODE_TLS_REJECT_UNAUTHORIZED
      Object.assign(process.env, env)
      try {
        const failure = await stsFailureOf(call({ AWS_ENDPOINT_URL: strict.url, AWS_CA_BUNDLE: undefined }))
        assert.equal(failure.kind, 'act')
        assert.equal(failure.reason, 'unreachable')
        assert.equal(failure.codeMayBeSpent, false)
        assert.match(failure.message, /certificate of 127\.0\.0\.1:\d+ is not trusted \([A-Z_]+\)/)
        assert.match(failure.hints.join(), /AWS_CA_BUNDLE/)
      } finally {
        if (saved === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
        else process.env.NODE_TLS_REJECT_UNAUTHORIZED = saved
      }
    }
    assert.equal(strict.log.length, before)
  })

  test('refuses a certificate of a trusted authority for another name', async () => {
    const proxy = await proxyTo()
    const before = strict.log.length
    const failure = await stsFailureOf(call({ HTTPS_PROXY: proxy.url }, { region: 'us-west-2' }))
    assert.equal(failure.kind, 'act')
    assert.match(failure.message, /sts\.us-west-2\.amazonaws\.com is not trusted \(ERR_TLS_CERT_ALTNAME_INVALID\)/)
    assert.equal(failure.codeMayBeSpent, false)
    assert.equal(strict.log.length, before)
  })

  test('names the path of a CA bundle that is missing or holds no certificate', async () => {
    const missing = join(authority.folder, 'no-such.pem')
    const empty = join(authority.folder, 'empty.pem')
    writeFileSync(empty, 'not a certificate\n')
    const first = await failureOf(call({ AWS_ENDPOINT_URL: strict.url, AWS_CA_BUNDLE: missing }))
    assert.equal(first.kind, 'act')
    assert.equal(first.message, `${missing} (AWS_CA_BUNDLE) cannot be read: ENOENT`)
    const second = await failureOf(call({ AWS_ENDPOINT_URL: strict.url, AWS_CA_BUNDLE: empty }))
    assert.equal(second.message, `${empty} (AWS_CA_BUNDLE) holds no certificate`)
  })

  test('refuses a CA bundle that is a pipe, a folder, a device or endless, and waits for none', async () => {
    const path = (name: string) => join(authority.folder, name)
    execFileSync('mkfifo', [path('pipe')])
    writeFileSync(path('long.pem'), '')
    truncateSync(path('long.pem'), 2 ** 40)
    for (const [bundle, why] of [
      [path('pipe'), 'is not a regular file'],
      [authority.folder, 'is not a regular file'],
      ['/dev/zero', 'is not a regular file'],
      [path('long.pem'), 'is too long for a file of certificates'],
    ] as const) {
      const failure = await failureOf(call({ AWS_ENDPOINT_URL: strict.url, AWS_CA_BUNDLE: bundle }))
      assert.equal(failure.kind, 'act')
      assert.match(failure.message, new RegExp(`^${bundle} \\(AWS_CA_BUNDLE\\) ${why}$`))
    }
  })
})

describe('a server that is no STS', () => {
  const call = (url: string, itsLimits = limits) =>
    makeSts({ env: { AWS_ENDPOINT_URL: url }, limits: itsLimits }).getSessionToken(request)

  /** Answers every connection with `bytes` and closes it; `undefined` keeps it open and silent. */
  async function rawServer(bytes: string | undefined): Promise<{ url: string; close(): void }> {
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => bytes !== undefined && socket.end(bytes))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    assert.ok(address !== null && typeof address === 'object')
    return { url: `http://127.0.0.1:${address.port}`, close: () => server.close() }
  }

  const answers: [string, string][] = [
    ['speaks another protocol', '220 mail.example ESMTP\r\n'],
    ['answers 200 with JSON', 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}'],
    ['answers 200 with nothing', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
    ['answers 204', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['answers with broken XML', 'HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\n<GetSessionTokenRespon'],
    ['answers 401 with text', 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 4\r\n\r\nnope'],
    ['answers 500 with nothing', 'HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n'],
    ['closes at once', ''],
  ]
  for (const [title, bytes] of answers) {
    test(`is unreachable, for another try, when it ${title}`, async () => {
      const server = await rawServer(bytes)
      const failure = await stsFailureOf(call(server.url)).finally(server.close)
      assert.equal(failure.kind, 'retry')
      assert.equal(failure.reason, 'unreachable')
      assert.equal(failure.codeMayBeSpent, true)
      assert.equal(failure.clockOffsetMs, undefined)
    })
  }

  /** Answers with `head` and then with `piece`, again and again, as fast as it is read or every `pauseMs`. */
  async function endlessServer(head: string, piece: string, pauseMs?: number): Promise<{ url: string; close(): void }> {
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => {
        socket.write(head)
        if (pauseMs !== undefined) {
          const timer = setInterval(() => socket.write(piece), pauseMs)
          socket.once('close', () => clearInterval(timer))
          return
        }
        const more = () => {
          while (!socket.destroyed && socket.write(piece));
        }
        socket.on('drain', more)
        more()
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    return { url: `http://127.0.0.1:${port}`, close: () => server.close() }
  }

  const ok = 'HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n'
  for (const [title, status] of [
    ['an answer', ok],
    ['a refusal', ok.replace('200 OK', '403 Forbidden')],
  ] as const) {
    test(`reads no more of ${title} than AWS could mean`, async () => {
      const server = await endlessServer(`${status}\r\n<GetSessionTokenResponse>`, 'x'.repeat(65_536))
      const failure = await stsFailureOf(call(server.url)).finally(server.close)
      assert.match(failure.message, /cannot be used: it is too long$/)
      assert.deepEqual([failure.reason, failure.codeMayBeSpent], ['unreachable', true])
    })
  }

  for (const [title, head, piece] of [
    ['its body drips', `${ok}\r\n<GetSessionTokenResponse>`, ' '],
    ['its headers drip', ok, 'X'],
    ['it begins again and again', '', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
    ['chunks of nothing follow each other', `${ok}Transfer-Encoding: chunked\r\n\r\n`, '1\r\n \r\n'],
  ] as const) {
    test(`is given up after the time for the whole call when ${title}`, async () => {
      const server = await endlessServer(head, piece, 20)
      const failure = await stsFailureOf(call(server.url, { connectMs: 300, totalMs: 600 })).finally(server.close)
      assert.match(failure.message, /did not answer in time$/)
      assert.deepEqual([failure.kind, failure.codeMayBeSpent], ['retry', true])
    })
  }

  test('is given up when TLS is never answered, and the code is kept', async () => {
    const server = await rawServer(undefined)
    const short = { connectMs: 300, totalMs: 600 }
    const failure = await stsFailureOf(call(server.url.replace('http:', 'https:'), short)).finally(server.close)
    assert.equal(failure.kind, 'retry')
    assert.match(failure.message, /could not be reached in time/)
    assert.equal(failure.codeMayBeSpent, false)
  })

  test('keeps the code when nobody listens', async () => {
    const server = await rawServer('')
    server.close()
    const failure = await stsFailureOf(call(server.url))
    assert.equal(failure.kind, 'retry')
    assert.match(failure.message, /^127\.0\.0\.1:\d+ refused the connection$/)
    assert.equal(failure.codeMayBeSpent, false)
  })
})

describe('a call that cannot be made', () => {
  test('is no trouble of the network when the keys cannot stand in a header', async () => {
    const keys = new LongTermKeys('AKIAIOSFODNN7EXAMPLE\u200b', alice.secretAccessKey)
    const sts = makeSts({ env: { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' }, limits })
    const failure = await stsFailureOf(sts.getSessionToken({ ...request, keys }))
    assert.deepEqual([failure.kind, failure.codeMayBeSpent], ['act', false])
  })
})

describe('what lies in the shell', () => {
  let strict: StrictSts
  before(async () => {
    strict = await startStrictSts()
  })
  after(() => strict.close())

  test('does not matter to the call: keys, profile, region, endpoint and broken files', async () => {
    await inHostileShell(async () => {
      const sts = makeSts({ env: { ...process.env, AWS_ENDPOINT_URL: strict.url }, limits })
      await sts.getSessionToken({ ...request, code: strict.code() })
    })
    assert.equal(strict.log.length, 1)
    assert.equal(strict.log[0]?.accessKeyId, alice.accessKeyId)
    assert.equal(strict.log[0]?.region, 'eu-west-1')
  })

  test('refuses FIPS together with a custom endpoint, before anything is sent', async () => {
    const env = { AWS_ENDPOINT_URL: strict.url, AWS_USE_FIPS_ENDPOINT: 'true' }
    const before = strict.log.length
    const failure = await failureOf(makeSts({ env, limits }).getSessionToken(request))
    assert.equal(failure.kind, 'act')
    assert.equal(strict.log.length, before)
  })
})
