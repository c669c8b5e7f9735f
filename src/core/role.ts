import { Failure, type FailureKind } from '../errors.js'

/** A role that a profile's session is of. */
export interface Role {
  /** such as `arn:aws:iam::210987654321:role/admin` */
  readonly arn: string
  /** what AWS's logs call the session; absent: {@link sessionNameFor} the device */
  readonly sessionName?: string
  /** what the role's owner has asked for in its trust policy */
  readonly externalId?: string
}

/** AssumeRole's own default, and AWS's limit for a role that is assumed with a session (role chaining). */
export const longestChainedSeconds = 3600
/** AssumeRole gives twelve hours at most (AWS STS API reference). */
export const longestRoleSeconds = 43_200

const roleArn = /^arn:(aws[a-z-]*):iam::([0-9]{12}):role\/([\x21-\x7e]+)$/

/**
 * Checks a role's ARN.
 *
 * @param origin - where it stands, for the message
 * @param kind - `usage` for a flag, `act` for a file
 * @throws Failure of that kind, with the reason when it is a known mistake
 */
export function parseRoleArn(text: string, origin: string, kind: FailureKind = 'usage'): string {
  const arn = text.trim()
  if (roleArn.test(arn) && arn.length <= 2048) return arn
  const session = /^(arn:[^:]+:)sts(::\d{12}:)assumed-role\/([^/]+)\//.exec(arn)
  const hint =
    session === null
      ? 'it looks like arn:aws:iam::123456789012:role/NAME, with the path before the name where the role has one'
      : `this is a session of the role, whose ARN is ${session[1]}iam${session[2]}role/${session[3]}`
  throw new Failure(kind, `${origin} '${arn}' is not the ARN of a role`, hint)
}

/** What a role's ARN consists of; `name` is without the path before it. */
export function partsOfRole(arn: string): { partition: string; account: string; name: string } {
  const [, partition = '', account = '', path = ''] = roleArn.exec(arn) ?? []
  return { partition, account, name: path.slice(path.lastIndexOf('/') + 1) }
}

/** @throws Failure as {@link parseRoleArn} does; what STS takes for a session's name (AWS STS API reference) */
export function parseSessionName(text: string, origin: string, kind: FailureKind = 'usage'): string {
  if (/^[\w+=,.@-]{2,64}$/.test(text)) return text
  throw new Failure(kind, `${origin} '${text}' cannot be the name of a role session`, [
    'use 2 to 64 letters, digits and _ + = , . @ -',
  ])
}

/** @throws Failure as {@link parseRoleArn} does; what STS takes for an external id (AWS STS API reference) */
export function parseExternalId(text: string, origin: string, kind: FailureKind = 'usage'): string {
  if (/^[\w+=,.@:/-]{2,1224}$/.test(text)) return text
  throw new Failure(kind, `${origin} cannot be an external id`, 'use 2 to 1224 letters, digits and _ + = , . @ : / -')
}

/** @throws Failure as {@link parseRoleArn} does */
export function parseRoleSeconds(seconds: number, origin: string, kind: FailureKind = 'usage'): number {
  if (seconds <= longestRoleSeconds) return seconds
  throw new Failure(kind, `${origin} is ${seconds}; AWS gives a role 900 to ${longestRoleSeconds} seconds`, [
    `give ${longestRoleSeconds} at most, which is 12 hours`,
  ])
}

/** The device's own name tells AWS's logs who it was, and from which machine where awsmfa has made the device. */
export function sessionNameFor(serialNumber: string): string {
  const name = serialNumber.slice(serialNumber.lastIndexOf('/') + 1).replace(/[^\w+=,.@-]/g, '-')
  return name.length < 2 ? `awsmfa-${name}` : name.slice(0, 64)
}

/**
 * Whether a role is assumed with the MFA session, so that it costs no code. Above an hour AWS wants the long-term keys and
 * a code of the role's own.
 */
export function isChained({ role, durationSeconds }: { role?: Role | undefined; durationSeconds: number }): boolean {
  return role !== undefined && durationSeconds <= longestChainedSeconds
}

/** What a role's own settings say of how it may be assumed. */
export interface RoleRules {
  readonly maxSeconds: number
  /** whether its trust policy lets nobody in without MFA; `undefined` when it cannot be told */
  readonly wantsMfa: boolean | undefined
}

/**
 * Whether every statement of a trust policy that lets principals of AWS assume the role has a condition on MFA.
 *
 * @param document - as IAM gives it: JSON, percent-encoded (RFC 3986)
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
 */
export function wantsMfa(document: string): boolean | undefined {
  try {
    const { Statement } = JSON.parse(decodeURIComponent(document)) as { Statement: unknown }
    const statements = [Statement].flat() as Record<string, unknown>[]
    const open = statements.filter(
      ({ Effect, Action, Principal }) =>
        Effect === 'Allow' &&
        [Action].flat().some((action) => /^(\*|sts:\*|sts:AssumeRole)$/i.test(String(action))) &&
        (Principal === '*' || (Principal as { AWS?: unknown } | undefined)?.AWS !== undefined),
    )
    return open.length === 0 ? undefined : open.every(({ Condition }) => hasMfaCondition(Condition))
  } catch {
    return undefined
  }
}

function hasMfaCondition(condition: unknown): boolean {
  return Object.entries((condition ?? {}) as Record<string, Record<string, unknown>>).some(([operator, keys]) =>
    Object.entries(keys).some(
      ([key, value]) =>
        (/^aws:MultiFactorAuthPresent$/i.test(key) && operator === 'Bool' && String([value].flat()[0]) === 'true') ||
        (/^aws:MultiFactorAuthAge$/i.test(key) && operator.startsWith('NumericLessThan')),
    ),
  )
}
