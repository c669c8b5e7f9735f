import { Failure } from '../errors.js'

/** The IAM user that a key belongs to. */
export interface IamUser {
  readonly arn: string
  readonly partition: string
  readonly account: string
  /** without the path that may stand before it in the ARN */
  readonly userName: string
}

/**
 * Reads GetCallerIdentity's answer. Only an IAM user has MFA devices of the kind that awsmfa works with.
 *
 * @param arn - as AWS told it
 * @param sourceProfile - for the message
 * @throws Failure `act` for the root user, a role and a federated user
 */
export function iamUser(arn: string, sourceProfile: string): IamUser {
  const [, partition = '', service = '', , account = '', ...rest] = arn.split(':')
  const resource = rest.join(':')
  const userName = service === 'iam' ? /^user\/(?:.*\/)?([^/]+)$/.exec(resource)?.[1] : undefined
  if (userName !== undefined) return { arn, partition, account, userName }
  const what =
    resource === 'root'
      ? 'the root user of the account'
      : resource.startsWith('assumed-role/')
        ? `a session of the role ${resource.split('/')[1]}`
        : arn
  throw new Failure('act', `the keys of source profile ${sourceProfile} belong to ${what}, not to an IAM user`, [
    'name a profile that holds the long-term keys of an IAM user with --profile',
  ])
}
