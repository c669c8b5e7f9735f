import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** A request as the signature sees it. */
export interface SignedRequest {
  readonly method: string
  /** path and query, as in the request line */
  readonly target: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** What the `Authorization` header claims, read but not yet believed. */
export interface SignatureClaim {
  readonly accessKeyId: string
  readonly day: string
  readonly region: string
  readonly service: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
  /** `20260131T120000Z` */
  readonly signedAt: string
}

/** Reads the claim, or `undefined` when the request carries none (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html). */
export function readClaim(headers: IncomingHttpHeaders): SignatureClaim | undefined {
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request,\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? '',
    )
  const signedAt = headers['x-amz-date']
  if (match === null || typeof signedAt !== 'string' || !/^\d{8}T\d{6}Z$/.test(signedAt)) return undefined
  const [, accessKeyId = '', day = '', region = '', service = '', names = '', signature = ''] = match
  return { accessKeyId, day, region, service, signedHeaders: names.split(';'), signature, signedAt }
}

/** Whether `secret` made this signature over this request, recomputed from the bytes that arrived. */
export function signatureFits(request: SignedRequest, claim: SignatureClaim, secret: string): boolean {
  if (!claim.signedHeaders.includes('host') || !claim.signedHeaders.includes('x-amz-date')) return false
  if (request.headers['x-amz-security-token'] !== undefined && !claim.signedHeaders.includes('x-amz-security-token')) {
    return false
  }
  const url = new URL(request.target, 'http://unused')
  const query = [...url.searchParams]
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .sort()
    .join('&')
  const headers = claim.signedHeaders.map((name) => {
    const value = request.headers[name]
    return `${name}:${String(value ?? '')
      .trim()
      .replace(/\s+/g, ' ')}\n`
  })
  const canonicalRequest = [
    request.method,
    url.pathname,
    query,
    headers.join(''),
    claim.signedHeaders.join(';'),
    sha256(request.body),
  ].join('\n')
  const scope = `${claim.day}/${claim.region}/${claim.service}/aws4_request`
  const stringToSign = ['AWS4-HMAC-SHA256', claim.signedAt, scope, sha256(canonicalRequest)].join('\n')
  const key = [claim.day, claim.region, claim.service, 'aws4_request'].reduce<string | Buffer>(
    (chained, part) => createHmac('sha256', chained).update(part).digest(),
    `AWS4${secret}`,
  )
  const expected = createHmac('sha256', key).update(stringToSign).digest()
  return claim.signedAt.startsWith(claim.day) && timingSafeEqual(expected, Buffer.from(claim.signature, 'hex'))
}

/** `20260131T120000Z`, as signatures and AWS's messages about them write an instant. */
export function basicTime(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '')
}

/** The instant of {@link basicTime} in milliseconds since the epoch. */
export function fromBasicTime(text: string): number {
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
}
