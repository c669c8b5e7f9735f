/** AWS: STS and IAM. */

import type { ListedKey } from '../core/keyPair.js'
import type { Role, RoleRules } from '../core/role.js'
import type { Seed } from '../core/seed.js'
import type { AwsCredentials, LongTermKeys, Session } from '../core/session.js'

export interface SessionRequest {
  readonly keys: LongTermKeys
  readonly region: string
  readonly serialNumber: string
  /** six digits */
  readonly code: string
  readonly durationSeconds: number
  /** AWS's clock minus this machine's as known so far, in milliseconds; the request is signed at AWS's time */
  readonly clockOffsetMs: number
  /** the keys of the source profile in the config file, for its settings of the way to AWS */
  readonly settings?: Readonly<Record<string, string>> | undefined
}

/** A role is taken with long-term keys and a code, or with an MFA session and none. */
export interface RoleRequest extends Signer {
  readonly role: Role & Required<Pick<Role, 'sessionName'>>
  readonly durationSeconds: number
  readonly mfa?: Pick<SessionRequest, 'serialNumber' | 'code'> | undefined
}

export interface SessionAnswer {
  readonly session: Session
  /** AWS's clock minus this machine's, from the answer's `Date`; `undefined` when there was no trustworthy one */
  readonly clockOffsetMs: number | undefined
}

export interface Sts {
  /** Loads what a call needs, for one that will follow. Never fails: the call itself tells what is wrong. */
  expectCall?(): Promise<void>
  /**
   * One GetSessionToken call, one attempt, with time limits.
   *
   * @throws StsFailure; Failure `usage` or `act` when the endpoint, proxy or CA settings are unusable
   */
  getSessionToken(request: SessionRequest): Promise<SessionAnswer>
  /** One AssumeRole call, the same way. */
  assumeRole(request: RoleRequest): Promise<SessionAnswer>
  /**
   * Whose credentials these are. Needs no permission and spends no code.
   *
   * @throws StsFailure; Failure `usage` or `act` when the endpoint, proxy or CA settings are unusable
   */
  getCallerIdentity(signer: Signer): Promise<CallerIdentity>
}

/** In whose name a request is made, and by which clock it is signed. */
export interface Signer {
  readonly credentials: AwsCredentials
  readonly region: string
  /** AWS's clock minus this machine's as known so far, in milliseconds */
  readonly clockOffsetMs: number
  /** the keys of the source profile in the config file, for its settings of the way to AWS */
  readonly settings?: Readonly<Record<string, string>> | undefined
}

export interface CallerIdentity {
  /** such as `arn:aws:iam::123456789012:user/alice` */
  readonly arn: string
  readonly account: string
  /** AWS's clock minus this machine's, from the answer's `Date`; `undefined` when there was no trustworthy one */
  readonly clockOffsetMs: number | undefined
}

/**
 * The MFA devices and access keys of IAM users. What can be repeated without harm is, when AWS asks for patience.
 *
 * Each call throws IamFailure; Failure `usage` or `act` when the endpoint, proxy or CA settings are unusable. User names
 * are always given: policies that allow a user their own devices do not allow a call without one.
 */
export interface Iam {
  /** @returns the serial numbers of the user's devices of all kinds */
  listDevices(signer: Signer, userName: string): Promise<readonly string[]>
  /** The user's long-term keys, two at most. One attempt: `doctor` asks it only to see whether a policy allows it. */
  listAccessKeys(signer: Signer, userName: string): Promise<readonly ListedKey[]>
  /** @returns `undefined` for a key that was never used; AWS knows of a use within hours */
  lastUseOf(signer: Signer, accessKeyId: string): Promise<Date | undefined>
  /** Makes a key. AWS tells its secret this once, and takes up to a minute to know it everywhere. */
  createAccessKey(signer: Signer, userName: string): Promise<LongTermKeys>
  /** Makes a key inactive, or active again. */
  setKeyActive(signer: Signer, key: OwnedKey, active: boolean): Promise<void>
  deleteAccessKey(signer: Signer, key: OwnedKey): Promise<void>
  /** How a role of the signer's own account may be assumed. One attempt. */
  getRole(signer: Signer, roleName: string): Promise<RoleRules>
  /** Makes a virtual device, which nobody has yet. AWS tells its seed this once. */
  createVirtualDevice(signer: Signer, name: string): Promise<NewDevice>
  /** @param codes - of two consecutive time steps, the earlier first; AWS takes the device's clock from them */
  enableDevice(signer: Signer, device: OwnedDevice, codes: readonly [string, string]): Promise<void>
  /** @param codes - as in {@link Iam.enableDevice}, of time steps that AWS has not seen */
  resync(signer: Signer, device: OwnedDevice, codes: readonly [string, string]): Promise<void>
  /** Takes the device from its user. */
  deactivateDevice(signer: Signer, device: OwnedDevice): Promise<void>
  /** Deletes a virtual device that nobody has. */
  deleteVirtualDevice(signer: Signer, serialNumber: string): Promise<void>
}

/** The endpoint that turns a role's session into a sign-in to the console. */
export interface Federation {
  /**
   * One call. The credentials go in the body of the request.
   *
   * @returns a token that signs whoever has it in, for 15 minutes
   * @throws Failure
   */
  signInToken(endpoint: string, session: Session, settings?: Readonly<Record<string, string>>): Promise<string>
}

export interface OwnedDevice {
  readonly userName: string
  readonly serialNumber: string
}

export interface OwnedKey {
  readonly userName: string
  readonly accessKeyId: string
}

export interface NewDevice {
  readonly serialNumber: string
  readonly seed: Seed
}
