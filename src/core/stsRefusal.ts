import { StsFailure, type StsReason } from '../errors.js'
import { type AwsError, keyEnding, putInWords, type Refusal, tooFarOff } from './awsError.js'
import { describeOffset } from './clockOffset.js'
import { mayBeOff } from './region.js'

/** What was asked, for the message. */
export interface Asked {
  /** default: `GetSessionToken` */
  readonly action?: 'GetSessionToken' | 'GetCallerIdentity'
  readonly serialNumber: string
  readonly accessKeyId: string
  readonly region: string
  /** AWS's clock minus this machine's, when known */
  readonly clockOffsetMs: number | undefined
}

/**
 * Puts a refusal of STS in our words. AWS gives one text for several causes, so these are listed and
 * none is asserted (https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html for the codes).
 */
export function stsRefusal(error: AwsError, { clockOffsetMs, accessKeyId, region, ...asked }: Asked): StsFailure {
  const clock = describeOffset(clockOffsetMs)
  const facts = {
    action: 'GetSessionToken',
    ...asked,
    region,
    key: keyEnding(accessKeyId),
    clock,
    anyClock: clock ?? "this machine's clock is more than 15 minutes off",
    // Only to leave out a hint.
    noClock: clock ? undefined : '',
    mayBeOff: mayBeOff(region) ? region : undefined,
  }
  const { kind, words, hints, reason, cause } = putInWords<StsReason>(error, 'STS', table, facts)
  return new StsFailure(kind, words, hints, { reason, codeMayBeSpent: true, clockOffsetMs }, cause)
}

const table: readonly Refusal<StsReason>[] = [
  [
    /^AccessDenied: .*invalid MFA one time pass code/s,
    'code-refused',
    'AWS refused the code for {serialNumber}',
    '{clock}; AWS accepts codes of about a minute to either side',
    'either the code was used before (AWS takes each one once, also for the console), or it is not of this device',
    '{noClock}or this machine made it with a clock that is off by more than a minute',
  ],
  [
    /^AccessDenied: .*unable to validate MFA code/s,
    'device-refused',
    'AWS could not check a code for {serialNumber}',
    'after nine codes in three minutes, or seconds after a device was enabled, AWS says so for a while: try again in three minutes',
    'otherwise compare the serial number with the devices of the user who owns {key}',
  ],
  [
    /^AccessDenied: .*session credentials/s,
    'refused',
    '{key} belongs to a session, and AWS gives sessions to long-term keys only',
    'the source profile must hold the keys of an IAM user, which begin with AKIA',
  ],
  [
    /^AccessDenied: /,
    'refused',
    'AWS denied {action} to {key}: {said}',
    'no IAM permission is needed for it: ask an administrator about an explicit deny or an organisation policy',
  ],
  [
    /^(InvalidClientTokenId|UnrecognizedClientException): /,
    'refused',
    'AWS does not accept {key} in {region}',
    'it was deleted or made inactive, or belongs to another partition: look at the keys of the user in the IAM console',
    // A session of any regional endpoint is good in all regions.
    'or the region {mayBeOff} is not enabled in the account: try --region us-east-1',
  ],
  [tooFarOff, 'clock-refused', '{anyClock}', 'AWS refuses signatures that are more than 15 minutes off: set the clock'],
  [
    /^SignatureDoesNotMatch: /,
    'refused',
    'the secret access key does not belong to {key}',
    'put both keys of the source profile in place again, as they were shown when they were created',
  ],
  [
    /^RegionDisabledException: /,
    'refused',
    'STS is switched off for the region {region} in this account',
    'name another region with --region, or let an administrator switch it on in the IAM console (account settings)',
  ],
  [/^/, 'refused', 'AWS refused {action}: {error}'],
]
