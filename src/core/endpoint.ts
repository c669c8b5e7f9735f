import { Failure } from '../errors.js'

/**
 * The endpoint of a service that the environment asks for instead of AWS's own, as in every AWS SDK
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html). The shared config file is not asked.
 *
 * Whoever listens there gets a code that is still good, or a new seed, so `http:` is for this machine itself only.
 *
 * @returns a URL, or `undefined` for AWS's own endpoint
 * @throws Failure `act` when the URL cannot be used; a password in it is not shown
 */
export function customEndpoint(
  env: Readonly<Record<string, string | undefined>>,
  service: 'STS' | 'IAM' = 'STS',
): string | undefined {
  if (isTrue(env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS)) return undefined
  const name = env[`AWS_ENDPOINT_URL_${service}`] ? `AWS_ENDPOINT_URL_${service}` : 'AWS_ENDPOINT_URL'
  const value = env[name]
  if (!value) return undefined

  const unset = `unset ${name} to use AWS's own endpoint`
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new Failure('act', `${name} is not an http: or https: URL`, unset)
  }
  if (url.username !== '' || url.password !== '') {
    throw new Failure('act', `${name} holds a user name or password, which is not supported (host ${url.host})`, unset)
  }
  if (url.search !== '' || url.hash !== '') {
    throw new Failure('act', `${name} holds a query or fragment, which is not supported (host ${url.host})`, unset)
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw new Failure(
      'act',
      `${name} would send ${service === 'STS' ? 'the code' : 'the seed'} unencrypted to ${url.host}`,
      ['use https:, or http: with 127.0.0.1, [::1] or localhost', unset],
    )
  }
  return value
}

/**
 * Whether a host is this machine itself.
 *
 * @param hostname - as in `URL.hostname`: lower case, IPv4 in four decimal parts, IPv6 in brackets
 */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

/** Whether a setting of AWS's SDKs is switched on. */
export function isTrue(value: string | undefined): boolean {
  return value?.toLowerCase() === 'true'
}
