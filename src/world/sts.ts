import type { Credentials, STSClientConfig } from '@aws-sdk/client-sts'
import { customEndpoint } from '../core/endpoint.js'
import { clockOffset, readSession } from '../core/stsAnswer.js'
import { serverTime, stsRefusal } from '../core/stsRefusal.js'
import { unreachable } from '../core/unreachable.js'
import { Failure, StsFailure } from '../errors.js'
import type { SessionAnswer, SessionRequest, Sts } from '../world.js'
import type { HttpRoute } from './httpRoute.js'

export interface StsLimits {
  /** until a connection stands, in milliseconds */
  readonly connectMs: number
  /** until the answer begins, and between its parts */
  readonly answerMs: number
  /** for the whole call */
  readonly totalMs: number
}

export interface StsOptions {
  /** proxy, certificate and endpoint settings are taken from here; keys, profile and region never are */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly limits?: StsLimits
  /** this machine's clock, in milliseconds since the epoch */
  readonly now?: () => number
}

const defaultLimits: StsLimits = { connectMs: 6_000, answerMs: 12_000, totalMs: 20_000 }

/** What was seen of an exchange, whether it went well or not. */
interface Exchange {
  host: string
  httpStatus?: number
  clockOffsetMs?: number | undefined
}

/**
 * AWS STS over the SDK, of which the signing, the region's endpoint and the parsing are used. Its own search for keys,
 * region, endpoint and profile is switched off, so that nothing in a shell or a config file can redirect a call.
 */
export function makeSts({ env, limits = defaultLimits, now = Date.now }: StsOptions): Sts {
  return {
    async getSessionToken(request) {
      const endpoint = customEndpoint(env)
      const { makeRoute, readCaBundle } = await import('./httpRoute.js')
      const route = makeRoute(env, await readCaBundle(env))
      const exchange: Exchange = { host: `STS in ${request.region}` }
      const { GetSessionTokenCommand, STSClient } = await loadSdk()
      const { NodeHttpHandler } = await import('@smithy/node-http-handler')
      const client = new STSClient({
        ...closedConfig,
        ...endpointConfig(endpoint, env),
        region: request.region,
        credentials: { accessKeyId: request.keys.accessKeyId, secretAccessKey: request.keys.revealSecret() },
        systemClockOffset: now() - Date.now() + request.clockOffsetMs,
        requestHandler: new NodeHttpHandler({
          httpAgent: route.httpAgent,
          httpsAgent: route.httpsAgent,
          connectionTimeout: limits.connectMs,
          requestTimeout: limits.answerMs,
          // Without this the SDK only prints a warning and waits on.
          throwOnRequestTimeout: true,
          socketTimeout: limits.answerMs,
        }),
      })
      client.middlewareStack.add(
        (next) => async (args) => {
          const { hostname, port } = args.request as { hostname: string; port?: number }
          exchange.host = port === undefined ? hostname : `${hostname}:${port}`
          const sentMs = now()
          const result = await next(args)
          const { statusCode, headers } = result.response as { statusCode: number; headers: Record<string, string> }
          exchange.httpStatus = statusCode
          exchange.clockOffsetMs = clockOffset(headers, sentMs, now())
          return result
        },
        // Nearest to the wire, so that connecting and answering is all that is timed.
        { step: 'deserialize', priority: 'low', name: 'awsmfaExchange' },
      )
      const command = new GetSessionTokenCommand({
        SerialNumber: request.serialNumber,
        TokenCode: request.code,
        DurationSeconds: request.durationSeconds,
      })
      try {
        const { Credentials } = await client.send(command, { abortSignal: AbortSignal.timeout(limits.totalMs) })
        return believe(Credentials, exchange, now())
      } catch (error) {
        throw translate(error, request, route, exchange, now())
      } finally {
        client.destroy()
        route.close()
      }
    },
  }
}

/** Every setting that the SDK would otherwise look for in `~/.aws/config`, the environment or the network. */
const closedConfig = {
  // A second attempt would send the same code again, which AWS refuses.
  maxAttempts: 1,
  retryMode: 'standard',
  defaultsMode: 'standard',
  ignoreConfiguredEndpointUrls: true,
  authSchemePreference: [],
  sigv4aSigningRegionSet: [],
  // Else the offset below is not used either.
  disableClockSkewCorrection: false,
  userAgentAppId: async () => undefined,
} satisfies STSClientConfig

async function loadSdk() {
  // Nine lines on stderr at every run on Node 20; package.json says when Node 20 goes.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'
  return await import('@aws-sdk/client-sts')
}

/** @throws Failure `act` when FIPS and a custom endpoint are asked for together, which the SDK cannot do */
function endpointConfig(endpoint: string | undefined, env: StsOptions['env']) {
  const useFipsEndpoint = isTrue(env.AWS_USE_FIPS_ENDPOINT)
  const useDualstackEndpoint = isTrue(env.AWS_USE_DUALSTACK_ENDPOINT)
  if (endpoint === undefined) return { useFipsEndpoint, useDualstackEndpoint }
  if (useFipsEndpoint) {
    throw new Failure(
      'act',
      'AWS_USE_FIPS_ENDPOINT and a custom endpoint URL are both set, and only one can hold',
      'unset AWS_USE_FIPS_ENDPOINT, or the AWS_ENDPOINT_URL_STS or AWS_ENDPOINT_URL that is set',
    )
  }
  return { endpoint, useFipsEndpoint: false, useDualstackEndpoint: false }
}

function isTrue(value: string | undefined): boolean {
  return value?.toLowerCase() === 'true'
}

function believe(credentials: Credentials | undefined, exchange: Exchange, nowMs: number): SessionAnswer {
  const clockOffsetMs = exchange.clockOffsetMs
  const session = readSession(credentials, new Date(nowMs + (clockOffsetMs ?? 0)))
  if (typeof session === 'string') throw notFromAws(session, exchange)
  return { session, clockOffsetMs }
}

function translate(
  error: unknown,
  request: SessionRequest,
  route: HttpRoute,
  exchange: Exchange,
  nowMs: number,
): unknown {
  if (error instanceof Failure || !(error instanceof Error)) return error
  const { Code: awsCode, code: systemCode } = error as { Code?: unknown; code?: unknown }
  const { host, httpStatus } = exchange
  if (typeof awsCode === 'string' && httpStatus !== undefined) {
    const server = serverTime(error.message)
    const asked = {
      serialNumber: request.serialNumber,
      accessKeyId: request.keys.accessKeyId,
      region: request.region,
      clockOffsetMs: exchange.clockOffsetMs ?? (server && server.getTime() - nowMs),
    }
    return stsRefusal({ code: awsCode, message: error.message, httpStatus }, asked)
  }
  const way = { host, proxy: route.proxy, connected: route.connected }
  if (error.name === 'AbortError' || (error.name === 'TimeoutError' && typeof systemCode !== 'string')) {
    return unreachable('TIMEOUT', way, error)
  }
  if (typeof systemCode === 'string') return unreachable(systemCode, way, error)
  if (httpStatus !== undefined) return notFromAws(`it is no answer of STS (HTTP ${httpStatus})`, exchange)
  return error
}

function notFromAws(why: string, { host }: Exchange): StsFailure {
  return new StsFailure(
    'retry',
    `the answer from ${host} cannot be used: ${why}`,
    [
      'the network may want a sign-in first (captive portal), or a proxy or endpoint setting is wrong: check with a browser',
    ],
    // The Date of somebody else's answer says nothing about AWS's clock.
    { reason: 'unreachable', codeMayBeSpent: true, clockOffsetMs: undefined },
  )
}
