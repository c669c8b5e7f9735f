import { Failure } from '../errors.js'
import { LongTermKeys } from './session.js'

/**
 * The name of a user's key in a seed store. It names the user and not the key, so that a rotation is one overwrite.
 *
 * @param arn - of the user, such as `arn:aws:iam::123456789012:user/team/alice`
 */
export function keyAccount(arn: string): string {
  const [, , , , account = '', resource = ''] = arn.split(':')
  return `key:${account}/${resource.replace(/^user\//, '')}`
}

/** Whether an account of the keychain is that of a key, and not the serial number of a device. */
export function isKeyAccount(account: string): boolean {
  return account.startsWith('key:')
}

/** One line of JSON, about 130 characters: the Windows Credential Manager takes 1,280. For the store only. */
export function formatKeyPair(keys: LongTermKeys): string {
  return JSON.stringify({ AccessKeyId: keys.accessKeyId, SecretAccessKey: keys.revealSecret() })
}

/**
 * @param text - what a store holds; never repeated in an error
 * @throws Failure `act` when it is no key pair
 */
export function parseKeyPair(text: string): LongTermKeys {
  try {
    const { AccessKeyId: id, SecretAccessKey: secret } = JSON.parse(text) as Partial<Record<string, unknown>>
    if (typeof id === 'string' && /^\w{16,128}$/.test(id) && typeof secret === 'string' && /^[!-~]+$/.test(secret)) {
      return new LongTermKeys(id, secret)
    }
  } catch {
    // JSON.parse's own words would repeat what it read.
  }
  throw new Failure('act', 'it is no pair of AWS keys', 'another program may have changed it')
}

export function sameKeys(one: LongTermKeys, other: LongTermKeys | undefined): boolean {
  return one.accessKeyId === other?.accessKeyId && one.revealSecret() === other.revealSecret()
}

/** How messages call a key: `…MPLE`, as AWS's own pages do. */
export function keyEnd(accessKeyId: string): string {
  return `…${accessKeyId.slice(-4)}`
}

/** A key as IAM lists it. */
export interface ListedKey {
  readonly accessKeyId: string
  readonly active: boolean
  /** absent where the answer does not tell */
  readonly createdAt?: Date | undefined
}

/** How old a key may become before `status` and `doctor` speak of it (CIS AWS Foundations Benchmark, 1.14). */
export const oldKeyDays = 90

/** Whole days, never less than none. */
export function ageInDays(createdAt: Date, now: Date): number {
  return Math.max(0, Math.floor((now.getTime() - createdAt.getTime()) / 86_400_000))
}
