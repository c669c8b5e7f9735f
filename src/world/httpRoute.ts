import { readFile } from 'node:fs/promises'
import http from 'node:http'
import https from 'node:https'
import { isIP, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import tls from 'node:tls'
import { proxyFor } from '../core/proxy.js'
import { Failure, StsFailure } from '../errors.js'

type Env = Readonly<Record<string, string | undefined>>

/** The way to one endpoint, for one request. */
export interface HttpRoute {
  readonly httpAgent: http.Agent
  readonly httpsAgent: https.Agent
  /** host and port of the proxy in use, without its password; known once a connection was begun */
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
      (socket) =>
        callback?.(null, watch(tls.connect({ ...(options as tls.ConnectionOptions), socket }), 'secureConnect')),
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

/**
 * The certificates in the file that AWS_CA_BUNDLE names, instead of the built-in ones, as the AWS CLI does.
 *
 * @throws Failure `act` that names the path
 */
export async function readCaBundle(env: Env): Promise<string | undefined> {
  const path = env.AWS_CA_BUNDLE
  if (!path) return undefined
  const hint = 'AWS_CA_BUNDLE names a file of PEM certificates; unset it to use the built-in ones'
  let text: string
  try {
    text = await readFile(path, 'latin1')
  } catch (error) {
    throw new Failure('act', `${path} (AWS_CA_BUNDLE) cannot be read: ${(error as NodeJS.ErrnoException).code}`, hint)
  }
  if (text.includes('-----BEGIN CERTIFICATE-----') || text.includes('-----BEGIN TRUSTED CERTIFICATE-----')) return text
  throw new Failure('act', `${path} (AWS_CA_BUNDLE) holds no certificate`, hint)
}

/**
 * A connection to `target` through an HTTP proxy (CONNECT, RFC 9110 §9.3.6).
 *
 * @throws StsFailure when the proxy says no; nothing was sent to the endpoint then
 */
function openTunnel(proxy: URL, target: URL, trust: tls.SecureContextOptions, signal: AbortSignal): Promise<Socket> {
  const authority = `${target.hostname}:${target.port || 443}`
  const login = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`
  const authorization = login === ':' ? {} : { 'Proxy-Authorization': `Basic ${Buffer.from(login).toString('base64')}` }
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
    wantsLogin ? 'act' : 'retry',
    `the proxy ${proxy.host} refused the connection (HTTP ${httpStatus})`,
    wantsLogin
      ? 'put user name and password in HTTPS_PROXY: http://USER:PASSWORD@HOST:PORT'
      : 'ask whoever runs the proxy',
    { reason: 'unreachable', codeMayBeSpent: false, clockOffsetMs: undefined },
  )
}

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}
