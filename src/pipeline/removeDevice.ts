import { IamFailure } from '../errors.js'
import type { OwnedDevice, Signer, World } from '../world.js'

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

/** The commands that do the same, for an administrator. */
export function removalCommands({ userName, serialNumber }: OwnedDevice): string {
  return [
    `aws iam deactivate-mfa-device --user-name ${userName} --serial-number ${serialNumber}`,
    `aws iam delete-virtual-mfa-device --serial-number ${serialNumber}`,
  ].join('; ')
}

async function unlessAbsent(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof IamFailure) || error.reason !== 'absent') throw error
  }
}
