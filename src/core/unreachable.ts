import { type FailureKind, StsFailure } from '../errors.js'

/** Where a request went, as far as it got. */
export interface Way {
  /** host and port of the endpoint */
  readonly host: string
  /** host and port of the proxy in between, without its password */
  readonly proxy: string | undefined
  /** whether a connection stood over which the request may have left */
  readonly connected: boolean
}

/**
 * Puts a network error in our words.
 *
 * @param code - the code of Node or OpenSSL, such as `ECONNREFUSED`; `TIMEOUT` for a time limit of ours
 */
export function unreachable(code: string, way: Way, cause: unknown): StsFailure {
  const { kind, message, hints } = words(code, way)
  // Before the connection stood, nothing can have left; afterwards it cannot be known.
  const facts = { reason: 'unreachable', codeMayBeSpent: way.connected, clockOffsetMs: undefined } as const
  return new StsFailure(kind, message, hints, facts, cause)
}

function words(code: string, { host, proxy, connected }: Way): { kind: FailureKind; message: string; hints: string[] } {
  const peer = proxy !== undefined && !connected ? `the proxy ${proxy}` : host
  const online = 'check the network connection, then run the same command again'
  if (isCertificateError(code)) {
    return {
      kind: 'act',
      message: `the TLS certificate of ${host} is not trusted (${code})`,
      hints: [
        'if your company inspects TLS, point AWS_CA_BUNDLE at a file with its CA certificates',
        "otherwise check this machine's clock, or sign in to the network that you are in",
      ],
    }
  }
  if (['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME'].includes(code)) {
    return { kind: 'retry', message: `the name of ${peer} cannot be resolved (${code})`, hints: [online] }
  }
  if (code === 'ECONNREFUSED') {
    return { kind: 'retry', message: `${peer} refused the connection`, hints: [online] }
  }
  if (code === 'TIMEOUT' || code === 'ETIMEDOUT') {
    const message = connected ? `${host} did not answer in time` : `${peer} could not be reached in time`
    return { kind: 'retry', message, hints: [online] }
  }
  if (connected) {
    return { kind: 'retry', message: `the connection to ${host} broke off (${code})`, hints: [online] }
  }
  return { kind: 'retry', message: `no connection to ${peer} (${code})`, hints: [online] }
}

/** OpenSSL's reasons as Node names them (https://nodejs.org/api/tls.html#x509-certificate-error-codes). */
function isCertificateError(code: string): boolean {
  return (
    /^(CERT_|CRL_|UNABLE_TO_|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED|ERR_TLS_CERT)/.test(code) ||
    ['INVALID_CA', 'INVALID_PURPOSE', 'PATH_LENGTH_EXCEEDED', 'HOSTNAME_MISMATCH'].includes(code)
  )
}
