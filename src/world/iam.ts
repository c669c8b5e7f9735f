import { setTimeout } from 'node:timers/promises'
import type { GetRoleResponse, IAMClient, ListAccessKeysCommandOutput } from '@aws-sdk/client-iam'
import { keyEnd } from '../core/keyPair.js'
import { iamRefusal } from '../core/refusals.js'
import { wantsMfa } from '../core/role.js'
import { Seed } from '../core/seed.js'
import { accessKeyIdOf, LongTermKeys } from '../core/session.js'
import { IamFailure, StsFailure } from '../errors.js'
import type { Iam, OwnedDevice, Signer } from '../outside/aws.js'
import { type AwsAnswer, type AwsClientOptions, callAws, notFromAws } from './awsClient.js'

type Sdk = typeof import('@aws-sdk/client-iam')
type Send<Output> = (client: IAMClient, sdk: Sdk, abort: { abortSignal: AbortSignal }) => Promise<Output>

export interface IamOptions extends AwsClientOptions {
  /** before the first repetition, in milliseconds; twice that before the next */
  readonly pauseMs?: number
}

const mostAttempts = 3

interface Call {
  readonly signer: Signer
  readonly action: string
  /** what the action is about, for messages */
  readonly subject: string
  /** whether a second call does no harm when the first one has worked */
  readonly repeatable: boolean
  /** at most */
  readonly attempts?: number
}

async function call<Output>(options: IamOptions, asked: Call, send: Send<Output>): Promise<AwsAnswer<Output>> {
  const { signer, action, subject, repeatable, attempts = mostAttempts } = asked
  let pauseMs = options.pauseMs ?? 1_000
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await callAws(options, signer, {
        service: 'IAM',
        async send(config, abort) {
          const sdk = await import('@aws-sdk/client-iam')
          return await send(new sdk.IAMClient(config), sdk, abort)
        },
        refuse: (error, clockOffsetMs) =>
          iamRefusal(error, { action, subject, accessKeyId: accessKeyIdOf(signer.credentials), clockOffsetMs }),
      })
    } catch (error) {
      const failure = asIamFailure(error)
      if (!(failure instanceof IamFailure) || failure.kind !== 'retry' || attempt >= attempts) throw failure
      if (failure.mayHaveWorked && !repeatable) throw failure
      await setTimeout(pauseMs)
      pauseMs *= 2
    }
  }
}

/** AWS IAM. It is one for a whole partition: the SDK finds its host and signing region by any region of that partition. */
export function makeIam(options: IamOptions): Iam {
  return { ...reading(options), ...changingKeys(options), ...changingDevices(options) }
}

type Reading = Pick<Iam, 'listDevices' | 'listAccessKeys' | 'lastUseOf' | 'getRole'>
type ChangingKeys = Pick<Iam, 'createAccessKey' | 'setKeyActive' | 'deleteAccessKey'>

function reading(options: IamOptions): Reading {
  return {
    async listDevices(signer, userName) {
      const asked = { signer, action: 'ListMFADevices', subject: userName, repeatable: true }
      const { output, host } = await call(options, asked, (client, sdk, abort) =>
        client.send(new sdk.ListMFADevicesCommand({ UserName: userName }), abort),
      )
      // An empty list is an element without members; no such element at all is somebody else's page.
      if (output.MFADevices === undefined) throw asIamFailure(notFromAws('it holds no list of MFA devices', host))
      return output.MFADevices.flatMap(({ SerialNumber }) => SerialNumber ?? [])
    },

    async listAccessKeys(signer, userName) {
      const asked = { signer, action: 'ListAccessKeys', subject: userName, repeatable: true, attempts: 1 }
      const { output, host } = await call<ListAccessKeysCommandOutput>(options, asked, (client, sdk, abort) =>
        client.send(new sdk.ListAccessKeysCommand({ UserName: userName }), abort),
      )
      if (output.AccessKeyMetadata === undefined) throw asIamFailure(notFromAws('it holds no list of keys', host))
      return output.AccessKeyMetadata.flatMap(({ AccessKeyId: accessKeyId, Status, CreateDate: createdAt }) =>
        accessKeyId === undefined ? [] : [{ accessKeyId, active: Status === 'Active', createdAt }],
      )
    },

    async lastUseOf(signer, accessKeyId) {
      const asked = { signer, action: 'GetAccessKeyLastUsed', subject: keyEnd(accessKeyId), repeatable: true }
      const { output } = await call(options, asked, (client, sdk, abort) =>
        client.send(new sdk.GetAccessKeyLastUsedCommand({ AccessKeyId: accessKeyId }), abort),
      )
      return output.AccessKeyLastUsed?.LastUsedDate
    },

    async getRole(signer, roleName) {
      const asked = { signer, action: 'GetRole', subject: roleName, repeatable: true, attempts: 1 }
      const { output, host } = await call<GetRoleResponse>(options, asked, (client, sdk, abort) =>
        client.send(new sdk.GetRoleCommand({ RoleName: roleName }), abort),
      )
      const { MaxSessionDuration: maxSeconds, AssumeRolePolicyDocument: trust } = output.Role ?? {}
      if (maxSeconds === undefined) throw asIamFailure(notFromAws('it holds no role', host))
      return { maxSeconds, wantsMfa: wantsMfa(trust ?? '') }
    },
  }
}

function changingKeys(options: IamOptions): ChangingKeys {
  return {
    async createAccessKey(signer, userName) {
      const asked = { signer, action: 'CreateAccessKey', subject: userName, repeatable: false }
      const { output, host } = await call(options, asked, (client, sdk, abort) =>
        client.send(new sdk.CreateAccessKeyCommand({ UserName: userName }), abort),
      )
      const { AccessKeyId: id = '', SecretAccessKey: secret = '' } = output.AccessKey ?? {}
      if (/^\w{16,128}$/.test(id) && /^[!-~]+$/.test(secret)) return new LongTermKeys(id, secret)
      throw asIamFailure(notFromAws('it holds no key', host))
    },

    async setKeyActive(signer, { userName, accessKeyId }, active) {
      const input = { UserName: userName, AccessKeyId: accessKeyId, Status: active ? 'Active' : 'Inactive' } as const
      const asked = { signer, action: 'UpdateAccessKey', subject: keyEnd(accessKeyId), repeatable: true }
      await call(options, asked, (client, sdk, abort) => client.send(new sdk.UpdateAccessKeyCommand(input), abort))
    },

    async deleteAccessKey(signer, { userName, accessKeyId }) {
      const input = { UserName: userName, AccessKeyId: accessKeyId }
      const asked = { signer, action: 'DeleteAccessKey', subject: keyEnd(accessKeyId), repeatable: true }
      await call(options, asked, (client, sdk, abort) => client.send(new sdk.DeleteAccessKeyCommand(input), abort))
    },
  }
}

function changingDevices(options: IamOptions): Omit<Iam, keyof (Reading & ChangingKeys)> {
  return {
    async createVirtualDevice(signer, name) {
      const asked = { signer, action: 'CreateVirtualMFADevice', subject: name, repeatable: false }
      const { output, host } = await call(options, asked, (client, sdk, abort) =>
        client.send(new sdk.CreateVirtualMFADeviceCommand({ VirtualMFADeviceName: name }), abort),
      )
      const { SerialNumber: serialNumber, Base32StringSeed: base32 } = output.VirtualMFADevice ?? {}
      if (serialNumber === undefined || base32 === undefined) {
        throw asIamFailure(notFromAws('it holds no MFA device', host))
      }
      return { serialNumber, seed: Seed.parse(Buffer.from(base32).toString('latin1')) }
    },

    async enableDevice(signer, device, codes) {
      const asked = { signer, action: 'EnableMFADevice', subject: device.serialNumber, repeatable: false }
      await call(options, asked, (client, sdk, abort) =>
        client.send(new sdk.EnableMFADeviceCommand(withCodes(device, codes)), abort),
      )
    },

    async resync(signer, device, codes) {
      const asked = { signer, action: 'ResyncMFADevice', subject: device.serialNumber, repeatable: false }
      await call(options, asked, (client, sdk, abort) =>
        client.send(new sdk.ResyncMFADeviceCommand(withCodes(device, codes)), abort),
      )
    },

    async deactivateDevice(signer, { userName, serialNumber }) {
      const input = { UserName: userName, SerialNumber: serialNumber }
      const asked = { signer, action: 'DeactivateMFADevice', subject: serialNumber, repeatable: true }
      await call(options, asked, (client, sdk, abort) => client.send(new sdk.DeactivateMFADeviceCommand(input), abort))
    },

    async deleteVirtualDevice(signer, serialNumber) {
      const asked = { signer, action: 'DeleteVirtualMFADevice', subject: serialNumber, repeatable: true }
      await call(options, asked, (client, sdk, abort) =>
        client.send(new sdk.DeleteVirtualMFADeviceCommand({ SerialNumber: serialNumber }), abort),
      )
    },
  }
}

/** A device and the codes of two consecutive time steps, as IAM wants to be told of them. */
function withCodes({ userName, serialNumber }: OwnedDevice, [first, second]: readonly [string, string]) {
  return {
    UserName: userName,
    SerialNumber: serialNumber,
    AuthenticationCode1: first,
    AuthenticationCode2: second,
  }
}

/** What went wrong on the way is worded for all services alike, as a StsFailure. */
function asIamFailure(error: unknown): unknown {
  if (!(error instanceof StsFailure)) return error
  const facts = { reason: 'unreachable', mayHaveWorked: error.codeMayBeSpent } as const
  return new IamFailure(error.kind, error.message, error.hints, facts, error.cause)
}
