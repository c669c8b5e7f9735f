import { stepAt } from '../../src/core/code.js'
import { iamRefusal, stsRefusal } from '../../src/core/refusals.js'
import { roleFacts } from '../../src/core/roleRefusals.js'
import { Seed } from '../../src/core/seed.js'
import { type AwsCredentials, accessKeyIdOf, LongTermKeys, Session } from '../../src/core/session.js'
import { totp } from '../../src/core/totp.js'
import type { Iam, RoleRequest, SessionAnswer, Signer, Sts } from '../../src/outside/aws.js'
import type { FakeWorld } from './fakeWorld.js'
import { AwsRefusal } from './strictSts/queryXml.js'
import { StrictIam } from './strictSts/strictIam.js'
import { assumeRole, type StrictRole } from './strictSts/strictRoles.js'

/** One code that has reached AWS. */
export interface SentCode {
  readonly serialNumber: string
  readonly code: string
  /** whose code it is, where it is one of the device's */
  readonly step: number | undefined
  readonly pair: boolean
}

/** The rules of the strict stand-in without a network in between: thousands of runs a second. One user, alice. */
export class QuickAws {
  readonly arn = 'arn:aws:iam::123456789012:user/alice'
  readonly devices: StrictIam
  readonly sent: SentCode[] = []
  readonly given: Session[] = []
  /** all that are taken, with the sessions that they gave */
  readonly taken: { readonly request: RoleRequest; readonly session: Session }[] = []
  readonly roles: StrictRole[] = []
  readonly sts: Sts
  readonly iam: Iam
  readonly #world: FakeWorld
  readonly #keyOfSession = new Map<string, string>()

  /** @param onSent - called before a code is looked at */
  constructor(world: FakeWorld, onSent: (code: SentCode) => void) {
    this.#world = world
    this.devices = new StrictIam({ now: () => this.now().getTime(), propagationMs: 12_000 })
    this.devices.keepKey(this.arn, 'AKIAIOSFODNN7EXAMPLE', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY')
    const send = (serialNumber: string, codes: readonly string[]) => {
      for (const code of codes) {
        const sent = { serialNumber, code, step: this.#stepOf(serialNumber, code), pair: codes.length > 1 }
        onSent(sent)
        this.sent.push(sent)
      }
    }
    this.sts = {
      getSessionToken: async ({ keys, region, serialNumber, code, durationSeconds }) => {
        send(serialNumber, [code])
        this.#expectAccepted(keys)
        this.#verify(serialNumber, code, { serialNumber, region, accessKeyId: keys.accessKeyId })
        return { session: this.#session(keys, durationSeconds), clockOffsetMs: world.offsetMs }
      },
      assumeRole: async (request) => {
        if (request.mfa !== undefined) send(request.mfa.serialNumber, [request.mfa.code])
        this.#expectAccepted(request.credentials)
        return this.#assumeRole(request)
      },
      getCallerIdentity: async ({ credentials }) => {
        this.#expectAccepted(credentials)
        return { arn: this.arn, account: '123456789012', clockOffsetMs: world.offsetMs }
      },
    }
    this.iam = {
      listDevices: async (signer, UserName) => {
        const { MFADevices } = this.#ask('ListMFADevices', signer, { UserName })
        return (MFADevices as { SerialNumber: string }[]).map(({ SerialNumber }) => SerialNumber)
      },
      listAccessKeys: async (signer, UserName) => {
        const { AccessKeyMetadata: keys } = this.#ask('ListAccessKeys', signer, { UserName })
        return (keys as Record<'AccessKeyId' | 'Status' | 'CreateDate', string>[]).map((key) => ({
          accessKeyId: key.AccessKeyId,
          active: key.Status === 'Active',
          createdAt: new Date(key.CreateDate),
        }))
      },
      lastUseOf: async (signer, AccessKeyId) => {
        const { AccessKeyLastUsed: used } = this.#ask('GetAccessKeyLastUsed', signer, { AccessKeyId })
        const { LastUsedDate: at } = used as { LastUsedDate?: string }
        return at === undefined ? undefined : new Date(at)
      },
      createAccessKey: async (signer, UserName) => {
        const { AccessKey: made } = this.#ask('CreateAccessKey', signer, { UserName })
        const { AccessKeyId, SecretAccessKey } = made as Record<'AccessKeyId' | 'SecretAccessKey', string>
        return new LongTermKeys(AccessKeyId, SecretAccessKey)
      },
      setKeyActive: async (signer, { userName, accessKeyId }, active) =>
        void this.#ask('UpdateAccessKey', signer, {
          UserName: userName,
          AccessKeyId: accessKeyId,
          Status: active ? 'Active' : 'Inactive',
        }),
      deleteAccessKey: async (signer, { userName, accessKeyId }) =>
        void this.#ask('DeleteAccessKey', signer, { UserName: userName, AccessKeyId: accessKeyId }),
      getRole: async (signer, RoleName) => {
        this.#ask('GetRole', signer, { RoleName })
        throw new Error('the quick AWS knows no roles of IAM')
      },
      createVirtualDevice: async (signer, VirtualMFADeviceName) => {
        const { VirtualMFADevice: made } = this.#ask('CreateVirtualMFADevice', signer, { VirtualMFADeviceName })
        const { SerialNumber, Base32StringSeed } = made as { SerialNumber: string; Base32StringSeed: string }
        return { serialNumber: SerialNumber, seed: Seed.parse(Buffer.from(Base32StringSeed, 'base64').toString()) }
      },
      enableDevice: async (signer, { userName, serialNumber }, codes) => {
        send(serialNumber, codes)
        this.#ask('EnableMFADevice', signer, pair(userName, serialNumber, codes))
      },
      resync: async (signer, { userName, serialNumber }, codes) => {
        send(serialNumber, codes)
        this.#ask('ResyncMFADevice', signer, pair(userName, serialNumber, codes))
      },
      deactivateDevice: async (signer, { userName, serialNumber }) =>
        void this.#ask('DeactivateMFADevice', signer, { UserName: userName, SerialNumber: serialNumber }),
      deleteVirtualDevice: async (signer, SerialNumber) =>
        void this.#ask('DeleteVirtualMFADevice', signer, { SerialNumber }),
    }
  }

  #verify(serialNumber: string, code: string, asked: Omit<Parameters<typeof stsRefusal>[1], 'clockOffsetMs'>): void {
    const verdict = this.devices.deviceOf(this.arn, serialNumber)?.verify(code, this.now().getTime())
    if (verdict?.accepted) return
    const what = verdict?.because === 'code' ? 'with invalid MFA one time pass code. ' : 'unable to validate MFA code. '
    const error = { code: 'AccessDenied', message: `MultiFactorAuthentication failed, ${what}`, httpStatus: 403 }
    throw stsRefusal(error, { ...asked, clockOffsetMs: this.#world.offsetMs })
  }

  #assumeRole(request: RoleRequest): SessionAnswer {
    const { credentials, region, mfa, durationSeconds, role } = request
    const asked = {
      action: 'AssumeRole',
      serialNumber: mfa?.serialNumber ?? '',
      region,
      accessKeyId: accessKeyIdOf(credentials),
      role: roleFacts(role, durationSeconds, mfa !== undefined),
    } as const
    if (mfa !== undefined) this.#verify(mfa.serialNumber, mfa.code, asked)
    const isSession = credentials instanceof Session
    const params = {
      RoleArn: role.arn,
      RoleSessionName: role.sessionName,
      DurationSeconds: String(durationSeconds),
      ...(role.externalId === undefined ? {} : { ExternalId: role.externalId }),
    }
    try {
      assumeRole(this.roles, { arn: this.arn, isSession, mfa: isSession || mfa !== undefined }, params)
    } catch (error) {
      if (!(error instanceof AwsRefusal)) throw error
      const { code, message, status: httpStatus } = error
      throw stsRefusal({ code, message, httpStatus }, { ...asked, clockOffsetMs: this.#world.offsetMs })
    }
    const session = this.#session(credentials, durationSeconds)
    this.taken.push({ request, session })
    return { session, clockOffsetMs: this.#world.offsetMs }
  }

  now(): Date {
    return new Date(this.#world.nowMs + this.#world.offsetMs)
  }

  /** The code that a device shows now, or shows `stepsAhead` steps later. */
  code(serialNumber: string, stepsAhead = 0): string {
    const seed = this.#seedOf(serialNumber)
    return seed === undefined ? '000000' : totp(seed, stepAt(this.now()) + stepsAhead)
  }

  #seedOf(serialNumber: string): Seed | undefined {
    const kept = this.devices.devices.find((device) => device.serialNumber === serialNumber)
    return kept && Seed.parse(kept.seed)
  }

  #stepOf(serialNumber: string, code: string): number | undefined {
    const seed = this.#seedOf(serialNumber)
    const now = stepAt(this.now())
    const near = [0, 1, -1, 2, -2, 3, -3].map((offset) => now + offset)
    return seed && near.find((step) => totp(seed, step) === code)
  }

  /** AWS was not seen to say whether a session outlives its key; here it does not, which is the harder of the two. */
  #expectAccepted(credentials: AwsCredentials): void {
    const id = accessKeyIdOf(credentials)
    const key = this.#keyOfSession.get(id) ?? id
    const known = this.devices.useKey(key)
    const isRight = !(credentials instanceof LongTermKeys) || known?.secretAccessKey === credentials.revealSecret()
    if (known !== undefined && isRight) return
    const error = { code: 'InvalidClientTokenId', message: 'The security token is invalid', httpStatus: 403 }
    throw stsRefusal(error, { serialNumber: '', region: 'eu-west-1', accessKeyId: id, clockOffsetMs: 0 })
  }

  #session(by: AwsCredentials, durationSeconds: number): Session {
    const end = new Date(Math.floor(this.now().getTime() / 1000 + durationSeconds) * 1000)
    const count = String(this.given.length).padStart(4, '0')
    const session = new Session(`ASIAIOSFODNN7EXA${count}`, `secret/${count}+`, `IQoToken/${count}+==`, end)
    this.given.push(session)
    const id = accessKeyIdOf(by)
    this.#keyOfSession.set(accessKeyIdOf(session), this.#keyOfSession.get(id) ?? id)
    return session
  }

  #ask(action: string, { credentials, region }: Signer, params: Record<string, string>) {
    const by = credentials instanceof LongTermKeys ? 'keys' : 'mfa-session'
    const id = accessKeyIdOf(credentials)
    try {
      if (this.devices.useKey(this.#keyOfSession.get(id) ?? id) === undefined) {
        throw new AwsRefusal(403, 'InvalidClientTokenId', 'The security token included in the request is invalid')
      }
      return this.devices.answer(action, { arn: this.arn, by }, { Version: '2010-05-08', ...params })
    } catch (error) {
      if (!(error instanceof AwsRefusal)) throw error
      const accessKeyId = accessKeyIdOf(credentials)
      const asked = { action, subject: Object.values(params).join(), region, accessKeyId, clockOffsetMs: 0 }
      throw iamRefusal({ code: error.code, message: error.message, httpStatus: error.status }, asked)
    }
  }
}

function pair(
  UserName: string,
  SerialNumber: string,
  [AuthenticationCode1, AuthenticationCode2]: readonly [string, string],
) {
  return { UserName, SerialNumber, AuthenticationCode1, AuthenticationCode2 }
}
