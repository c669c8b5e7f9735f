import { Failure } from '../errors.js'

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
