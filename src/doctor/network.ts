import { type Check, type Checks, failed, ok, warn } from '../core/doctor/check.js'
import { customEndpoint } from '../core/endpoint.js'
import { proxyFor } from '../core/proxy.js'
import { Failure } from '../errors.js'
import type { World } from '../world.js'

/**
 * The way to AWS that the environment asks for. Hosts only: these settings can hold passwords.
 *
 * @param region - where STS is asked
 */
export function checkNetwork({ env }: World, region: string): Checks {
  const checks = [
    attempt('endpoint', () => endpoint(env)),
    attempt('proxy', () => proxy(env, region)),
    env.AWS_CA_BUNDLE
      ? ok('certificates', `certificates: those in ${env.AWS_CA_BUNDLE} (AWS_CA_BUNDLE), and no others`)
      : ok('certificates', 'certificates: those of Node'),
  ]
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
    checks.push(
      warn(
        'certificate-checks',
        'NODE_TLS_REJECT_UNAUTHORIZED=0 lets Node programs talk to anybody; awsmfa checks certificates all the same',
        'unset NODE_TLS_REJECT_UNAUTHORIZED, and name a CA of your own in AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS',
      ),
    )
  }
  return { about: 'way to AWS', checks }
}

function endpoint(env: World['env']): Check {
  const named = (['STS', 'IAM'] as const).flatMap((service) => {
    const url = customEndpoint(env, service)
    return url === undefined ? [] : [`${service} at ${new URL(url).host}`]
  })
  if (named.length === 0) return ok('endpoint', "endpoints: AWS's own")
  return warn(
    'endpoint',
    `endpoints: ${named.join(', ')} instead of AWS's own, as the environment says`,
    'unless that is a VPC endpoint or a stand-in of yours, unset AWS_ENDPOINT_URL and its kin',
  )
}

function proxy(env: World['env'], region: string): Check {
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
  const target = new URL(customEndpoint(env, 'STS') ?? `https://sts.${region}.${suffix}`)
  const way = proxyFor(target, env)
  return ok('proxy', way === undefined ? 'proxy: none' : `proxy: ${way.host}`)
}

function attempt(name: string, check: () => Check): Check {
  try {
    return check()
  } catch (error) {
    if (error instanceof Failure) return failed(name, error)
    throw error
  }
}
