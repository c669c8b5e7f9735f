import { Failure } from '../errors.js'
import { isLoopback } from './endpoint.js'

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
