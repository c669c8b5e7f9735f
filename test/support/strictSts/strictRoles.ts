import { AwsRefusal } from './queryXml.js'

/** A role as its account keeps it. */
export interface StrictRole {
  /** `arn:<partition>:iam::<account>:role/<name>` */
  readonly arn: string
  /** the users and roles that its trust policy lets in; default: every user */
  readonly trusts?: readonly string[]
  /** whether that asks for MFA */
  readonly wantsMfa?: boolean
  readonly externalId?: string
  /** the maximum session duration; default: 3600, as AWS makes roles */
  readonly maxSeconds?: number
  /** whether its own sessions may ask IAM about it */
  readonly mayGetRole?: boolean
}

/** Who wants to take a role. */
export interface RoleCaller {
  readonly arn: string
  readonly isSession: boolean
  /** whether a code was good, now or when the session was made */
  readonly mfa: boolean
}

type Params = Readonly<Record<string, string>>

/**
 * AWS's rules of AssumeRole, after the signature and the code were judged.
 *
 * @returns how long the session lasts, in seconds
 * @throws AwsRefusal in AWS's words
 */
export function assumeRole(roles: readonly StrictRole[], caller: RoleCaller, params: Params): number {
  const { RoleArn: arn = '', ExternalId: externalId, DurationSeconds: asked } = params
  checkParams(params)
  if (caller.arn.endsWith(':root')) denied('Roles may not be assumed by root accounts.')
  const role = roles.find((each) => each.arn === arn)
  const lets =
    role !== undefined &&
    (role.trusts?.includes(caller.arn) ?? true) &&
    (role.externalId === undefined || role.externalId === externalId) &&
    (!role.wantsMfa || caller.mfa)
  if (!lets) denied(`User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${arn}`)
  const seconds = asked === undefined ? 3600 : Number(asked)
  if (caller.isSession && seconds > 3600) {
    invalid('The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.')
  }
  if (seconds > (role.maxSeconds ?? 3600)) {
    invalid('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.')
  }
  return seconds
}

/** `arn:aws:sts::210987654321:assumed-role/admin/alice` */
export function assumedRoleArn(roleArn: string, sessionName: string): string {
  const [, partition, , , account, resource = ''] = roleArn.split(':')
  return `arn:${partition}:sts::${account}:assumed-role/${resource.replace(/^.*\//, '')}/${sessionName}`
}

/** What IAM's GetRole tells of it. */
export function roleFields({ arn, trusts = [], wantsMfa, externalId, maxSeconds = 3600 }: StrictRole) {
  const [account] = /\d{12}/.exec(arn) ?? ['']
  const conditions = {
    ...(wantsMfa ? { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } : {}),
    ...(externalId === undefined ? {} : { StringEquals: { 'sts:ExternalId': externalId } }),
  }
  const Principal = { AWS: trusts.length > 0 ? trusts : account }
  const Statement = [{ Effect: 'Allow', Principal, Action: 'sts:AssumeRole', Condition: conditions }]
  const name = arn.replace(/^.*\//, '')
  return {
    Role: {
      Path: '/',
      RoleName: name,
      RoleId: 'AROACKCEVSQ6C2EXAMPLE',
      Arn: arn,
      CreateDate: '2026-01-31T12:00:00Z',
      AssumeRolePolicyDocument: encodeURIComponent(JSON.stringify({ Version: '2012-10-17', Statement })),
      MaxSessionDuration: String(maxSeconds),
    },
  }
}

function checkParams({
  RoleArn: arn = '',
  RoleSessionName: name = '',
  DurationSeconds: asked,
  ExternalId: id,
}: Params) {
  const wrong = (field: string, value: string, constraint: string) =>
    invalid(`1 validation error detected: Value '${value}' at '${field}' failed to satisfy constraint: ${constraint}`)
  if (arn.length < 20) wrong('roleArn', arn, 'Member must have length greater than or equal to 20')
  if (!/^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/.test(arn)) invalid(`${arn} is invalid`)
  if (!/^[\w+=,.@-]{2,64}$/.test(name)) wrong('roleSessionName', name, 'Member must satisfy [\\w+=,.@-]*')
  if (id !== undefined && !/^[\w+=,.@:/-]{2,1224}$/.test(id))
    wrong('externalId', id, 'Member must satisfy [\\w+=,.@:\\/-]*')
  if (asked === undefined) return
  if (!/^\d+$/.test(asked)) throw new AwsRefusal(400, 'MalformedInput', 'Invalid Argument')
  if (Number(asked) < 900) wrong('durationSeconds', asked, 'Member must have value greater than or equal to 900')
  if (Number(asked) > 43_200) wrong('durationSeconds', asked, 'Member must have value less than or equal to 43200')
}

function denied(message: string): never {
  throw new AwsRefusal(403, 'AccessDenied', message)
}

function invalid(message: string): never {
  throw new AwsRefusal(400, 'ValidationError', message)
}
