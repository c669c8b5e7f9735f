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

/** A serial number has 256 characters at most, and the ARN before the name takes up to 50. */
const mostCharacters = 128

/**
 * The name of the device that is made for one user on one machine: `awsmfa-alice-laptop`.
 *
 * @param count - 1 for the first try; when that name is taken, 2 and so on
 */
export function deviceName(userName: string, hostName: string, count: number): string {
  const host = hostName.split('.')[0]?.replace(/[^\w+=,.@-]+/g, '-') || 'machine'
  const suffix = count === 1 ? '' : `-${count}`
  return `awsmfa-${userName}-${host}`.slice(0, mostCharacters - suffix.length) + suffix
}

/**
 * Checks a name as CreateVirtualMFADevice takes it (AWS IAM API reference).
 *
 * @throws Failure `usage`
 */
export function parseDeviceName(text: string, origin: string): string {
  if (/^[\w+=,.@-]+$/.test(text) && text.length <= mostCharacters) return text
  throw new Failure('usage', `${origin} '${text}' is not the name of an MFA device`, [
    `use letters, digits and _ + = , . @ -, ${mostCharacters} at most`,
  ])
}

/** The serial number that IAM gives a virtual device of this name. */
export function virtualSerialNumber(partition: string, account: string, name: string): string {
  return `arn:${partition}:iam::${account}:mfa/${name}`
}

const virtualDevice = /^arn:aws[a-z-]*:iam::[0-9]{12}:mfa\/[\w+=,.@/-]+$/
/** What GetSessionToken's SerialNumber may hold (AWS STS API reference); hardware serials have no ARN. */
const anySerial = /^[\w+=/:,.@-]{9,256}$/

/**
 * Checks an MFA device's serial number: the ARN of a virtual device or the number printed on a hardware token.
 *
 * @param text - as typed or as found in a file
 * @param origin - where it stands, for the message
 * @param kind - `usage` for a flag or an answer, `act` for a file
 * @throws Failure of that kind, with the reason when it is a known mistake
 */
export function parseSerialNumber(text: string, origin: string, kind: 'usage' | 'act' = 'usage'): string {
  const serial = text.trim()
  if (!serial.startsWith('arn:')) {
    if (anySerial.test(serial) && !serial.includes(':')) return serial
    throw new Failure(kind, `${origin} '${serial}' is not a serial number`, shape)
  }
  if (virtualDevice.test(serial) && serial.length <= 256) return serial
  if (/:user\//.test(serial)) {
    const guess = serial.replace(/:user\/(?:.*\/)?([^/]*)$/, ':mfa/$1')
    throw new Failure(kind, `${origin} '${serial}' is the ARN of a user, not of an MFA device`, [
      `the device's ARN is in the IAM console under Security credentials, often '${guess}'`,
    ])
  }
  if (/:u2f\//.test(serial)) {
    throw new Failure(
      kind,
      `${origin} '${serial}' is a security key or passkey, which AWS accepts in the console only`,
      ['add a virtual MFA device (an authenticator app) to the user: IAM allows eight devices'],
    )
  }
  if (/:sms-mfa\//.test(serial)) {
    throw new Failure(
      kind,
      `${origin} '${serial}' is an SMS device, which AWS has retired`,
      'add a virtual MFA device to the user',
    )
  }
  throw new Failure(kind, `${origin} '${serial}' is not a serial number`, shape)
}

const shape = 'it looks like arn:aws:iam::123456789012:mfa/NAME, or GAHT12345678 for a hardware token'

/** Whether the device is a virtual one, whose seed a program can hold. */
export function isVirtual(serialNumber: string): boolean {
  return serialNumber.startsWith('arn:')
}

/**
 * The least that `enroll --create`, `resync` and `unenroll --delete-device` need, for one's own user and for devices
 * whose names begin as awsmfa names them. Nothing of it is needed by `refresh`.
 *
 * Taking a device away needs MFA, as in AWS's own example: else stolen keys could do it
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_iam_mfa-selfmanage.html).
 *
 * @param partition - such as `aws` or `aws-cn`
 */
export function iamPolicy(partition: string) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: IAM's own variable
  const user = '${aws:username}'
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'AwsmfaDevice',
        Effect: 'Allow',
        Action: ['iam:CreateVirtualMFADevice', 'iam:DeleteVirtualMFADevice'],
        Resource: `arn:${partition}:iam::*:mfa/awsmfa-${user}-*`,
      },
      {
        Sid: 'AwsmfaOwnUser',
        Effect: 'Allow',
        Action: ['iam:ListMFADevices', 'iam:EnableMFADevice', 'iam:ResyncMFADevice'],
        Resource: `arn:${partition}:iam::*:user/${user}`,
      },
      {
        Sid: 'AwsmfaOwnUserWithMfa',
        Effect: 'Allow',
        Action: 'iam:DeactivateMFADevice',
        Resource: `arn:${partition}:iam::*:user/${user}`,
        Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
      },
    ],
  } as const
}

/**
 * The least that `keys rotate` needs, for one's own user, and with MFA only: else stolen keys could make more of their
 * kind. GetAccessKeyLastUsed knows no resource (Service Authorization Reference, "Actions defined by IAM"); it can be left
 * out: then nobody is told when a key was used last.
 */
export function keyPolicy(partition: string) {
  const condition = { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'AwsmfaOwnKeysWithMfa',
        Effect: 'Allow',
        Action: ['iam:ListAccessKeys', 'iam:CreateAccessKey', 'iam:UpdateAccessKey', 'iam:DeleteAccessKey'],
        Resource: `arn:${partition}:iam::*:user/\${aws:username}`,
        Condition: condition,
      },
      {
        Sid: 'AwsmfaLastUse',
        Effect: 'Allow',
        Action: 'iam:GetAccessKeyLastUsed',
        Resource: '*',
        Condition: condition,
      },
    ],
  } as const
}

/** What to tell a person whom IAM has denied something. */
export function iamPolicyHints(
  partition: string,
  policy: (partition: string) => object = iamPolicy,
): readonly string[] {
  return [
    'an administrator can allow it with this policy for the user (a user with a path needs the path in it too):',
    JSON.stringify(policy(partition)),
  ]
}
