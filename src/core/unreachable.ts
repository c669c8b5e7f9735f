import { type FailureKind, StsFailure } from '../errors.js'

/** Where a request went, as far as it got. */
export interface Way {
  /** host and port of the endpoint */
  readonly host: string
  /** host and port of a proxy that has not let us through yet, without its password */
  readonly proxy: string | undefined
  /** whether a connection stood over which the request may have left */
  readonly connected: boolean
  /** what else may be wrong when there is no such host, as hints */
  readonly doubts?: readonly string[]
}

/**
 * Puts a network error in our words. Only what is known to pass by itself is `retry`.
 *
 * @param code - the code of Node or OpenSSL, such as `ECONNREFUSED`; `TIMEOUT` for a time limit of ours
 * @returns `undefined` for a code that speaks of the program, not of the network
 */
export function unreachable(code: string, way: Way, cause: unknown): StsFailure | undefined {
  const row = table.find(([codes]) => codes.test(code))
  if (row === undefined) return undefined
  const { host, proxy, connected, doubts = [] } = way
  const [, kind, words, ...hints] = row
  const message = words({ peer: proxy === undefined ? host : `the proxy ${proxy}`, connected, code })
  if (proxy !== undefined) hints.push('the proxy is the one in HTTPS_PROXY')
  else if (code === 'ENOTFOUND') hints.push(...doubts)
  // Before the connection stood, nothing can have left; afterwards it cannot be known.
  const facts = { reason: 'unreachable', codeMayBeSpent: connected, clockOffsetMs: undefined } as const
  return new StsFailure(kind, message, hints, facts, cause)
}

interface Facts {
  /** the proxy, as long as it has not let us through, or the endpoint */
  readonly peer: string
  readonly connected: boolean
  readonly code: string
}

const online = 'check the network connection, then run the same command again'

/**
 * Certificates: OpenSSL's reasons as Node names them (https://nodejs.org/api/tls.html#x509-certificate-error-codes). The
 * rest: connect(2), getaddrinfo(3), https://nodejs.org/api/errors.html.
 */
const table: readonly (readonly [RegExp, FailureKind, (facts: Facts) => string, ...string[]])[] = [
  [
    /^(CERT_|CRL_|UNABLE_TO_|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED|ERR_TLS_CERT|(INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH)$)/,
    'act',
    ({ peer, code }) => `the TLS certificate of ${peer} is not trusted (${code})`,
    'if your company inspects TLS, point AWS_CA_BUNDLE at a file with its CA certificates',
    "otherwise check this machine's clock, or sign in to the network that you are in",
  ],
  [
    /^(ENOTFOUND|EAI_(AGAIN|FAIL|NODATA|NONAME))$/,
    'retry',
    ({ peer, code }) => `the name of ${peer} cannot be resolved (${code})`,
    online,
  ],
  [/^ECONNREFUSED$/, 'retry', ({ peer }) => `${peer} refused the connection`, online],
  [
    /^E?TIMEDOUT$|^TIMEOUT$/,
    'retry',
    ({ peer, connected }) => (connected ? `${peer} did not answer in time` : `${peer} could not be reached in time`),
    online,
  ],
  [
    /^(E(NET|HOST)(UNREACH|DOWN)|ENETRESET|ECONN(RESET|ABORTED)|EPIPE|EPROTO|ENOTCONN|EADDRNOTAVAIL|ERR_SSL_|HPE_|ERR_STREAM_PREMATURE_CLOSE$|ERR_SOCKET_CLOSED)/,
    'retry',
    ({ peer, connected, code }) =>
      connected ? `the connection to ${peer} broke off (${code})` : `no connection to ${peer} (${code})`,
    online,
  ],
  [
    /^ERR_INVALID_CHAR$/,
    'act',
    () => 'the keys hold a character that cannot be sent',
    'look at them in the credentials file for invisible characters, or put them in place again',
  ],
  [
    // Such as EACCES and EPERM of a firewall on this machine, EMFILE of its limits.
    /^E(?!RR_)[A-Z0-9]+$/,
    'act',
    ({ peer, code }) => `this machine lets awsmfa open no connection to ${peer} (${code})`,
    "look at this machine's firewall and limits",
  ],
]
