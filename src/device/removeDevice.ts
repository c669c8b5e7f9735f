import type { AwsCredentials, LongTermKeys } from '../core/session.js'
import { Failure, IamFailure } from '../errors.js'
import type { OwnedDevice, Signer } from '../outside/aws.js'
import type { Enrolment } from '../session/enrolment.js'
import { passGate } from '../session/gate.js'
import { identify } from '../session/identify.js'
import { isUnknownDevice } from '../session/obtain.js'
import type { AwsProfiles } from '../session/profiles.js'
import type { Run } from '../session/run.js'
import { passingSession } from '../session/sessionFor.js'
import { openKeys } from '../session/sourceKeys.js'
import type { World } from '../world.js'
import { Authority, isForbidden } from './authority.js'

interface DeleteDeviceOptions {
  /** what `--region` says */
  readonly region?: string | undefined
}

/**
 * Deletes the device that awsmfa has made for an enrolment. To be called while its seed is still there: the session that
 * AWS wants for it may have to be made with it.
 *
 * @throws Failure `usage` for a device that awsmfa did not make, or that another profile needs; IamFailure. Then the
 * enrolment works as before, or the next call goes on where this one stopped
 */
export async function deleteDevice(
  run: Run,
  profiles: AwsProfiles,
  enrolment: Enrolment,
  { region: regionFlag }: DeleteDeviceOptions,
): Promise<void> {
  const { world, clock } = run
  const { mfaProfile, sourceProfile, serialNumber } = enrolment
  if (!profiles.isCreated(serialNumber)) {
    throw new Failure('usage', `awsmfa did not make ${serialNumber}, so it does not delete it`, [
      'leave --delete-device out; a device can be removed in the IAM console, under Security credentials',
    ])
  }
  const others = profiles.enrolledWith(serialNumber).filter((name) => name !== mfaProfile)
  if (others.length > 0) {
    throw new Failure('usage', `${serialNumber} is the device of profile ${others.join(', ')} too`, [
      'run awsmfa unenroll for these profiles first',
    ])
  }
  const keys = await openKeys(world, passGate(profiles, enrolment))
  const identified = await identify(run, profiles, { sourceProfile, keys, regionFlag, serialNumber })
  const authority = new Authority(clock, identified, credentials(run, enrolment, keys, regionFlag))
  const device = { userName: identified.user.userName, serialNumber }
  try {
    await authority.attempt((signer) => removeDevice(world, signer, device))
  } catch (error) {
    if (isForbidden(error)) tellAdministrator(world, device)
    throw error
  }
  world.terminal.say(`the MFA device ${serialNumber} is deleted`)
}

async function* credentials(
  run: Run,
  enrolment: Enrolment,
  keys: LongTermKeys,
  regionFlag: string | undefined,
): AsyncGenerator<AwsCredentials> {
  const stored = run.ownSession(enrolment)
  if (stored !== undefined) yield stored
  try {
    yield await passingSession(run, enrolment, undefined, regionFlag)
  } catch (error) {
    // A seed that is gone already, when an earlier run was cut short, is no reason to stop: AWS says what it wants.
    if (!(isUnknownDevice(error) || (error instanceof Failure && error.kind === 'act'))) throw error
  }
  // A device that nobody has any more gives no codes, and its deletion needs none.
  yield keys
}

/**
 * Takes a virtual device from its user and deletes it, however far that has come before.
 *
 * @throws IamFailure; what was done by then stays done, and the next call goes on from there
 */
export async function removeDevice(world: World, signer: Signer, device: OwnedDevice): Promise<void> {
  const remove = () => unlessAbsent(world.iam.deleteVirtualDevice(signer, device.serialNumber))
  try {
    await remove()
  } catch (error) {
    if (!(error instanceof IamFailure) || error.reason !== 'in-use') throw error
    await unlessAbsent(world.iam.deactivateDevice(signer, device))
    await remove()
  }
}

/** Tells the commands that do the same, where the user may not. */
export function tellAdministrator(world: World, { userName, serialNumber }: OwnedDevice): void {
  world.terminal.warn(`AWS does not allow ${userName} to remove ${serialNumber}; an administrator can, with`)
  world.terminal.warn(`  aws iam deactivate-mfa-device --user-name ${userName} --serial-number ${serialNumber}`)
  world.terminal.warn(`  aws iam delete-virtual-mfa-device --serial-number ${serialNumber}`)
}

async function unlessAbsent(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof IamFailure) || error.reason !== 'absent') throw error
  }
}
