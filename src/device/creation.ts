import type { Seed, SeedKey } from '../core/seed.js'
import { IamFailure } from '../errors.js'
import type { Signer } from '../outside/aws.js'
import type { SeedSource } from '../session/codes/codeSource.js'
import { seedStore } from '../session/codes/table.js'
import { AwsProfiles } from '../session/profiles.js'
import type { World } from '../world.js'
import { type Authority, isForbidden } from './authority.js'
import { removeDevice, tellAdministrator } from './removeDevice.js'

/**
 * A device that is being made and where its seed goes, written down before each step, so that a run that was cut short
 * leaves nothing that the next one does not find. It holds no secret.
 */
export interface Creation {
  readonly serialNumber: string
  /** whose it is to be, and the profile that holds the user's keys */
  readonly userArn: string
  readonly sourceProfile: string
  /**
   * What may have been done at most: `creating`, the device is at AWS; `created`, its seed is in its store; `enabling`, the
   * user has it
   */
  readonly phase: 'creating' | 'created' | 'enabling'
  /** the path of the identity that was made for its seed file, and goes when the device does not come to be */
  readonly newIdentity?: string
  /** where its seed goes */
  readonly codes: SeedSource
}

type Fields = Partial<Record<string, unknown>>

const phases: readonly unknown[] = ['creating', 'created', 'enabling']

/** @returns `undefined` when nothing is being made */
export function parseCreation(text: string | undefined): Creation | undefined {
  try {
    const value = JSON.parse(text || '{}') as Fields
    const { serialNumber, userArn, sourceProfile, phase, newIdentity } = value
    const codes = parseSeedSource(value)
    if (typeof serialNumber !== 'string' || typeof userArn !== 'string' || typeof sourceProfile !== 'string') return
    if (!phases.includes(phase) || codes === undefined) return
    const facts = { serialNumber, userArn, sourceProfile, phase: phase as Creation['phase'], codes }
    return typeof newIdentity === 'string' ? { ...facts, newIdentity } : facts
  } catch {
    return undefined
  }
}

/** Where no store is written down it is the keychain, which was the only one at first. */
function parseSeedSource({ codes, seedStore, seedKey }: Fields): SeedSource | undefined {
  const { kind, key, path } = (codes ?? { kind: seedStore ?? 'keychain', key: seedKey }) as Fields
  if (kind === 'keychain') return { kind }
  const parsed = kind === 'file' ? parseSeedKey(key as Fields) : undefined
  return parsed && { kind: 'file', key: parsed, ...(typeof path === 'string' ? { path } : {}) }
}

function parseSeedKey({ kind, path, command }: Fields): SeedKey | undefined {
  if (kind === 'passphrase-command') return typeof command === 'string' ? { kind, command } : undefined
  return (kind === 'identity' || kind === 'passphrase-file') && typeof path === 'string' ? { kind, path } : undefined
}

/** @param creation - `undefined` when it has come to an end */
export function formatCreation(creation: Creation | undefined): string {
  return `${JSON.stringify(creation ?? {})}\n`
}

/** The device that a run was making when it was cut short. */
export async function readCreation(world: World): Promise<Creation | undefined> {
  return parseCreation(await world.state.read('creation.json'))
}

/**
 * Writes down what is about to be done; to be called before it is.
 *
 * @param creation - `undefined` when all is done, or undone
 */
export async function writeCreation(world: World, creation: Creation | undefined): Promise<void> {
  await world.state.edit('creation.json', () => formatCreation(creation))
}

/** A device with its seed in its store, and what is known of it. */
export interface MadeDevice {
  readonly creation: Creation
  readonly seed: Seed
  /** whether AWS has said that the user has it; else that is only possible */
  readonly enabled: boolean
  /** by this run */
  readonly justEnabled: boolean
}

/**
 * Brings a device that an earlier run has begun to one of two ends: it is removed with its seed, or it was enabled and can
 * be used.
 *
 * AWS tells which by what it answers to the deletion of the device: one that is in use is not deleted.
 *
 * @param ownSigner - the user's long-term keys, which need no code
 * @returns the device when it can be used
 * @throws Failure when that cannot be found out now; nothing has changed then
 */
export async function settleCreation(
  world: World,
  creation: Creation,
  userName: string,
  ownSigner: Signer,
  authority: Authority,
): Promise<MadeDevice | undefined> {
  const { serialNumber, phase } = creation
  const seed = phase === 'enabling' ? await seedStore(world, creation).get() : undefined
  const usable = seed !== undefined
  const remove = async (signer: Signer) => await world.iam.deleteVirtualDevice(signer, serialNumber)
  try {
    if (usable) await remove(ownSigner)
    else await authority.attempt(remove)
  } catch (error) {
    if (!(error instanceof IamFailure)) throw error
    const inUse = error.reason === 'in-use'
    if (!inUse && !isForbidden(error) && error.reason !== 'absent') throw error
    if (usable && error.reason !== 'absent') return { creation, seed, enabled: inUse, justEnabled: false }
    if (error.reason !== 'absent') tellAdministrator(world, { userName, serialNumber })
  }
  await forget(world, creation)
  world.terminal.detail(`an earlier run was cut short while it made ${serialNumber}`)
  return undefined
}

/**
 * Undoes a creation that has failed. Never throws a Failure: the person is to hear why the creation failed.
 *
 * @param creation - how far it may have come; a phase that surely failed counts as not begun
 */
export async function rollBack(world: World, creation: Creation, userName: string, signer: Signer): Promise<void> {
  const device = { userName, serialNumber: creation.serialNumber }
  try {
    await removeDevice(world, signer, device)
  } catch (error) {
    if (!(error instanceof IamFailure)) throw error
    if (!isForbidden(error)) {
      world.terminal.warn(`${device.serialNumber} could not be removed again: ${error.message}`)
      world.terminal.warn('run the same command again: it goes on where this one stopped, or removes the device')
      return
    }
    tellAdministrator(world, device)
    // While it can make codes it is worth keeping: without it a user whose only device it is can change nothing any more.
    if (creation.phase === 'enabling') {
      world.terminal.warn('or run the same command again: it goes on where this one stopped')
      return
    }
  }
  await forgetCreation(world, creation)
}

/** The end of a creation of which nothing is left at AWS. Never throws, for the same reason. */
export async function forgetCreation(world: World, creation: Creation): Promise<void> {
  try {
    await forget(world, creation)
  } catch {
    const { name } = seedStore(world, creation)
    world.terminal.warn(`${name} may hold a seed for ${creation.serialNumber} still: run the same command again`)
  }
}

/** The seed first, then its key: while the creation is written down, the next run finds what is left. */
async function forget(world: World, creation: Creation): Promise<void> {
  // Before that, a seed of this name is not from this creation.
  if (creation.phase !== 'creating') await seedStore(world, creation).delete()
  if (creation.newIdentity !== undefined) await forgetIdentity(world, creation.newIdentity)
  await writeCreation(world, undefined)
}

/** The person may have enrolled another device with it since, whose seed is lost without it. */
async function forgetIdentity(world: World, path: string): Promise<void> {
  const profiles = await AwsProfiles.read(world)
  const users = profiles.enrolled().filter((name) => profiles.keys('config', name)?.awsmfa_seed_identity === path)
  if (users.length === 0) await world.seedFile.removeIdentity(path)
}
