import { type Enrolment, isCreatedDevice } from '../core/enrolment.js'
import type { AwsCredentials, LongTermKeys, Session } from '../core/session.js'
import { Failure, StsFailure } from '../errors.js'
import { AwsClock } from '../session/awsClock.js'
import type { AwsProfiles } from '../session/awsProfiles.js'
import { openCodeSource } from '../session/codeSource.js'
import { getSession } from '../session/session.js'
import { storedSession } from '../session/storedSession.js'
import type { World } from '../world.js'
import { Authority, isForbidden } from './authority.js'
import { identify } from './identify.js'
import { removeDevice, tellAdministrator } from './removeDevice.js'

interface DeleteDeviceOptions {
  /** what `--region` says */
  readonly region?: string | undefined
}

/**
 * Deletes the device that awsmfa has made for an enrolment. To be called while its seed is still there: the session that
 * AWS wants for it may have to be made with it. The caller holds the lock.
 *
 * @throws Failure `usage` for a device that awsmfa did not make, or that another profile needs; IamFailure. Then the
 * enrolment works as before, or the next call goes on where this one stopped
 */
export async function deleteDevice(
  world: World,
  profiles: AwsProfiles,
  enrolment: Enrolment,
  { region: regionFlag }: DeleteDeviceOptions,
): Promise<void> {
  const { mfaProfile, sourceProfile, serialNumber } = enrolment
  if (!isCreatedDevice(profiles.keys('config', mfaProfile))) {
    throw new Failure('usage', `awsmfa did not make ${serialNumber}, so it does not delete it`, [
      'leave --delete-device out; a device can be removed in the IAM console, under Security credentials',
    ])
  }
  const others = profiles
    .enrolled()
    .filter((name) => name !== mfaProfile && profiles.keys('config', name)?.mfa_serial === serialNumber)
  if (others.length > 0) {
    throw new Failure('usage', `${serialNumber} is the device of profile ${others.join(', ')} too`, [
      'run awsmfa unenroll for these profiles first',
    ])
  }
  const keys = profiles.keysFor(enrolment)
  const clock = await AwsClock.read(world)
  const { user, region } = await identify(world, clock, profiles, { sourceProfile, keys, regionFlag, serialNumber })
  const authority = new Authority(clock, region, credentials(world, clock, profiles, enrolment, keys, regionFlag))
  const device = { userName: user.userName, serialNumber }
  try {
    await authority.attempt((signer) => removeDevice(world, signer, device))
  } catch (error) {
    if (isForbidden(error)) tellAdministrator(world, device)
    throw error
  }
  world.terminal.say(`the MFA device ${serialNumber} is deleted`)
}

async function* credentials(
  world: World,
  clock: AwsClock,
  profiles: AwsProfiles,
  enrolment: Enrolment,
  keys: LongTermKeys,
  regionFlag: string | undefined,
): AsyncGenerator<AwsCredentials> {
  const stored = storedSession(profiles, enrolment.mfaProfile, clock.now())
  if (stored !== undefined) yield stored
  const fresh = await freshSession(world, clock, profiles, enrolment, regionFlag)
  if (fresh !== undefined) yield fresh
  // A device that nobody has any more gives no codes, and its deletion needs none.
  yield keys
}

async function freshSession(
  world: World,
  clock: AwsClock,
  profiles: AwsProfiles,
  enrolment: Enrolment,
  regionFlag: string | undefined,
): Promise<Session | undefined> {
  try {
    const source = await openCodeSource(world, enrolment)
    return await getSession(world, clock, profiles, { ...enrolment, durationSeconds: 900 }, source, regionFlag)
  } catch (error) {
    if (error instanceof StsFailure && error.reason === 'device-refused') return undefined
    throw error
  }
}
