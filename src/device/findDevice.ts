import { type IamUser, parseSerialNumber } from '../core/iam.js'
import { Failure } from '../errors.js'
import type { Signer } from '../outside/aws.js'
import { askFor } from '../session/askCode.js'
import { passGate } from '../session/gate.js'
import { identify } from '../session/identify.js'
import type { AwsProfiles } from '../session/profiles.js'
import type { Run } from '../session/run.js'
import { openKeys } from '../session/sourceKeys.js'
import type { World } from '../world.js'
import { isForbidden } from './authority.js'

export interface FindDeviceOptions {
  readonly mfaProfile: string
  readonly sourceProfile: string
  readonly region?: string | undefined
}

/**
 * The device of the user whose keys the source profile holds: IAM lists them, and a person chooses where there are several.
 * Where IAM does not tell, the person is asked.
 *
 * @throws Failure
 */
export async function findDevice(
  run: Run,
  profiles: AwsProfiles,
  { mfaProfile, sourceProfile, region: regionFlag }: FindDeviceOptions,
): Promise<string> {
  const { world, clock } = run
  const keys = await openKeys(world, passGate(profiles, { mfaProfile, sourceProfile }))
  const { user, region, settings } = await identify(run, profiles, { sourceProfile, keys, regionFlag })
  const devices = await ownDevices(world, { credentials: keys, region, settings, clockOffsetMs: clock.offsetMs }, user)
  if (devices === undefined) return await askSerialNumber(world)
  if (devices.length === 0) {
    throw new Failure('act', `${user.userName} has no MFA device`, 'awsmfa enroll --create makes one for this machine')
  }
  const found = await chooseDevice(world, devices, 'to enrol')
  world.terminal.say(`the MFA device is ${found}`)
  return found
}

async function askSerialNumber(world: World): Promise<string> {
  if (!world.terminal.interactive) {
    throw new Failure('usage', '--serial-number is required: no profile names an MFA device', [
      'give the ARN of the device, arn:aws:iam::123456789012:mfa/NAME',
    ])
  }
  const ask = () => world.terminal.ask('serial number (ARN) of the MFA device:')
  return await askFor(world, ask, (answer) => parseSerialNumber(answer.trim(), 'the answer'))
}

/**
 * The user's devices whose codes can be used, as IAM lists them.
 *
 * @returns none when the user has no device; `undefined`, after telling so, when AWS does not allow the user to list them
 * @throws Failure `act` when the user has passkeys only; IamFailure
 */
export async function ownDevices(world: World, signer: Signer, user: IamUser): Promise<readonly string[] | undefined> {
  let listed: readonly string[]
  try {
    listed = await world.iam.listDevices(signer, user.userName)
  } catch (error) {
    if (!isForbidden(error)) throw error
    world.terminal.say(`AWS does not allow ${user.userName} to list their MFA devices (iam:ListMFADevices)`)
    return undefined
  }
  const usable = usableDevices(listed)
  if (usable.length > 0 || listed.length === 0) return usable
  throw new Failure(
    'act',
    `${user.userName} has passkeys or security keys only, which AWS accepts in the console only`,
    [
      'sign in to the IAM console, add an authenticator app under Security credentials, and give its secret key to awsmfa enroll',
    ],
  )
}

/**
 * One of several devices: on a terminal by its number.
 *
 * @param wanted - such as `to enrol`
 * @throws Failure `usage` that names them when nobody can be asked
 */
export async function chooseDevice(world: World, serialNumbers: readonly string[], wanted: string): Promise<string> {
  const [only, another] = serialNumbers
  if (only !== undefined && another === undefined) return only
  if (!world.terminal.interactive) {
    throw new Failure('usage', `there are several MFA devices: ${serialNumbers.join(', ')}`, [
      'name one with --serial-number',
    ])
  }
  serialNumbers.forEach((serialNumber, index) => {
    world.terminal.say(`${index + 1}  ${serialNumber}`)
  })
  const ask = () => world.terminal.ask(`number of the device ${wanted}:`)
  return await askFor(world, ask, (answer) => {
    const chosen = /^[0-9]{1,2}$/.test(answer.trim()) ? serialNumbers[Number(answer) - 1] : undefined
    if (chosen !== undefined) return chosen
    throw new Failure('usage', `the answer is not a number from 1 to ${serialNumbers.length}`, 'nothing was changed')
  })
}

/**
 * The devices whose codes GetSessionToken takes: virtual ones, and hardware tokens, whose serial number is no ARN. The
 * others are passkeys and security keys (`:u2f/`), which AWS accepts in the console only, and SMS, which it has retired.
 */
export function usableDevices(serialNumbers: readonly string[]): readonly string[] {
  return serialNumbers.filter((each) => !each.startsWith('arn:') || /^arn:[^:]+:iam::[0-9]+:mfa\//.test(each))
}
