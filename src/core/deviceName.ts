import { Failure } from '../errors.js'

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
