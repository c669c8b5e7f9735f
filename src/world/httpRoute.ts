import { readFile, stat } from 'node:fs/promises'
import http from 'node:http'
import https from 'node:https'
import { isIP, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import tls from 'node:tls'
import { type NetworkSettings, proxyFor, proxyLogin } from '../core/network.js'
import { mayPass } from '../core/refusals.js'
import { Failure, StsFailure } from '../errors.js'

type Env = Readonly<Record<string, string | undefined>>

/** The way to one endpoint, for one request. */
export interface HttpRoute {
  readonly httpAgent: http.Agent
  readonly httpsAgent: https.Agent
  /** host and port of the proxy, without its password, from when it is asked until it has let us through */
  readonly proxy: string | undefined
  /** whether a connection stood, TLS included, over which a request may have left */
  readonly connected: boolean
  close(): void
}

/**
 * A way that goes directly or through a proxy, and trusts the certificates that it is given: the SDK knows neither
 * HTTPS_PROXY nor AWS_CA_BUNDLE by itself.
 *
 * @param ca - PEM certificates that replace the built-in ones
 */
export function makeRoute(env: Env, ca: string | undefined): HttpRoute {
  // NODE_TLS_REJECT_UNAUTHORIZED=0 in a shell must not show a live code to a stranger.
  const trust = { rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) }
  const httpAgent = new http.Agent()
  const httpsAgent = new https.Agent(trust)
  const closing = new AbortController()
  let proxyHost: string | undefined
  let connected = false

  function watch<S extends Duplex | null | undefined>(socket: S, ready: 'connect' | 'secureConnect'): S {
    socket?.once(ready, () => {
      connected = true
    })
    return socket
  }

  const plainConnection = httpAgent.createConnection.bind(httpAgent)
  httpAgent.createConnection = (options, callback) => watch(plainConnection(options, callback), 'connect')

  const directConnection = httpsAgent.createConnection.bind(httpsAgent)
  httpsAgent.createConnection = (options, callback) => {
    const target = new URL(`https://${bracketed(options.host ?? '')}:${options.port}`)
    const proxy = proxyFor(target, env)
    if (proxy === undefined) return watch(directConnection(options, callback), 'secureConnect')
    proxyHost = proxy.host
    openTunnel(proxy, target, trust, closing.signal).then(
      (socket) => {
        proxyHost = undefined
        callback?.(null, watch(tls.connect({ ...(options as tls.ConnectionOptions), socket }), 'secureConnect'))
      },
      (error: Error) => callback?.(error, undefined as never),
    )
    return undefined
  }

  return {
    httpAgent,
    httpsAgent,
    get proxy() {
      return proxyHost
    },
    get connected() {
      return connected
    },
    close() {
      closing.abort()
      httpAgent.destroy()
      httpsAgent.destroy()
    },
  }
}

/** All the certificates that systems trust are a quarter of a MiB. */
const longestBundle = 8 * 1024 * 1024

/**
 * The certificates in a file, instead of the built-in ones, as the AWS CLI does.
 *
 * @throws Failure `act` that names the path and where it is named
 */
export async function readCaBundle(bundle: NetworkSettings['caBundle']): Promise<string | undefined> {
  if (bundle === undefined) return undefined
  const { path, origin } = bundle
  const refuse = (why: string) =>
    new Failure('act', `${path} (${origin}) ${why}`, [
      `${origin} names a file of PEM certificates; take it away to use the built-in ones`,
    ])
  try {
    const stats = await stat(path)
    // Opening a pipe would wait for whoever writes into it.
    if (!stats.isFile()) throw refuse('is not a regular file')
    if (stats.size > longestBundle) throw refuse('is too long for a file of certificates')
    const text = await readFile(path, 'latin1')
    if (!/-----BEGIN (TRUSTED )?CERTIFICATE-----/.test(text)) throw refuse('holds no certificate')
    return text
  } catch (error) {
    if (error instanceof Failure) throw error
    throw refuse(`cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}

/**
 * A connection to `target` through an HTTP proxy (CONNECT, RFC 9110 §9.3.6).
 *
 * @throws StsFailure when the proxy says no; nothing was sent to the endpoint then
 */
function openTunnel(proxy: URL, target: URL, trust: tls.SecureContextOptions, signal: AbortSignal): Promise<Socket> {
  const authority = `${target.hostname}:${target.port || 443}`
  const login = proxyLogin(proxy)
  const authorization = !login ? {} : { 'Proxy-Authorization': `Basic ${Buffer.from(login).toString('base64')}` }
  const host = proxy.hostname.replace(/^\[|\]$/g, '')
  return new Promise((resolve, reject) => {
    const request = (proxy.protocol === 'https:' ? https : http).request({
      method: 'CONNECT',
      host,
      // Else Node takes the Host header for the name that the proxy's certificate must bear.
      servername: isIP(host) ? '' : host,
      port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
      path: authority,
      headers: { Host: authority, ...authorization },
      agent: false,
      signal,
      ...trust,
    })
    request.once('error', reject)
    request.once('connect', (response, socket) => {
      if (response.statusCode === 200) return resolve(socket)
      socket.destroy()
      reject(proxyRefusal(proxy, response.statusCode))
    })
    request.end()
  })
}

function proxyRefusal(proxy: URL, httpStatus: number | undefined): StsFailure {
  const wantsLogin = httpStatus === 407
  return new StsFailure(
    mayPass(httpStatus) ? 'retry' : 'act',
    `the proxy ${proxy.host} refused the connection (HTTP ${httpStatus})`,
    wantsLogin
      ? 'put user name and password in HTTPS_PROXY: http://USER:PASSWORD@HOST:PORT'
      : 'ask whoever runs the proxy, or name the host in NO_PROXY if it can be reached without',
    { reason: 'unreachable', codeMayBeSpent: false, clockOffsetMs: undefined },
  )
}

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}
