import { addAbortSignal } from 'node:stream'
import type { STSClientConfig } from '@aws-sdk/client-sts'
import { customEndpoint, hostDoubts, type NetworkSettings, networkSettings } from '../core/network.js'
import { type AwsError, serverTime } from '../core/refusals.js'
import { type AwsCredentials, clockOffset, LongTermKeys } from '../core/session.js'
import { unreachable, type Way } from '../core/unreachable.js'
import { Failure, StsFailure } from '../errors.js'
import type { Signer } from '../outside/aws.js'
import { readUpTo } from './readUpTo.js'

export interface AwsLimits {
  /** until a connection stands, in milliseconds */
  readonly connectMs: number
  /** for the whole call, to the last byte of the answer */
  readonly totalMs: number
}

export interface AwsClientOptions {
  /** proxy, certificate and endpoint settings are taken from here; keys, profile and region never are */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly limits?: AwsLimits
  /** this machine's clock, in milliseconds since the epoch */
  readonly now?: () => number
}

/** AWS answers within a second; the lock is held meanwhile, and others wait for it. */
const defaultLimits: AwsLimits = { connectMs: 5_000, totalMs: 15_000 }
/** An answer of STS has a few KiB, IAM's list of 100 devices 30; the SDK takes seconds for a MiB of nonsense. */
const longestAnswer = 256 * 1024

/** What was seen of an exchange, whether it went well or not. */
interface Exchange {
  host: string
  httpStatus?: number
  clockOffsetMs?: number | undefined
}

/** One call of a service, as its own world file describes it. */
export interface AwsCall<Output> {
  readonly service: 'STS' | 'IAM'
  /** Loads the service's SDK, makes its client and sends the command. */
  send(config: AwsClientConfig, abort: { readonly abortSignal: AbortSignal }): Promise<Output>
  /** Puts AWS's refusal in our words. */
  refuse(error: AwsError, clockOffsetMs: number | undefined): Failure
}

/** What a service's SDK client is made with; the fields are the same for all services. */
export type AwsClientConfig = Pick<
  STSClientConfig,
  | keyof typeof closedConfig
  | 'endpoint'
  | 'useFipsEndpoint'
  | 'useDualstackEndpoint'
  | 'region'
  | 'credentials'
  | 'systemClockOffset'
  | 'requestHandler'
>

/** An answer and what surrounds it. */
export interface AwsAnswer<Output> {
  readonly output: Output
  readonly host: string
  /** AWS's clock minus this machine's, when the answer had a trustworthy `Date` */
  readonly clockOffsetMs: number | undefined
}

/**
 * One call over the SDK, one attempt, with time limits. The SDK's signing, its endpoints and its parsing are used; its own
 * search for keys, region, endpoint and profile is switched off, so that nothing in a shell or a config file can redirect
 * a call.
 *
 * @throws what `call.refuse` makes of AWS's error; StsFailure `unreachable` when there was no answer of AWS; Failure when
 * the endpoint, proxy or CA settings are unusable
 */
export async function callAws<Output>(
  { env, limits = defaultLimits, now = Date.now }: AwsClientOptions,
  signer: Signer,
  call: AwsCall<Output>,
): Promise<AwsAnswer<Output>> {
  const endpoint = customEndpoint(env, call.service)
  const { makeRoute, readCaBundle } = await import('./httpRoute.js')
  const settings = networkSettings(signer.settings, env)
  const sdkEndpoint = endpointConfig(endpoint, settings, call.service)
  const route = makeRoute(env, await readCaBundle(settings.caBundle))
  const { httpAgent, httpsAgent } = route
  const exchange: Exchange = { host: `${call.service} in ${signer.region}` }
  const { NodeHttpHandler } = await import('@smithy/node-http-handler')
  // Nine lines on stderr at every run on Node 20; package.json says when Node 20 goes.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'
  const requestHandler = new NodeHttpHandler({ httpAgent, httpsAgent, connectionTimeout: limits.connectMs })
  // Here at the wire, so that connecting and answering is all that is timed.
  const handle = requestHandler.handle.bind(requestHandler)
  requestHandler.handle = async (request, options) => {
    exchange.host = request.port === undefined ? request.hostname : `${request.hostname}:${request.port}`
    const sentMs = now()
    const result = await handle(request, options)
    const { response } = result
    exchange.httpStatus = response.statusCode
    exchange.clockOffsetMs = clockOffset(response.headers, sentMs, now())
    response.body = await readUpTo(addAbortSignal(options?.abortSignal as AbortSignal, response.body), longestAnswer)
    if (response.body === undefined) throw notFromAws('it is too long', exchange.host)
    return result
  }
  const config: AwsClientConfig = {
    ...closedConfig,
    ...sdkEndpoint,
    region: signer.region,
    credentials: reveal(signer.credentials),
    systemClockOffset: now() - Date.now() + signer.clockOffsetMs,
    requestHandler,
  }
  try {
    const output = await call.send(config, { abortSignal: AbortSignal.timeout(limits.totalMs) })
    return { output, host: exchange.host, clockOffsetMs: exchange.clockOffsetMs }
  } catch (error) {
    const doubts = endpoint === undefined ? hostDoubts(signer.region, settings, env, signer.settings) : []
    const { proxy, connected } = route
    throw translate(error, call, { host: exchange.host, proxy, connected, doubts }, exchange, now())
  } finally {
    requestHandler.destroy()
    route.close()
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

/** @throws Failure `act` when FIPS and a custom endpoint are asked for together, which the SDK cannot do */
function endpointConfig(endpoint: string | undefined, { fips, dualstack }: NetworkSettings, service: string) {
  if (endpoint === undefined) {
    return { useFipsEndpoint: fips !== undefined, useDualstackEndpoint: dualstack !== undefined }
  }
  if (fips === undefined) return { endpoint, useFipsEndpoint: false, useDualstackEndpoint: false }
  throw new Failure('act', `${fips} and a custom endpoint URL are both set, and only one can hold`, [
    `take away ${fips}, or unset the AWS_ENDPOINT_URL_${service} or AWS_ENDPOINT_URL that is set`,
  ])
}

function reveal(credentials: AwsCredentials) {
  return credentials instanceof LongTermKeys
    ? { accessKeyId: credentials.accessKeyId, secretAccessKey: credentials.revealSecret() }
    : credentials.reveal()
}

function translate(
  error: unknown,
  call: AwsCall<unknown>,
  way: Way,
  { host, httpStatus, clockOffsetMs }: Exchange,
  nowMs: number,
): unknown {
  if (error instanceof Failure || !(error instanceof Error)) return error
  const { Code: awsCode, code: systemCode } = error as { Code?: unknown; code?: unknown }
  if (typeof awsCode === 'string' && httpStatus !== undefined) {
    const server = serverTime(error.message)
    const offsetMs = clockOffsetMs ?? (server && server.getTime() - nowMs)
    return call.refuse({ code: awsCode, message: error.message, httpStatus }, offsetMs)
  }
  const timeIsUp = error.name === 'AbortError' || (error.name === 'TimeoutError' && typeof systemCode !== 'string')
  const failure = unreachable(timeIsUp ? 'TIMEOUT' : String(systemCode), way, error)
  if (failure !== undefined || httpStatus === undefined) return failure ?? error
  return notFromAws(`it is no answer of ${call.service} (HTTP ${httpStatus})`, host)
}

/** @param why - the end of a sentence; repeats nothing of the answer */
export function notFromAws(why: string, host: string): StsFailure {
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
