import { stepAt } from '../../src/core/code.js'
import { iamRefusal, stsRefusal } from '../../src/core/refusals.js'
import { roleFacts } from '../../src/core/roleRefusals.js'
import { Seed } from '../../src/core/seed.js'
import { accessKeyIdOf, LongTermKeys, Session } from '../../src/core/session.js'
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

  /** @param onSent - called before a code is looked at */
  constructor(world: FakeWorld, onSent: (code: SentCode) => void) {
    this.#world = world
    this.devices = new StrictIam({ now: () => this.now().getTime(), propagationMs: 12_000 })
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
        this.#verify(serialNumber, code, { serialNumber, region, accessKeyId: keys.accessKeyId })
        return { session: this.#session(durationSeconds), clockOffsetMs: world.offsetMs }
      },
      assumeRole: async (request) => {
        if (request.mfa !== undefined) send(request.mfa.serialNumber, [request.mfa.code])
        return this.#assumeRole(request)
      },
      getCallerIdentity: async () => ({ arn: this.arn, account: '123456789012', clockOffsetMs: world.offsetMs }),
    }
    this.iam = {
      listDevices: async (signer, UserName) => {
        const { MFADevices } = this.#ask('ListMFADevices', signer, { UserName })
        return (MFADevices as { SerialNumber: string }[]).map(({ SerialNumber }) => SerialNumber)
      },
      getRole: async (signer, RoleName) => {
        this.#ask('GetRole', signer, { RoleName })
        throw new Error('the quick AWS knows no roles of IAM')
      },
      listAccessKeys: async (signer, UserName) => void this.#ask('ListAccessKeys', signer, { UserName }),
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
    const session = this.#session(durationSeconds)
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

  #session(durationSeconds: number): Session {
    const end = new Date(Math.floor(this.now().getTime() / 1000 + durationSeconds) * 1000)
    const count = String(this.given.length).padStart(4, '0')
    const session = new Session(`ASIAIOSFODNN7EXA${count}`, `secret/${count}+`, `IQoToken/${count}+==`, end)
    this.given.push(session)
    return session
  }

  #ask(action: string, { credentials, region }: Signer, params: Record<string, string>) {
    const by = credentials instanceof LongTermKeys ? 'keys' : 'mfa-session'
    try {
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
