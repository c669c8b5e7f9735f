import type { Session } from './session.js'
import { formatInstant } from './time.js'

/* What other programs get of a session. Pure, and small: it is on the way of every program that starts. */

/**
 * What a program is given for `credential_process` must be good for so long, while it can be renewed. botocore and .NET start
 * the process anew for each request when less than 15 minutes are left.
 */
export const leastForProcess = 20 * 60

/** `exec` and `export` renew first when less is left. */
export const leastForCommand = 15 * 60

type Keys = Readonly<Record<string, string>>

/**
 * The object that `credential_process` asks for, on one line.
 *
 * @param accountId - of those whom the session speaks for; a wrong one would send requests to a wrong endpoint
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
 */
export function credentialObject(session: Session, accountId: string | undefined): string {
  const { accessKeyId, secretAccessKey, sessionToken } = session.reveal()
  return JSON.stringify({
    Version: 1,
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    SessionToken: sessionToken,
    Expiration: formatInstant(session.expiration),
    ...(accountId === undefined ? {} : { AccountId: accountId }),
  })
}

/**
 * The account of an MFA profile's sessions: its role's, where it has one, else its device's. A hardware serial names none.
 *
 * @param settings - the profile's keys in the config file
 */
export function accountIn({ awsmfa_role_arn: role, mfa_serial: serialNumber }: Keys): string | undefined {
  return /^arn:[a-z-]+:iam::([0-9]{12}):/.exec(role ?? serialNumber ?? '')?.[1]
}

/**
 * The same for programs that look into their environment.
 *
 * @param region - the profile's; what no region looks like is left out
 */
export function credentialVariables(session: Session, region: string | undefined): Keys {
  const { accessKeyId, secretAccessKey, sessionToken } = session.reveal()
  return {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    AWS_CREDENTIAL_EXPIRATION: formatInstant(session.expiration),
    ...(region !== undefined && /^[a-z0-9-]+$/i.test(region) ? { AWS_REGION: region, AWS_DEFAULT_REGION: region } : {}),
  }
}

/**
 * Variables by which some program would take other credentials than those of {@link credentialVariables}, or be told of
 * another end of theirs.
 */
const others =
  /^AWS_(DEFAULT_)?PROFILE$|^AWS_(SECURITY_TOKEN|SESSION_EXPIRATION|WEB_IDENTITY_TOKEN_FILE|ROLE_ARN|ROLE_SESSION_NAME|CREDENTIAL_FILE)$|^AWS_CONTAINER_(CREDENTIALS_|AUTHORIZATION_TOKEN)|^AWSUME_|^AWS_VAULT/

/** The names of the variables in an environment that must not stand beside a session. */
export function otherCredentials(env: Readonly<Record<string, string | undefined>>, caseless: boolean): string[] {
  return Object.keys(env).filter((name) => env[name] !== undefined && others.test(caseless ? name.toUpperCase() : name))
}
