import { randomBytes } from 'node:crypto'
import { MfaDevice } from './mfaDevice.js'
import { AwsRefusal, type Fields } from './queryXml.js'

/** Who calls, as far as IAM's rules ask. */
export interface IamCaller {
  readonly arn: string
  /** `keys`, or a session got with or without a code */
  readonly by: 'keys' | 'mfa-session' | 'plain-session'
}

/** A device as IAM keeps it. */
export interface KeptDevice {
  readonly serialNumber: string
  readonly seed: string
  /** absent while nobody has it */
  owner?: string
  /** how STS sees it, once it has an owner */
  device?: MfaDevice
}

export interface StrictIamOptions {
  readonly now: () => number
  readonly propagationMs: number
}

/** An access key as IAM keeps it. */
export interface KeptKey {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly owner: string
  readonly createdAtMs: number
  /** from when on some endpoints know of it, and from when on all do */
  readonly knownFromMs: number
  readonly knownEverywhereFromMs: number
  active: boolean
  lastUsedAtMs?: number
}

const mostDevices = 8
/** Inactive ones count, too. */
const mostKeys = 2
type Params = Readonly<Record<string, string>>

/**
 * IAM's calls about MFA devices and access keys with AWS's rules: who may do what with which credentials, names that are
 * taken, two consecutive codes that set the device's clock, two keys at most, and the time until STS hears of a device or key.
 */
export class StrictIam {
  readonly #options: StrictIamOptions
  readonly #devices = new Map<string, KeptDevice>()
  /** passkeys and hardware tokens by their owner: they are listed, and count */
  readonly #others = new Map<string, string[]>()
  readonly #keys = new Map<string, KeptKey>()
  #asked = 0
  /** the actions that the user's policies do not allow at all, such as `CreateVirtualMFADevice` */
  readonly denied = new Set<string>()
  /** the actions that they allow with MFA only */
  readonly deniedWithoutMfa = new Set<string>()

  constructor(options: StrictIamOptions) {
    this.#options = options
  }

  get devices(): readonly KeptDevice[] {
    return [...this.#devices.values()]
  }

  get keys(): readonly KeptKey[] {
    return [...this.#keys.values()]
  }

  /** A key that is there from the beginning. */
  keepKey(
    owner: string,
    accessKeyId: string,
    secretAccessKey: string,
    createdAtMs = this.#options.now() - 2_592_000_000,
  ): void {
    const known = { knownFromMs: 0, knownEverywhereFromMs: 0 }
    this.#keys.set(accessKeyId, { accessKeyId, secretAccessKey, owner, createdAtMs, active: true, ...known })
  }

  /** The key with which a request is signed, where AWS accepts it: an active one that this endpoint has heard of. */
  useKey(accessKeyId: string): KeptKey | undefined {
    const key = this.#keys.get(accessKeyId)
    const now = this.#options.now()
    this.#asked += 1
    if (key === undefined || !key.active || now < key.knownFromMs) return undefined
    if (now < key.knownEverywhereFromMs && this.#asked % 2 === 0) return undefined
    key.lastUsedAtMs = now
    return key
  }

  /** A device that is there from the beginning. */
  keep(owner: string, serialNumber: string, seed: string, usableFromMs: number): void {
    const device = new MfaDevice(seed, usableFromMs)
    this.#devices.set(serialNumber, { serialNumber, seed, owner, device })
  }

  keepOther(owner: string, serialNumber: string): void {
    this.#others.set(owner, [...(this.#others.get(owner) ?? []), serialNumber])
  }

  /** The device as STS knows it, for its owner alone. */
  deviceOf(owner: string, serialNumber: string): MfaDevice | undefined {
    const kept = this.#devices.get(serialNumber)
    return kept?.owner === owner ? kept.device : undefined
  }

  answer(action: string, caller: IamCaller, params: Params): Fields {
    // A session without MFA may call no IAM at all, and is told something that misleads.
    if (caller.by === 'plain-session') {
      throw new AwsRefusal(403, 'InvalidClientTokenId', 'The security token included in the request is invalid')
    }
    if (params.Version !== '2010-05-08') {
      throw new AwsRefusal(400, 'InvalidAction', `Could not find operation ${action} for version ${params.Version}`)
    }
    switch (action) {
      case 'CreateVirtualMFADevice':
        return this.#create(caller, params)
      case 'DeleteVirtualMFADevice':
        return this.#delete(caller, params)
      case 'ListMFADevices':
        return this.#list(caller, params)
      case 'ListAccessKeys':
        return this.#listAccessKeys(caller, params)
      case 'CreateAccessKey':
        return this.#createKey(caller, params)
      case 'UpdateAccessKey':
        return this.#updateKey(caller, params)
      case 'DeleteAccessKey':
        return this.#deleteKey(caller, params)
      case 'GetAccessKeyLastUsed':
        return this.#lastUsed(caller, params)
      case 'EnableMFADevice':
        return this.#enable(caller, params)
      case 'ResyncMFADevice':
        return this.#resync(caller, params)
      case 'DeactivateMFADevice':
        return this.#deactivate(caller, params)
      default:
        throw new AwsRefusal(400, 'InvalidAction', `Could not find operation ${action} for version 2010-05-08`)
    }
  }

  #create(caller: IamCaller, { VirtualMFADeviceName: name = '' }: Params): Fields {
    const [, partition, , , account] = caller.arn.split(':')
    const serialNumber = `arn:${partition}:iam::${account}:mfa/${name}`
    this.#authorize(caller, 'CreateVirtualMFADevice', serialNumber)
    if (!/^[\w+=,.@-]{1,226}$/.test(name)) throw new AwsRefusal(400, 'ValidationError', 'virtualMFADeviceName')
    if (this.#devices.has(serialNumber)) {
      throw new AwsRefusal(409, 'EntityAlreadyExists', 'MFA device already exists.')
    }
    const seed = Array.from(randomBytes(64), (byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte & 31]).join('')
    this.#devices.set(serialNumber, { serialNumber, seed })
    return {
      VirtualMFADevice: {
        SerialNumber: serialNumber,
        // Both are blobs: base64 of the base32 text, and of a picture.
        Base32StringSeed: Buffer.from(seed).toString('base64'),
        QRCodePNG: randomBytes(64).toString('base64'),
      },
    }
  }

  #delete(caller: IamCaller, { SerialNumber: serialNumber = '' }: Params): Fields {
    this.#authorize(caller, 'DeleteVirtualMFADevice', serialNumber)
    const kept = this.#devices.get(serialNumber)
    if (kept === undefined) throw absent(`VirtualMFADevice with serial number ${serialNumber} doesn't exist.`)
    if (kept.owner !== undefined) {
      throw new AwsRefusal(409, 'DeleteConflict', 'MFA VirtualDevice in use. Must deactivate first.')
    }
    this.#devices.delete(serialNumber)
    return {}
  }

  #list(caller: IamCaller, { UserName: userName }: Params): Fields {
    this.#authorizeOwn(caller, 'ListMFADevices', userName)
    const members = this.#serialNumbers(caller.arn).map((SerialNumber) => ({
      UserName: userName,
      SerialNumber,
      EnableDate: '2026-01-31T12:00:00Z',
    }))
    return { IsTruncated: 'false', MFADevices: members }
  }

  #listAccessKeys(caller: IamCaller, { UserName: userName }: Params): Fields {
    this.#authorizeOwn(caller, 'ListAccessKeys', userName)
    const members = this.#keysOf(caller).map((key) => ({ UserName: userName, ...metadataOf(key) }))
    return { IsTruncated: 'false', AccessKeyMetadata: members }
  }

  #createKey(caller: IamCaller, { UserName: userName }: Params): Fields {
    this.#authorizeOwn(caller, 'CreateAccessKey', userName)
    if (this.#keysOf(caller).length >= mostKeys) {
      throw new AwsRefusal(409, 'LimitExceeded', `Cannot exceed quota for AccessKeysPerUser: ${mostKeys}`)
    }
    const now = this.#options.now()
    const { propagationMs } = this.#options
    const id = Array.from(randomBytes(16), (byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte & 31]).join('')
    const key: KeptKey = {
      accessKeyId: `AKIA${id}`,
      secretAccessKey: randomBytes(30).toString('base64'),
      owner: caller.arn,
      createdAtMs: Math.floor(now / 1000) * 1000,
      knownFromMs: now + propagationMs / 2,
      knownEverywhereFromMs: now + propagationMs,
      active: true,
    }
    this.#keys.set(key.accessKeyId, key)
    return { AccessKey: { UserName: userName, ...metadataOf(key), SecretAccessKey: key.secretAccessKey } }
  }

  #updateKey(caller: IamCaller, { UserName: userName, AccessKeyId: id = '', Status: status }: Params): Fields {
    this.#authorizeOwn(caller, 'UpdateAccessKey', userName)
    if (status !== 'Active' && status !== 'Inactive') throw new AwsRefusal(400, 'ValidationError', 'status')
    this.#ownKey(caller, id).active = status === 'Active'
    return {}
  }

  #deleteKey(caller: IamCaller, { UserName: userName, AccessKeyId: id = '' }: Params): Fields {
    this.#authorizeOwn(caller, 'DeleteAccessKey', userName)
    this.#keys.delete(this.#ownKey(caller, id).accessKeyId)
    return {}
  }

  #lastUsed(caller: IamCaller, { AccessKeyId: id = '' }: Params): Fields {
    this.#authorize(caller, 'GetAccessKeyLastUsed', caller.arn)
    const { lastUsedAtMs } = this.#ownKey(caller, id)
    const used = lastUsedAtMs === undefined ? {} : { LastUsedDate: new Date(lastUsedAtMs).toISOString() }
    return { AccessKeyLastUsed: { ...used, ServiceName: 'sts', Region: 'eu-west-1' } }
  }

  #keysOf({ arn }: IamCaller): KeptKey[] {
    return this.keys.filter(({ owner }) => owner === arn)
  }

  #ownKey(caller: IamCaller, id: string): KeptKey {
    const key = this.#keysOf(caller).find(({ accessKeyId }) => accessKeyId === id)
    if (key === undefined) throw absent(`The Access Key with id ${id} cannot be found.`)
    return key
  }

  #enable(caller: IamCaller, params: Params): Fields {
    const { UserName: userName, SerialNumber: serialNumber = '' } = params
    this.#authorizeOwn(caller, 'EnableMFADevice', userName)
    const own = this.#serialNumbers(caller.arn)
    if (own.length > 0) this.#expectMfa(caller)
    const kept = this.#devices.get(serialNumber)
    if (kept === undefined) throw absent(`VirtualMFADevice with serial number ${serialNumber} doesn't exist.`)
    if (kept.owner !== undefined) throw new AwsRefusal(409, 'EntityAlreadyExists', 'MFA Device is already in use.')
    if (own.length >= mostDevices) {
      throw new AwsRefusal(409, 'LimitExceeded', `Cannot exceed quota for MfaDevicesPerUser: ${mostDevices}`)
    }
    const now = this.#options.now()
    const device = new MfaDevice(kept.seed, now + this.#options.propagationMs)
    this.#sync(device, params)
    kept.owner = caller.arn
    kept.device = device
    return {}
  }

  #resync(caller: IamCaller, params: Params): Fields {
    const { UserName: userName, SerialNumber: serialNumber = '' } = params
    this.#authorizeOwn(caller, 'ResyncMFADevice', userName)
    const device = this.deviceOf(caller.arn, serialNumber)
    if (device === undefined) throw absent('MFA Device invalid for user.')
    this.#sync(device, params)
    return {}
  }

  #sync(device: MfaDevice, { AuthenticationCode1: first = '', AuthenticationCode2: second = '' }: Params): void {
    if (device.sync(first, second, this.#options.now())) return
    throw new AwsRefusal(403, 'InvalidAuthenticationCode', 'Authentication code for device is not valid.')
  }

  #deactivate(caller: IamCaller, { UserName: userName, SerialNumber: serialNumber = '' }: Params): Fields {
    this.#authorizeOwn(caller, 'DeactivateMFADevice', userName)
    if (this.#serialNumbers(caller.arn).length > 0) this.#expectMfa(caller)
    const kept = this.#devices.get(serialNumber)
    if (kept?.owner !== caller.arn) throw absent('MFA Device invalid for user.')
    delete kept.owner
    delete kept.device
    return {}
  }

  #serialNumbers(owner: string): string[] {
    const kept = this.devices.filter((device) => device.owner === owner).map(({ serialNumber }) => serialNumber)
    return [...kept, ...(this.#others.get(owner) ?? [])]
  }

  /** AWS-2023-001: whoever has a device changes devices with MFA only. */
  #expectMfa({ by }: IamCaller): void {
    if (by === 'mfa-session') return
    throw new AwsRefusal(
      403,
      'AccessDenied',
      'To complete this action, please ensure that you are authenticated with an MFA device that is enabled for this user.',
    )
  }

  /** Policies allow `user/${aws:username}`, and so nothing to a call that names no user. */
  #authorizeOwn(caller: IamCaller, action: string, userName: string | undefined): void {
    const own = caller.arn.replace(/^.*\//, '')
    this.#authorize(caller, action, userName === own ? caller.arn : `user ${userName}`, userName !== own)
  }

  #authorize({ arn, by }: IamCaller, action: string, resource: string, foreign = false): void {
    const lacksMfa = this.deniedWithoutMfa.has(action) && by !== 'mfa-session'
    if (!foreign && !lacksMfa && !this.denied.has(action)) return
    const why = lacksMfa
      ? 'with an explicit deny in an identity-based policy'
      : `because no identity-based policy allows the iam:${action} action`
    const message = `User: ${arn} is not authorized to perform: iam:${action} on resource: ${resource} ${why}`
    throw new AwsRefusal(403, 'AccessDenied', message)
  }
}

function metadataOf({ accessKeyId, active, createdAtMs }: KeptKey) {
  const createdAt = new Date(createdAtMs).toISOString()
  return { AccessKeyId: accessKeyId, Status: active ? 'Active' : 'Inactive', CreateDate: createdAt }
}

function absent(message: string): AwsRefusal {
  return new AwsRefusal(404, 'NoSuchEntity', message)
}
