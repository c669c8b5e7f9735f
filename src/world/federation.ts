import http from 'node:http'
import https from 'node:https'
import { networkSettings } from '../core/network.js'
import { mayPass } from '../core/refusals.js'
import { unreachable } from '../core/unreachable.js'
import { Failure } from '../errors.js'
import type { Federation } from '../outside/aws.js'
import { notFromAws } from './awsClient.js'
import { makeRoute, readCaBundle } from './httpRoute.js'
import { readUpTo } from './readUpTo.js'

export interface FederationOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  /** for the whole call, in milliseconds */
  readonly limitMs?: number
}

const longestAnswer = 64 * 1024

/** AWS's federation endpoint, which is no part of the SDK: one POST, and no redirect is followed. */
export function makeFederation({ env, limitMs = 15_000 }: FederationOptions): Federation {
  return {
    async signInToken(endpoint, session, settings) {
      const { accessKeyId, secretAccessKey, sessionToken } = session.reveal()
      const credentials = { sessionId: accessKeyId, sessionKey: secretAccessKey, sessionToken }
      const form = new URLSearchParams({ Action: 'getSigninToken', Session: JSON.stringify(credentials) }).toString()
      const { host } = new URL(endpoint)
      const { status, text } = await post(endpoint, form, settings)
      if (status === 400 || status === 401) {
        throw new Failure('act', `AWS does not sign this session in to the console (HTTP ${status} from ${host})`, [
          'the session may have been revoked, or its role may be denied the console: awsmfa refresh --force, then again',
        ])
      }
      if (mayPass(status)) {
        throw new Failure('retry', `${host} has a problem (HTTP ${status})`, 'try again in a minute')
      }
      const token = status === 200 ? tokenIn(text) : undefined
      if (token === undefined) throw notFromAws(`it holds no sign-in token (HTTP ${status})`, host)
      return token
    },
  }

  async function post(endpoint: string, form: string, settings?: Readonly<Record<string, string>>) {
    const route = makeRoute(env, await readCaBundle(networkSettings(settings, env).caBundle))
    const url = new URL(endpoint)
    const plain = url.protocol === 'http:'
    try {
      return await new Promise<{ status: number; text: string }>((resolve, reject) => {
        const request = (plain ? http : https).request(url, {
          method: 'POST',
          agent: plain ? route.httpAgent : route.httpsAgent,
          signal: AbortSignal.timeout(limitMs),
          headers: {
            'Content-Type': 'application/x-www-form-urlencoded',
            'Content-Length': Buffer.byteLength(form),
            Accept: 'application/json',
          },
        })
        request.once('error', reject)
        request.once('response', (response) => {
          readUpTo(response, longestAnswer).then(
            (body) => resolve({ status: response.statusCode ?? 0, text: body?.toString('utf8') ?? '' }),
            reject,
          )
        })
        request.end(form)
      })
    } catch (error) {
      throw translate(error, { host: url.host, proxy: route.proxy, connected: route.connected, doubts: [] })
    } finally {
      route.close()
    }
  }
}

function translate(error: unknown, way: Parameters<typeof unreachable>[1]): unknown {
  if (error instanceof Failure || !(error instanceof Error)) return error
  const { code } = error as NodeJS.ErrnoException
  const timeIsUp = error.name === 'AbortError' || error.name === 'TimeoutError'
  return unreachable(timeIsUp ? 'TIMEOUT' : String(code), way, error) ?? error
}

/** It becomes a part of an address, so nothing else is taken than what tokens consist of. */
function tokenIn(text: string): string | undefined {
  try {
    const { SigninToken: token } = JSON.parse(text) as { SigninToken?: unknown }
    return typeof token === 'string' && /^[\w+/=.~-]{16,8192}$/.test(token) ? token : undefined
  } catch {
    return undefined
  }
}
