import { Failure } from '../errors.js'
import { whereNamed } from './region.js'

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
  service: 'STS' | 'IAM' | 'SIGNIN' = 'STS',
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
      `${name} would send ${{ STS: 'the code', IAM: 'the seed', SIGNIN: 'the session' }[service]} unencrypted to ${url.host}`,
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
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

/** Whether a setting of AWS's SDKs is switched on. */
function isTrue(value: string | undefined): boolean {
  return value?.toLowerCase() === 'true'
}

/**
 * The proxy for a URL, by the variables that curl, Go and Python's urllib (so the AWS CLI) know: `https_proxy` or
 * `HTTPS_PROXY`, and `no_proxy` or `NO_PROXY`, lower case first.
 *
 * As there, a proxy without a scheme is an `http:` one, and a name in `NO_PROXY` stands for its subdomains too. This
 * machine itself is never asked for through a proxy, which makes `HTTP_PROXY` meaningless here: `http:` goes nowhere else.
 *
 * @throws Failure `act` when the value is no URL of an HTTP proxy; it is not shown, since it may hold a password
 */
export function proxyFor(target: URL, env: Readonly<Record<string, string | undefined>>): URL | undefined {
  const name = env.https_proxy === undefined ? 'HTTPS_PROXY' : 'https_proxy'
  const value = env[name]
  if (!value || target.protocol !== 'https:' || isLoopback(target.hostname)) return undefined
  if (isExempt(target, env.no_proxy ?? env.NO_PROXY ?? '')) return undefined

  const text = value.includes('://') ? value : `http://${value}`
  const proxy = URL.canParse(text) ? new URL(text) : undefined
  // A raw `/`, `?` or `#` in a password ends the host for a parser: the rest must not be shown as a host.
  const isProxy =
    proxy !== undefined && /^https?:$/.test(proxy.protocol) && !/@/.test(proxy.pathname + proxy.search + proxy.hash)
  if (isProxy && proxyLogin(proxy) !== undefined) return proxy
  throw new Failure('act', `${name} is not the URL of an HTTP proxy`, [
    'it looks like http://proxy.example:3128, or http://USER:PASSWORD@proxy.example:3128',
    'in a user name or password write % as %25, / as %2F, @ as %40, # as %23, ? as %3F and : as %3A',
  ])
}

/** `user:password` of a proxy's URL, `''` when it has neither, `undefined` when they cannot be read (RFC 3986 §2.1). */
export function proxyLogin({ username, password }: URL): string | undefined {
  try {
    return username || password ? `${decodeURIComponent(username)}:${decodeURIComponent(password)}` : ''
  } catch {
    return undefined
  }
}

function isExempt(target: URL, noProxy: string): boolean {
  const host = target.hostname.replace(/^\[|\]$/g, '')
  const port = target.port || '443'
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true
      const withPort = /^(\[.*\]|[^:]*):(\d+)$/.exec(entry)
      if (withPort !== null && withPort[2] !== port) return false
      const name = (withPort?.[1] ?? entry).replace(/^\[|\]$/g, '').replace(/^\*?\.+/, '')
      return host === name || host.endsWith(`.${name}`)
    })
}

type Settings = Readonly<Record<string, string | undefined>>

/** The way to AWS as it is asked for; each setting with the name by which a person finds it. */
export interface NetworkSettings {
  /** a file of PEM certificates instead of the built-in ones */
  readonly caBundle: { readonly path: string; readonly origin: string } | undefined
  /** what asks for FIPS endpoints */
  readonly fips: string | undefined
  /** what asks for endpoints with IPv6 too */
  readonly dualstack: string | undefined
  /** what names endpoints in the config file */
  readonly unheeded: readonly string[]
}

/**
 * What the environment says of the way to AWS, and the source profile where the environment is silent, as the AWS CLI
 * does (https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html). One thing is left out on purpose: an
 * endpoint of the config file. Such files come out of dotfile repositories and templates, and who listens there gets a
 * code that is still good; a stand-in for S3 is often named there for all services.
 *
 * @param config - the keys of the source profile in the config file
 */
export function networkSettings(config: Settings | undefined, env: Settings): NetworkSettings {
  const found = (variable: string, key: string) => {
    if (env[variable]) return { value: env[variable], origin: variable }
    const value = config?.[key]
    return value ? { value, origin: `${key} of the source profile` } : undefined
  }
  const on = (variable: string, key: string) => {
    const setting = found(variable, key)
    return isTrue(setting?.value) ? setting?.origin : undefined
  }
  const bundle = found('AWS_CA_BUNDLE', 'ca_bundle')
  const home = env.HOME || env.USERPROFILE
  return {
    caBundle: bundle && {
      path: home ? bundle.value.replace(/^(~|\$HOME|\$\{HOME\})(?=[/\\])/, () => home) : bundle.value,
      origin: bundle.origin,
    },
    fips: on('AWS_USE_FIPS_ENDPOINT', 'use_fips_endpoint'),
    dualstack: on('AWS_USE_DUALSTACK_ENDPOINT', 'use_dualstack_endpoint'),
    unheeded: ['endpoint_url', 'services'].filter((key) => config?.[key]),
  }
}

/** What else may be wrong, beside the network, when AWS has no host of the name that was asked for; as hints. */
export function hostDoubts(
  region: string,
  { fips, dualstack }: NetworkSettings,
  env: Settings,
  config: Settings | undefined,
): string[] {
  const named = whereNamed(region, env, config?.region)
  return [
    ...(named === undefined ? [] : [`or there is no such region: ${named}`]),
    ...[fips, dualstack].flatMap((origin) =>
      origin === undefined ? [] : [`or AWS has no such endpoint in ${region}: ${origin} asks for it`],
    ),
  ]
}
