import { type Check, type Checks, failed, ok, warn } from '../core/doctor/check.js'
import { customEndpoint, networkSettings, proxyFor } from '../core/network.js'
import { Failure } from '../errors.js'
import type { World } from '../world.js'

/**
 * The way to AWS that the environment and the source profile ask for. Hosts only: these settings can hold passwords.
 *
 * @param region - where STS is asked
 * @param config - the keys of the source profile in the config file
 */
export function checkNetwork({ env }: World, region: string, config?: Readonly<Record<string, string>>): Checks {
  const { caBundle, fips, unheeded } = networkSettings(config, env)
  const checks = [
    attempt('endpoint', () => endpoint(env, fips)),
    ...unheeded.map(unheededEndpoint),
    attempt('proxy', () => proxy(env, region)),
    caBundle === undefined
      ? ok('certificates', 'certificates: those of Node')
      : ok('certificates', `certificates: those in ${caBundle.path} (${caBundle.origin}), and no others`),
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

function endpoint(env: World['env'], fips: string | undefined): Check {
  const named = (['STS', 'IAM'] as const).flatMap((service) => {
    const url = customEndpoint(env, service)
    return url === undefined ? [] : [`${service} at ${new URL(url).host}`]
  })
  if (named.length === 0) return ok('endpoint', `endpoints: AWS's own${fips ? `, FIPS ones (${fips})` : ''}`)
  return warn(
    'endpoint',
    `endpoints: ${named.join(', ')} instead of AWS's own, as the environment says`,
    'unless that is a VPC endpoint or a stand-in of yours, unset AWS_ENDPOINT_URL and its kin',
  )
}

function unheededEndpoint(key: string): Check {
  return warn(
    'endpoint-in-config',
    `awsmfa does not take endpoints from the config file, such as ${key} of the source profile`,
    'if STS is not to be asked at AWS itself, set AWS_ENDPOINT_URL_STS in the environment',
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
