import { parseSerialNumber } from '../core/serialNumber.js'
import { Failure } from '../errors.js'
import { AwsClock } from '../session/awsClock.js'
import type { AwsProfiles } from '../session/awsProfiles.js'
import type { World } from '../world.js'
import { identify } from './identify.js'
import { chooseDevice, ownDevices } from './ownDevices.js'

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
  world: World,
  profiles: AwsProfiles,
  { mfaProfile, sourceProfile, region: regionFlag }: FindDeviceOptions,
): Promise<string> {
  const keys = profiles.keysFor({ mfaProfile, sourceProfile })
  const clock = await AwsClock.read(world)
  const { user, region } = await identify(world, clock, profiles, { sourceProfile, keys, regionFlag })
  const devices = await ownDevices(world, { credentials: keys, region, clockOffsetMs: clock.offsetMs }, user)
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
  return parseSerialNumber(await world.terminal.ask('serial number (ARN) of the MFA device:'), 'the answer')
}
