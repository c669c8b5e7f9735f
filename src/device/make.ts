import { stepAt } from '../core/code.js'
import { deviceName, virtualSerialNumber } from '../core/iam.js'
import type { Seed } from '../core/seed.js'
import type { LongTermKeys, Session } from '../core/session.js'
import { IamFailure } from '../errors.js'
import type { Settings } from '../session/choose.js'
import type { SeedSource, SeedSourceFlags } from '../session/codes/codeSource.js'
import type { NewIdentity } from '../session/codes/newIdentity.js'
import { seedStore } from '../session/codes/table.js'
import type { Identified } from '../session/identify.js'
import type { AwsProfiles } from '../session/profiles.js'
import type { Run } from '../session/run.js'
import { takePair } from '../session/takeCode.js'
import type { Authority } from './authority.js'
import { type Creation, forgetCreation, type MadeDevice, rollBack, writeCreation } from './creation.js'

export interface CreateDeviceOptions extends Settings, SeedSourceFlags {
  readonly mfaProfile?: string | undefined
  readonly region?: string | undefined
  readonly deviceName?: string | undefined
  /** of a device that the user has already; `serialNumber` says of which */
  readonly code?: string | undefined
  /** draw the new device's QR code on the terminal in the end */
  readonly showQr: boolean
  /** a profile that has a device of its own already is left as it is */
  readonly ifNeeded?: boolean | undefined
}

/** What does not change while a device is made. */
export interface Making extends Identified {
  readonly run: Run
  readonly profiles: AwsProfiles
  readonly options: CreateDeviceOptions
  readonly mfaProfile: string
  readonly sourceProfile: string
  readonly keys: LongTermKeys
  /** where the seed of a device that this run makes goes */
  readonly codes: SeedSource
}

/** Makes a device, puts its seed in the store, and enables it. */
export async function makeDevice(making: Making, authority: Authority, identity: NewIdentity): Promise<MadeDevice> {
  const { run, user } = making
  const { world } = run
  const { creation, seed } = await create(making, authority, identity)
  let reached = creation
  try {
    reached = { ...creation, phase: 'created' }
    await writeCreation(world, reached)
    // Nobody can read it again at AWS, so it is safe before anything depends on it.
    await seedStore(world, creation).set(seed)
    await writeCreation(world, { ...creation, phase: 'enabling' })
    reached = { ...creation, phase: 'enabling' }
    await enable(making, authority, creation.serialNumber, seed)
  } catch (error) {
    const surelyNot = reached.phase !== 'enabling' || !(error instanceof IamFailure && error.mayHaveWorked)
    await undo(making, authority, surelyNot ? { ...reached, phase: 'created' } : reached)
    throw error
  }
  world.terminal.say(`the MFA device ${creation.serialNumber} is made and enabled for ${user.userName}`)
  return { creation: reached, seed, enabled: true, justEnabled: true }
}

const mostNames = 9

async function create(
  making: Making,
  authority: Authority,
  identity: NewIdentity,
): Promise<{ creation: Creation; seed: Seed }> {
  const { run, user, sourceProfile, profiles, options, codes } = making
  const { world } = run
  const { newIdentity } = options
  const made = newIdentity === undefined ? {} : { newIdentity: world.seedFile.absolute(newIdentity) }
  for (let count = 1; ; count += 1) {
    const name = options.deviceName ?? deviceName(user.userName, world.hostName, count)
    const serialNumber = virtualSerialNumber(user.partition, user.account, name)
    const lastName = options.deviceName !== undefined || count === mostNames
    if (profiles.enrolledWith(serialNumber).length > 0 && !lastName) continue
    const placed = codes.kind === 'file' ? { ...codes, path: world.seedFile.defaultPath(serialNumber) } : codes
    const facts = { serialNumber, userArn: user.arn, sourceProfile, codes: placed }
    const creation: Creation = { ...facts, phase: 'creating', ...made }
    await writeCreation(world, creation)
    // From now on it is the creation's: a seed file that stays where this run fails needs it.
    identity.keep()
    try {
      const device = await authority.attempt((signer) => world.iam.createVirtualDevice(signer, name))
      return { creation: { ...creation, serialNumber: device.serialNumber }, seed: device.seed }
    } catch (error) {
      if (error instanceof IamFailure && error.reason === 'taken' && !lastName) {
        await writeCreation(world, undefined)
        continue
      }
      if (error instanceof IamFailure && error.mayHaveWorked) await undo(making, authority, creation)
      else await forgetCreation(world, creation)
      throw error
    }
  }
}

/** With the codes of this moment at AWS's clock, which AWS keeps as the device's own. */
async function enable({ run, user }: Making, authority: Authority, serialNumber: string, seed: Seed): Promise<void> {
  const { codePair } = await import('../core/totp.js')
  await authority.attempt(async (signer) => {
    const { step } = await takePair(run, serialNumber, (_, __, now) => ({ step: stepAt(now), waitMs: 0 }))
    await run.world.iam.enableDevice(signer, { userName: user.userName, serialNumber }, codePair(seed, step))
  })
}

/** Removes what was made, with the best credentials that there are; nobody is asked for more. */
export async function undo(
  { run, user, keys }: Making,
  authority: Authority,
  creation: Creation,
  session: Session | undefined = authority.session,
): Promise<void> {
  await rollBack(run.world, creation, user.userName, authority.signerFor(session ?? keys))
}
