import type { StsReason } from '../errors.js'
import type { Refusal } from './refusals.js'
import type { Role } from './role.js'

/** What {@link roleTable} tells of a role; empty ones are only there to leave a hint out. */
export function roleFacts({ arn, externalId }: Role, durationSeconds: number, direct: boolean) {
  return {
    role: arn,
    externalId,
    noExternalId: externalId === undefined ? '' : undefined,
    seconds: String(durationSeconds),
    direct: direct ? '' : undefined,
    chained: direct ? undefined : '',
  }
}

/**
 * What AWS says no to about a role, before all that it may say of any call. It gives one text for a trust that does not let
 * the caller in, an external id that is wrong, a policy of the caller's and a role that does not exist, so these are listed
 * and none is asserted (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_roles.html).
 */
export const roleTable: readonly Refusal<StsReason>[] = [
  [
    /^AccessDenied: Roles may not be assumed by root accounts/,
    'refused',
    'AWS lets no root user take a role, and {key} is of one',
    'make an IAM user, and put its keys into the source profile',
  ],
  [
    /^AccessDenied: (?!MultiFactorAuthentication failed)/,
    'refused',
    'AWS does not let {key} take the role {role}',
    "the role's trust policy must let the user in, and the user's policies must allow sts:AssumeRole on it; a role that does not exist looks the same",
    'compare the external id, {externalId}, with the one that the owner of the role has given you',
    '{noExternalId}if the owner of the role has given you an external id, enrol again with --external-id',
    'AWS said: {said}',
  ],
  [
    /^ValidationError: .*MaxSessionDuration/s,
    'refused',
    'the role {role} gives shorter sessions than {seconds} seconds',
    'enrol again with a shorter --duration-seconds, 3600 works for each role; or have its maximum session duration raised',
  ],
  [
    /^ValidationError: .*role chaining/s,
    'refused',
    'AWS gives a role one hour at most when it is taken with a session, and {seconds} seconds were asked for',
    'enrol again with --duration-seconds 3600',
  ],
  [
    /^ExpiredToken: |^InvalidClientTokenId: /,
    'refused',
    'AWS does not accept {key}, with which the role {role} was to be taken',
    '{chained}that is the MFA session: awsmfa refresh --force makes a new one',
    '{direct}it was deleted or made inactive, or belongs to another partition: look at the keys of the user in the IAM console',
    '{direct}or the region {mayBeOff} is not enabled in the account: try --region us-east-1',
  ],
]
