/**
 * A stand-in for AWS STS and IAM on loopback that is as strict as AWS about what matters here: signatures, MFA codes,
 * their single use and their budget, and who may change devices. Its log is the judge in tests: what was really sent, and
 * what became of it.
 *
 * By itself, for manual tests: `node build/test/support/strictSts.js ['{"clockOffsetMs":90000}']` prints its URL and its
 * made-up user as one line of JSON and runs until standard input closes.
 */
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { federate } from './strictSts/federation.js'
import { AwsRefusal, errorXml, type Fields, type QueryAnswer, resultXml } from './strictSts/queryXml.js'
import { basicTime, fromBasicTime, readClaim, type SignedRequest, signatureFits } from './strictSts/sigV4.js'
import { StrictIam } from './strictSts/strictIam.js'
import { assumedRoleArn, assumeRole, roleFields, type StrictRole } from './strictSts/strictRoles.js'

/** A made-up role in another account, for twelve hours and with MFA only. */
export const admin: StrictRole = {
  arn: 'arn:aws:iam::210987654321:role/admin',
  wantsMfa: true,
  maxSeconds: 43_200,
  mayGetRole: true,
}

/** The made-up user of a stand-in that was started without `users`; the keys are the ones of AWS's documentation. */
export const alice = {
  arn: 'arn:aws:iam::123456789012:user/alice',
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  serialNumber: 'arn:aws:iam::123456789012:mfa/alice',
  seed: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
} as const

export interface StrictUser {
  /** `arn:<partition>:iam::<account>:user/<name>`, or `…:root` */
  readonly arn: string
  readonly keys: readonly { readonly accessKeyId: string; readonly secretAccessKey: string }[]
  readonly devices: readonly StrictDevice[]
  /** serial numbers of passkeys and hardware tokens, which are listed only */
  readonly others?: readonly string[]
}

export interface StrictDevice {
  readonly serialNumber: string
  /** base32 */
  readonly seed: string
  /** when it was enabled, milliseconds on the stand-in's clock; absent: long ago */
  readonly enabledAtMs?: number
}

export interface StrictStsOptions {
  /** default: {@link alice} */
  readonly users?: readonly StrictUser[]
  /** default: {@link admin} */
  readonly roles?: readonly StrictRole[]
  /** the true time in milliseconds; default: `Date.now` */
  readonly now?: () => number
  /** AWS's clock minus `now()` */
  readonly clockOffsetMs?: number
  /** how long after its enabling STS hears of a device; AWS was seen to take 8 to 14 seconds */
  readonly propagationMs?: number
  /** PEM; the URL is then `https:` */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** default: any free one */
  readonly port?: number
}

/** What can go wrong on the way, see {@link StrictSts.fault}. Those that begin with `after-` spend the code first. */
export type Fault =
  | 'none' // the next one is answered as AWS would, for faults that come later
  | 'drop' // close the connection without an answer
  | 'hang' // never answer
  | 'internal-failure' // 500
  | 'service-unavailable' // 503
  | 'gateway-page' // 502 with HTML, from something in between
  | 'throttle' // 400 Throttling
  | 'captive-portal' // 200 with HTML
  | 'redirect' // 302 to a sign-in page
  | 'forbidden-page' // 403 with HTML, from something in between
  | 'after-drop'
  | 'after-hang'
  | 'after-drip' // go on for ever after the answer, a blank line at a time
  | 'after-truncate' // close the connection in the middle of the answer
  | 'after-newline-in-token'
  | 'after-no-token'
  | 'after-no-secret'
  | 'after-odd-key-id'
  | 'after-localstack-key-id' // LSIA…, as LocalStack gives them
  | 'after-hash-in-token'
  | 'after-no-credentials'
  | 'after-expired'
  | 'after-no-expiration'
  | 'after-age' // add an `Age` header, as a cache does
  | 'after-no-date'

/** One request, however it ended. */
export interface StrictLogEntry {
  /** milliseconds on the stand-in's clock */
  readonly at: number
  readonly action: string
  readonly params: Readonly<Record<string, string>>
  /** the key that signed, or claims to have */
  readonly accessKeyId: string | undefined
  /** the region in the signature */
  readonly region: string | undefined
  /** `ok`, AWS's error code, or the name of a fault that came before anything was looked at */
  outcome: string
  fault?: Fault
  /** set when a device looked at the code: one of its nine verifications in three minutes */
  verified?: true
  /** the time step whose code was sent, when it lay in the window; spent when the outcome is `ok` */
  step?: number
}

export interface StrictSts {
  readonly url: string
  readonly port: number
  /** every request, in the order of arrival */
  readonly log: readonly StrictLogEntry[]
  /** the requests in which a code was looked at */
  readonly verifications: readonly StrictLogEntry[]
  /** IAM's devices and policies */
  readonly iam: StrictIam
  /** AWS's clock minus the true one in milliseconds; may be set at any time */
  clockOffsetMs: number
  /** the stand-in's clock */
  now(): number
  /** The code of a device, `stepsAhead` steps from now on the stand-in's clock. */
  code(serialNumber?: string, stepsAhead?: number): string
  addUser(user: StrictUser): void
  /** What the next `times` requests meet; several calls queue up. */
  fault(fault: Fault, times?: number): void
  clearFaults(): void
  close(): Promise<void>
}

interface Identity {
  readonly user: StrictUser
  /** of the long-term key, of a session too: without its key there is none here, which AWS may see otherwise */
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** absent for long-term keys */
  readonly session?: {
    readonly token: string
    readonly expiresAtMs: number
    readonly mfa: boolean
    readonly role?: { readonly arn: string; readonly sessionArn: string }
  }
}

type Params = Readonly<Record<string, string>>

interface Call {
  readonly identity: Identity
  readonly params: Params
  readonly entry: StrictLogEntry
}

const signatureLifetimeMs = 15 * 60_000

export async function startStrictSts(options: StrictStsOptions = {}): Promise<StrictSts> {
  const trueTime = options.now ?? Date.now
  const propagationMs = options.propagationMs ?? 0
  const identities = new Map<string, Identity>()
  const roles = options.roles ?? [admin]
  const iam = new StrictIam({ now: () => sts.now(), propagationMs })
  const log: StrictLogEntry[] = []
  const faults: { fault: Fault; times: number }[] = []

  /** The calls by the name of the service in the signature. */
  const actions: Record<string, Record<string, (call: Call) => Fields>> = {
    sts: { GetSessionToken: getSessionToken, AssumeRole: takeRole, GetCallerIdentity: getCallerIdentity },
  }

  function answer(request: SignedRequest, entry: StrictLogEntry, params: Record<string, string>): QueryAnswer {
    const service = readClaim(request.headers)?.service ?? 'sts'
    try {
      const identity = authenticate(request)
      if (service === 'iam' && identity.session?.role !== undefined) {
        const fields = getRole(identity.session.role, entry.action, params)
        entry.outcome = 'ok'
        return resultXml(service, entry.action, fields)
      }
      if (service === 'iam') {
        const by = identity.session === undefined ? 'keys' : identity.session.mfa ? 'mfa-session' : 'plain-session'
        const fields = iam.answer(entry.action, { arn: identity.user.arn, by }, params)
        entry.outcome = 'ok'
        return resultXml(service, entry.action, fields)
      }
      const action = actions[service]?.[entry.action]
      if (action === undefined) {
        const version = params.Version ?? 'NO_VERSION_SPECIFIED'
        throw new AwsRefusal(400, 'InvalidAction', `Could not find operation ${entry.action} for version ${version}`)
      }
      const fields = action({ identity, params, entry })
      entry.outcome = 'ok'
      return resultXml(service, entry.action, fields)
    } catch (error) {
      if (!(error instanceof AwsRefusal)) throw error
      entry.outcome = error.code
      return errorXml(service, error)
    }
  }

  function authenticate(request: SignedRequest): Identity {
    const claim = readClaim(request.headers)
    if (claim === undefined) {
      throw new AwsRefusal(403, 'MissingAuthenticationToken', 'Request is missing Authentication Token')
    }
    const identity = identities.get(claim.accessKeyId) ?? identityOf(claim.accessKeyId)
    const isToken = request.headers['x-amz-security-token'] === identity?.session?.token
    if (identity === undefined || !isToken || iam.useKey(identity.accessKeyId) === undefined) {
      throw new AwsRefusal(403, 'InvalidClientTokenId', 'The security token included in the request is invalid.')
    }
    const now = sts.now()
    const signed = fromBasicTime(claim.signedAt)
    if (signed < now - signatureLifetimeMs) {
      const limit = `${basicTime(now - signatureLifetimeMs)} (${basicTime(now)} - 15 min.)`
      const message = `Signature expired: ${claim.signedAt} is now earlier than ${limit}`
      throw new AwsRefusal(403, 'SignatureDoesNotMatch', message)
    }
    if (signed > now + signatureLifetimeMs) {
      const limit = `${basicTime(now + signatureLifetimeMs)} (${basicTime(now)} + 15 min.)`
      const message = `Signature not yet current: ${claim.signedAt} is still later than ${limit}`
      throw new AwsRefusal(403, 'SignatureDoesNotMatch', message)
    }
    if (!signatureFits(request, claim, identity.secretAccessKey)) {
      throw new AwsRefusal(
        403,
        'SignatureDoesNotMatch',
        'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
      )
    }
    if (identity.session !== undefined && identity.session.expiresAtMs <= now) {
      throw new AwsRefusal(403, 'ExpiredToken', 'The security token included in the request is expired')
    }
    return identity
  }

  /** Of a key that was made here. */
  function identityOf(accessKeyId: string): Identity | undefined {
    const key = iam.keys.find((each) => each.accessKeyId === accessKeyId)
    const user = [...identities.values()].find((each) => each.user.arn === key?.owner)?.user
    return key && user && { user, accessKeyId, secretAccessKey: key.secretAccessKey }
  }

  function getSessionToken({ identity, params, entry }: Call): Fields {
    const { SerialNumber: serialNumber, TokenCode: code } = params
    if (identity.session !== undefined) denied('Cannot call GetSessionToken with session credentials')
    const isRoot = identity.user.arn.endsWith(':root')
    const asked = durationSeconds(params.DurationSeconds) ?? (isRoot ? 3600 : 43_200)
    checkLength('serialNumber', serialNumber, 9, 256)
    checkLength('tokenCode', code, 6, 6)
    if ((serialNumber === undefined) !== (code === undefined)) {
      denied('MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.')
    }
    if (serialNumber !== undefined && code !== undefined) verifyCode(identity, serialNumber, code, entry)

    const seconds = isRoot ? Math.min(asked, 3600) : asked
    return { Credentials: spoil(newSession(identity, seconds, serialNumber !== undefined), entry.fault) }
  }

  function takeRole({ identity, params, entry }: Call): Fields {
    const { SerialNumber: serialNumber, TokenCode: code, RoleArn: arn = '', RoleSessionName: name = '' } = params
    checkLength('serialNumber', serialNumber, 9, 256)
    checkLength('tokenCode', code, 6, 6)
    if ((serialNumber === undefined) !== (code === undefined)) {
      denied('MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.')
    }
    if (serialNumber !== undefined && code !== undefined) verifyCode(identity, serialNumber, code, entry)
    const mfa = serialNumber !== undefined || identity.session?.mfa === true
    const callerArn = identity.session?.role?.sessionArn ?? identity.user.arn
    const caller = { arn: callerArn, isSession: identity.session !== undefined, mfa }
    const seconds = assumeRole(roles, caller, params)
    const sessionArn = assumedRoleArn(arn, name)
    // A role's session carries no MFA on to the next role.
    const session = newSession(identity, seconds, false, { arn, sessionArn })
    const AssumedRoleUser = { AssumedRoleId: `AROACKCEVSQ6C2EXAMPLE:${name}`, Arn: sessionArn }
    return { Credentials: spoil(session, entry.fault), AssumedRoleUser, PackedPolicySize: '6' }
  }

  function newSession(
    { user, accessKeyId }: Identity,
    seconds: number,
    mfa: boolean,
    role?: { arn: string; sessionArn: string },
  ) {
    const expiresAtMs = Math.floor(sts.now() / 1000) * 1000 + seconds * 1000
    const session = {
      AccessKeyId: `ASIA${randomBase32(16)}`,
      SecretAccessKey: randomBytes(30).toString('base64'),
      // Every character that has broken a parser of somebody's: `/`, `+`, and `=` at the end.
      SessionToken: `IQoJb3JpZ2luX2Vj/+${randomBytes(262).toString('base64')}`,
      Expiration: new Date(expiresAtMs).toISOString().replace('.000Z', 'Z'),
    }
    identities.set(session.AccessKeyId, {
      user,
      accessKeyId,
      secretAccessKey: session.SecretAccessKey,
      session: { token: session.SessionToken, expiresAtMs, mfa, ...(role === undefined ? {} : { role }) },
    })
    return session
  }

  function getRole({ arn, sessionArn }: { arn: string; sessionArn: string }, action: string, params: Params): Fields {
    const role = roles.find((each) => each.arn === arn)
    if (action === 'GetRole' && role?.mayGetRole && arn.endsWith(`/${params.RoleName}`)) return roleFields(role)
    denied(
      `User: ${sessionArn} is not authorized to perform: iam:${action} on resource: ${arn} because no identity-based policy allows the iam:${action} action`,
    )
  }

  function verifyCode(identity: Identity, serialNumber: string, code: string, entry: StrictLogEntry): void {
    const verdict = iam.deviceOf(identity.user.arn, serialNumber)?.verify(code, sts.now())
    if (verdict !== undefined) entry.verified = true
    if (verdict?.step !== undefined) entry.step = verdict.step
    if (verdict?.accepted) return
    // Word for word, blanks included, as AWS says it.
    if (verdict?.because === 'code') denied('MultiFactorAuthentication failed with invalid MFA one time pass code. ')
    denied(
      'MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.',
    )
  }

  function getCallerIdentity({ identity }: Call): Fields {
    const arn = identity.session?.role?.sessionArn ?? identity.user.arn
    return { Arn: arn, UserId: 'AIDACKCEVSQ6C2EXAMPLE', Account: arn.split(':')[4] ?? '' }
  }

  const listener: RequestListener = (request, response) => {
    void receive(request, response)
  }

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString('utf8')
    const params = Object.fromEntries(new URLSearchParams(body))
    const claim = readClaim(request.headers)
    const fault = nextFault()
    const entry: StrictLogEntry = {
      at: sts.now(),
      action: params.Action ?? '',
      params,
      accessKeyId: claim?.accessKeyId,
      region: claim?.region,
      outcome: fault ?? '',
      ...(fault === undefined ? {} : { fault }),
    }
    log.push(entry)
    if (fault !== undefined && !fault.startsWith('after-')) return void misbehave(fault, response)

    const { method = '', url: target = '', headers } = request
    if (target.startsWith('/federation')) return signIn({ method, target, body }, entry, response)
    const { status, body: text } = answer({ method, target, headers, body }, entry, params)
    if (fault === 'after-hang') return
    if (fault === 'after-drop') return void response.destroy()
    stamp(response)
    if (fault === 'after-no-date') response.removeHeader('Date')
    if (fault === 'after-age') response.setHeader('Age', '120')
    if (fault === 'after-drip') return drip(response, text)
    response.writeHead(status, { 'Content-Type': 'text/xml', 'Content-Length': Buffer.byteLength(text) })
    if (fault === 'after-truncate') return void response.write(text.slice(0, text.length / 2), () => response.destroy())
    response.end(text)
  }

  function signIn(request: Parameters<typeof federate>[0], entry: StrictLogEntry, response: ServerResponse): void {
    const answer = federate(request, sts.now(), (accessKeyId) => {
      const identity = identities.get(accessKeyId)
      if (identity?.session === undefined) return undefined
      return { ...identity.session, ...identity, isRole: identity.session.role !== undefined }
    })
    entry.outcome = answer.outcome
    response.writeHead(answer.status, { 'Content-Type': answer.type }).end(answer.body)
  }

  function nextFault(): Fault | undefined {
    const [first] = faults
    if (first === undefined) return undefined
    first.times -= 1
    if (first.times <= 0) faults.shift()
    return first.fault === 'none' ? undefined : first.fault
  }

  function misbehave(fault: Fault, response: ServerResponse): void {
    stamp(response)
    const page = '<!DOCTYPE html><html><head><title>Welcome</title></head><body><h1>Please sign in</h1></body></html>'
    const sayNo = (status: number, code: string, message: string) => {
      response.writeHead(status, { 'Content-Type': 'text/xml' })
      response.end(errorXml('sts', new AwsRefusal(status, code, message)).body)
    }
    const sayPage = (status: number, headers: Record<string, string> = {}) => {
      response.writeHead(status, { 'Content-Type': 'text/html', ...headers })
      response.end(page)
    }
    if (fault === 'drop') response.destroy()
    if (fault === 'internal-failure') {
      sayNo(500, 'InternalFailure', 'The request processing has failed because of an unknown error.')
    }
    if (fault === 'service-unavailable') sayNo(503, 'ServiceUnavailable', 'Service is unavailable')
    if (fault === 'throttle') sayNo(400, 'Throttling', 'Rate exceeded')
    if (fault === 'gateway-page') sayPage(502)
    if (fault === 'forbidden-page') sayPage(403)
    if (fault === 'captive-portal') sayPage(200)
    if (fault === 'redirect') sayPage(302, { Location: 'http://sign-in.example/' })
  }

  function stamp(response: ServerResponse): void {
    response.sendDate = false
    response.setHeader('Date', new Date(sts.now()).toUTCString())
  }

  const server = options.tls === undefined ? createServer(listener) : createTlsServer(options.tls, listener)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo

  const sts: StrictSts = {
    url: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    log,
    iam,
    get verifications() {
      return log.filter(({ verified }) => verified)
    },
    clockOffsetMs: options.clockOffsetMs ?? 0,
    now: () => trueTime() + sts.clockOffsetMs,
    code(serialNumber = alice.serialNumber, stepsAhead = 0) {
      const known = iam.devices.find((device) => device.serialNumber === serialNumber)
      if (known?.device === undefined) throw new Error(`the strict STS has no device ${serialNumber}`)
      return known.device.code(Math.floor(sts.now() / 30_000) + stepsAhead)
    },
    addUser(user) {
      for (const { accessKeyId, secretAccessKey } of user.keys) {
        identities.set(accessKeyId, { user, accessKeyId, secretAccessKey })
        iam.keepKey(user.arn, accessKeyId, secretAccessKey)
      }
      for (const { serialNumber, seed, enabledAtMs } of user.devices) {
        iam.keep(user.arn, serialNumber, seed, enabledAtMs === undefined ? 0 : enabledAtMs + propagationMs)
      }
      for (const serialNumber of user.others ?? []) iam.keepOther(user.arn, serialNumber)
    },
    fault: (fault, times = 1) => void faults.push({ fault, times }),
    clearFaults: () => void faults.splice(0),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  for (const user of options.users ?? [aliceAsUser]) sts.addUser(user)
  return sts
}

const aliceAsUser: StrictUser = { arn: alice.arn, keys: [alice], devices: [alice] }

function denied(message: string): never {
  throw new AwsRefusal(403, 'AccessDenied', message)
}

function invalid(field: string, value: string, constraint: string): never {
  const problem = `Value '${value}' at '${field}' failed to satisfy constraint: Member must have ${constraint}`
  throw new AwsRefusal(400, 'ValidationError', `1 validation error detected: ${problem}`)
}

/** `0900` and `+900` are numbers to AWS; ` 900 `, `900.0` and what does not fit in 32 bits are not. */
function durationSeconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const seconds = Number(text)
  if (!/^[+-]?\d+$/.test(text) || Math.abs(seconds) >= 2 ** 31) {
    throw new AwsRefusal(400, 'MalformedInput', 'Invalid Argument')
  }
  if (seconds < 900) invalid('durationSeconds', text, 'value greater than or equal to 900')
  if (seconds > 129_600) invalid('durationSeconds', text, 'value less than or equal to 129600')
  return seconds
}

function checkLength(field: string, value: string | undefined, fewest: number, most: number): void {
  if (value === undefined) return
  if (value.length < fewest) invalid(field, value, `length greater than or equal to ${fewest}`)
  if (value.length > most) invalid(field, value, `length less than or equal to ${most}`)
}

function spoil(session: Record<string, string>, fault: Fault | undefined): Fields | undefined {
  switch (fault) {
    case 'after-newline-in-token':
      return { ...session, SessionToken: 'IQoJb3JpZ2lu\n[default]\ncredential_process = touch /tmp/owned' }
    case 'after-no-token':
      return { ...session, SessionToken: undefined }
    case 'after-no-secret':
      return { ...session, SecretAccessKey: undefined }
    case 'after-odd-key-id':
      return { ...session, AccessKeyId: 'not-a-key-id' }
    case 'after-localstack-key-id':
      return { ...session, AccessKeyId: session.AccessKeyId?.replace('ASIA', 'LSIA') }
    case 'after-hash-in-token':
      return { ...session, SessionToken: `${session.SessionToken}#x` }
    case 'after-no-credentials':
      return undefined
    case 'after-expired':
      return { ...session, Expiration: '2001-01-01T00:00:00Z' }
    case 'after-no-expiration':
      return { ...session, Expiration: undefined }
    default:
      return session
  }
}

/** The whole answer, but never its end: neither silence nor an error tells that something is wrong. */
function drip(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'Content-Type': 'text/xml' })
  response.write(text)
  const timer = setInterval(() => response.write('\n'), 20)
  response.once('close', () => clearInterval(timer))
}

function randomBase32(length: number): string {
  return Array.from(randomBytes(length), (byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte & 31]).join('')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const sts = await startStrictSts(JSON.parse(process.argv[2] ?? '{}') as StrictStsOptions)
  process.stdout.write(`${JSON.stringify({ url: sts.url, ...alice })}\n`)
  const stop = () => void sts.close()
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  process.stdin.once('end', stop).resume()
}
