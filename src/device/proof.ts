import { isVirtual, parseSerialNumber } from '../core/iam.js'
import type { AwsCredentials } from '../core/session.js'
import { Failure } from '../errors.js'
import { askCode, askFor } from '../session/askCode.js'
import { serialNumberOf } from '../session/choose.js'
import type { OpenSource } from '../session/codes/codeSource.js'
import { passingSession } from '../session/sessionFor.js'
import type { World } from '../world.js'
import { chooseDevice, ownDevices } from './findDevice.js'
import type { Making } from './make.js'

/** What changes devices of this user: long-term keys alone, a code of a device, or whatever AWS will say. */
export type Proof = 'keys' | 'unknown' | { readonly serialNumber: string; readonly source: OpenSource }

/**
 * Finds out what AWS will want before it lets this user have another device, and asks the person for it.
 *
 * @param remembered - the serial number of a device that the profiles name
 * @throws Failure `usage` when a code is needed and nobody can be asked
 */
export async function askProof(making: Making, remembered: string | undefined): Promise<Proof> {
  const { run, user, region, settings, keys, options } = making
  const signer = { credentials: keys, region, settings, clockOffsetMs: run.clock.offsetMs }
  const own = await ownDevices(run.world, signer, user)
  if (own?.length === 0) return 'keys'
  const known = remembered !== undefined && (own === undefined || own.includes(remembered)) ? remembered : undefined
  if (known === undefined && options.serialNumber !== undefined) {
    throw new Failure('usage', `${user.userName} has no MFA device ${options.serialNumber}`, [
      `the devices of ${user.userName}: ${own?.join(', ')}`,
    ])
  }
  if (own === undefined) return 'unknown'
  const serialNumber = known ?? (await chooseDevice(run.world, own, 'that you have at hand'))
  const source = await codeOf(making, serialNumber)
  if (source !== undefined) return { serialNumber, source }
  throw new Failure(
    'usage',
    `a code of ${serialNumber} is required, because AWS lets its owner add a device with MFA only`,
    ['add --code with the six digits that it shows now'],
  )
}

/**
 * A code of a device that the user has: from its seed, when it is in the keychain and that is in use here, else typed.
 *
 * @returns `undefined` when nobody can be asked
 */
async function codeOf({ run, options, codes }: Making, serialNumber: string): Promise<OpenSource | undefined> {
  const { world } = run
  if (options.code !== undefined) return { typed: options.code }
  const mayBeKept = codes.kind === 'keychain' && isVirtual(serialNumber)
  const seed = mayBeKept ? await world.keychain.get(serialNumber) : undefined
  if (seed !== undefined) return { seed }
  if (!world.terminal.interactive) return undefined
  world.terminal.say('AWS lets a user who has an MFA device add another one with a code only')
  return { typed: await askCode(world, `code of ${serialNumber}:`) }
}

/** The credentials with which AWS may let a device be made, in the order in which they are tried. */
export async function* credentialsOf(making: Making, getProof: () => Promise<Proof>): AsyncGenerator<AwsCredentials> {
  const { run, keys, sourceProfile, mfaProfile, profiles, options } = making
  const { world } = run
  let proof = await getProof()
  if (proof === 'keys') return yield keys
  if (proof === 'unknown') {
    yield keys
    // AWS has said no by now. With MFA it may say yes.
    const known = serialNumberOf(profiles, mfaProfile, sourceProfile, options.serialNumber)
    const serialNumber = known ?? (world.terminal.interactive ? await askSerialNumber(world) : undefined)
    const source = serialNumber === undefined ? undefined : await codeOf(making, serialNumber)
    // Where nobody can be asked, AWS's own no is the better answer.
    if (serialNumber === undefined || source === undefined) return
    proof = { serialNumber, source }
  }
  const { serialNumber, source } = proof
  const enrolment = { mfaProfile, sourceProfile, serialNumber, durationSeconds: 900, codes: { kind: 'none' } } as const
  yield await passingSession(run, enrolment, source, options.region)
}

async function askSerialNumber(world: World): Promise<string> {
  const ask = () => world.terminal.ask('serial number (ARN) of an MFA device that you have:')
  return await askFor(world, ask, (answer) => parseSerialNumber(answer.trim(), 'the answer'))
}
