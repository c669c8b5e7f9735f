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
