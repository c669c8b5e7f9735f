import { setProfile } from '../core/awsFile.js'
import { parseCode } from '../core/code.js'
import type { Creation } from '../core/creation.js'
import { deviceName, parseDeviceName, virtualSerialNumber } from '../core/deviceName.js'
import { defaultDurationSeconds } from '../core/duration.js'
import { codeOriginOf, type Enrolment, type SeedOrigin } from '../core/enrolment.js'
import { formatLedger, parseLedger, withSent } from '../core/ledger.js'
import type { Seed } from '../core/seed.js'
import { isVirtual, parseSerialNumber } from '../core/serialNumber.js'
import type { AwsCredentials, LongTermKeys, Session } from '../core/session.js'
import { stepAt } from '../core/timeStep.js'
import { Authority } from '../device/authority.js'
import {
  forgetCreation,
  type MadeDevice,
  readCreation,
  rollBack,
  settleCreation,
  writeCreation,
} from '../device/creation.js'
import { firstSession } from '../device/firstSession.js'
import { type Identified, identify } from '../device/identify.js'
import { chooseDevice, ownDevices } from '../device/ownDevices.js'
import { Failure, IamFailure, StsFailure } from '../errors.js'
import { askCode } from '../session/askCode.js'
import { AwsClock } from '../session/awsClock.js'
import { AwsProfiles } from '../session/awsProfiles.js'
import { celebrateSeed } from '../session/celebrate.js'
import { chooseSeedOrigin, type SeedOriginFlags } from '../session/codeOrigin.js'
import { withNewIdentity } from '../session/newIdentity.js'
import { namingWaysOut, seedStoreOf } from '../session/seedStore.js'
import { type CodeSource, getSession } from '../session/session.js'
import { defaultMfaProfile, defaultSourceProfile, type Settings, serialNumberOf } from '../session/settings.js'
import { checkWritable, rehearse, takeBackProfile, writeSession } from '../session/writeSession.js'
import type { World } from '../world.js'

export interface CreateDeviceOptions extends Settings, SeedOriginFlags {
  readonly mfaProfile?: string | undefined
  readonly region?: string | undefined
  readonly deviceName?: string | undefined
  /** of a device that the user has already; `serialNumber` says of which */
  readonly code?: string | undefined
  /** draw the new device's QR code on the terminal in the end */
  readonly showQr: boolean
}

/** What does not change while a device is made. */
interface Context extends Identified {
  readonly world: World
  readonly clock: AwsClock
  readonly profiles: AwsProfiles
  readonly options: CreateDeviceOptions
  readonly mfaProfile: string
  readonly sourceProfile: string
  readonly keys: LongTermKeys
  /** where the seed of a device that this run makes goes */
  readonly origin: SeedOrigin
}

/** What changes devices of this user: long-term keys alone, a code of a device, or whatever AWS will say. */
type Proof = 'keys' | 'unknown' | { readonly serialNumber: string; readonly source: CodeSource }

/**
 * Makes a virtual MFA device for this machine, enables it for the user next to the devices that are there, and enrols an
 * MFA profile with it.
 *
 * What is made is written down before each step: after a crash the next run finishes or removes it.
 *
 * @throws Failure; then what was made is removed again, or the person was told what stays and who can remove it
 */
export async function createDevice(world: World, options: CreateDeviceOptions): Promise<void> {
  const { mfaProfile = defaultMfaProfile, sourceProfile = defaultSourceProfile } = options
  if (options.deviceName !== undefined) parseDeviceName(options.deviceName, '--device-name')
  if (options.code !== undefined) parseCode(options.code)
  if (options.showQr && !(world.terminal.interactive && world.terminal.answersToTerminal)) {
    throw new Failure('usage', '--show-qr needs a terminal', 'a QR code in a file or a log is a seed in plain text')
  }
  const origin = chooseSeedOrigin(world, options)
  const profiles = await AwsProfiles.read(world)
  const keys = profiles.keysFor({ mfaProfile, sourceProfile })
  const begun = await readCreation(world)
  if (begun === undefined) expectNoSeed(profiles, mfaProfile)
  const remembered = serialNumberOf(profiles, mfaProfile, sourceProfile, options.serialNumber)
  const example = { serialNumber: virtualSerialNumber('aws', '0', 'x'), ...origin }
  rehearse(profiles, [enrolmentOf({ mfaProfile, sourceProfile, options }, example)])
  await checkWritable(world)

  const clock = await AwsClock.read(world)
  const serialNumber = remembered !== undefined && isVirtual(remembered) ? remembered : undefined
  const identified = await identify(world, clock, profiles, {
    sourceProfile,
    keys,
    regionFlag: options.region,
    serialNumber,
  })
  if (!identified.clockChecked) {
    throw new Failure(
      'retry',
      "AWS's answer does not tell its clock, and a device keeps the error of the one it is set by",
      ['a proxy may cache answers or take their Date away: try again without it'],
    )
  }
  const context = { ...identified, world, clock, profiles, options, mfaProfile, sourceProfile, keys, origin }

  let proof: Promise<Proof> | undefined
  const getProof = () => {
    proof ??= askProof(context, remembered)
    return proof
  }
  // An identity that is yet to be made opens nothing, and what was begun goes to its own store. A command is run once only.
  const checkedFirst = begun === undefined && options.newIdentity === undefined
  if (checkedFirst) await checkStore(context)
  // A person takes their time, and other runs wait for the lock. Where one was cut short no code may be needed at all.
  if (begun === undefined) await getProof()
  await world.lock.hold(async () => {
    const authority = new Authority(clock, identified.region, credentials(context, getProof))
    const current = { ...context, profiles: await AwsProfiles.read(world) }
    const settled = await settle(current, authority)
    if (settled === 'enrolled') return
    const made =
      settled ??
      (await withNewIdentity(world, options.newIdentity, current.user.arn, async (keepIdentity) => {
        if (!checkedFirst) await checkStore(current)
        return await make(current, authority, keepIdentity)
      }))
    await finish(current, authority, made)
    if (options.showQr) await showQr(context, made.seed)
  })
}

/** What cannot keep a seed is found out before there is one. */
async function checkStore({ world, user, origin }: Context): Promise<void> {
  const serialNumber = virtualSerialNumber(user.partition, user.account, 'awsmfa')
  await namingWaysOut(seedStoreOf(world, { serialNumber, ...origin }).check(), origin, 'add --seed-store file')
}

/** Another device in this profile would leave its seed behind. */
function expectNoSeed(profiles: AwsProfiles, mfaProfile: string): void {
  const before = profiles.enrolment(mfaProfile)
  if (before === undefined || before.seedStore === 'none') return
  throw new Failure('usage', `profile ${mfaProfile} is enrolled already, with ${before.serialNumber}`, [
    `awsmfa unenroll --mfa-profile-name ${mfaProfile} forgets it; or name another profile with --mfa-profile-name`,
  ])
}

async function askProof(context: Context, remembered: string | undefined): Promise<Proof> {
  const { world, clock, user, region, keys, options } = context
  const own = await ownDevices(world, { credentials: keys, region, clockOffsetMs: clock.offsetMs }, user)
  if (own?.length === 0) return 'keys'
  const known = remembered !== undefined && (own === undefined || own.includes(remembered)) ? remembered : undefined
  if (known === undefined && options.serialNumber !== undefined) {
    throw new Failure('usage', `${user.userName} has no MFA device ${options.serialNumber}`, [
      `the devices of ${user.userName}: ${own?.join(', ')}`,
    ])
  }
  if (own === undefined) return 'unknown'
  const serialNumber = known ?? (await chooseDevice(world, own, 'that you have at hand'))
  const source = await codeOf(context, serialNumber)
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
async function codeOf({ world, options, origin }: Context, serialNumber: string): Promise<CodeSource | undefined> {
  if (options.code !== undefined) return { typed: options.code }
  const mayBeKept = origin.seedStore === 'keychain' && isVirtual(serialNumber)
  const seed = mayBeKept ? await world.keychain.get(serialNumber) : undefined
  if (seed !== undefined) return { seed }
  if (!world.terminal.interactive) return undefined
  world.terminal.say('AWS lets a user who has an MFA device add another one with a code only')
  return { typed: await askCode(world, `code of ${serialNumber}:`) }
}

async function* credentials(context: Context, getProof: () => Promise<Proof>): AsyncGenerator<AwsCredentials> {
  const { world, clock, keys, sourceProfile, mfaProfile, profiles, options } = context
  let proof = await getProof()
  if (proof === 'keys') return yield keys
  if (proof === 'unknown') {
    yield keys
    // AWS has said no by now. With MFA it may say yes.
    const known = serialNumberOf(profiles, mfaProfile, sourceProfile, options.serialNumber)
    const serialNumber = known ?? (world.terminal.interactive ? await askSerialNumber(world) : undefined)
    const source = serialNumber === undefined ? undefined : await codeOf(context, serialNumber)
    // Where nobody can be asked, AWS's own no is the better answer.
    if (serialNumber === undefined || source === undefined) return
    proof = { serialNumber, source }
  }
  const { serialNumber, source } = proof
  const enrolment = { mfaProfile, sourceProfile, serialNumber, durationSeconds: 900, seedStore: 'none' } as const
  yield await getSession(world, clock, profiles, enrolment, source, options.region)
}

async function askSerialNumber(world: World): Promise<string> {
  return parseSerialNumber(
    await world.terminal.ask('serial number (ARN) of an MFA device that you have:'),
    'the answer',
  )
}

/**
 * Takes care of what an earlier run has left.
 *
 * @returns the device, when it is to be used; `enrolled` when that run was nearly done and all is well now
 */
async function settle(context: Context, authority: Authority): Promise<MadeDevice | 'enrolled' | undefined> {
  const { world, user, mfaProfile, keys, profiles } = context
  const creation = await readCreation(world)
  if (creation === undefined) {
    expectNoSeed(profiles, mfaProfile)
    return undefined
  }
  const { serialNumber } = creation
  if (creation.userArn !== user.arn) {
    throw new Failure('act', `an earlier run was cut short while it made ${serialNumber} for another user`, [
      `run first: awsmfa enroll --create --profile ${creation.sourceProfile}`,
    ])
  }
  const holders = profiles.enrolled().filter((name) => profiles.keys('config', name)?.mfa_serial === serialNumber)
  if (holders.length > 0) {
    for (const holder of holders) await mark(world, holder, serialNumber)
    await writeCreation(world, undefined)
    if (!holders.includes(mfaProfile)) {
      expectNoSeed(profiles, mfaProfile)
      return undefined
    }
    world.terminal.say(`profile ${mfaProfile} is enrolled with ${serialNumber}, which an earlier run has made`)
    return 'enrolled'
  }
  expectNoSeed(profiles, mfaProfile)
  return await settleCreation(world, creation, user.userName, authority.signerFor(keys), authority)
}

/** Makes a device, puts its seed in the store, and enables it. */
async function make(context: Context, authority: Authority, keepIdentity: () => void): Promise<MadeDevice> {
  const { world, user } = context
  const { creation, seed } = await create(context, authority, keepIdentity)
  let reached = creation
  try {
    reached = { ...creation, phase: 'created' }
    await writeCreation(world, reached)
    // Nobody can read it again at AWS, so it is safe before anything depends on it.
    await seedStoreOf(world, creation).set(seed)
    await writeCreation(world, { ...creation, phase: 'enabling' })
    reached = { ...creation, phase: 'enabling' }
    await enable(context, authority, creation.serialNumber, seed)
  } catch (error) {
    const surelyNot = reached.phase !== 'enabling' || !(error instanceof IamFailure && error.mayHaveWorked)
    await undo(context, authority, surelyNot ? { ...reached, phase: 'created' } : reached)
    throw error
  }
  world.terminal.say(`the MFA device ${creation.serialNumber} is made and enabled for ${user.userName}`)
  return { creation: reached, seed, enabled: true, justEnabled: true }
}

const mostNames = 9

async function create(
  context: Context,
  authority: Authority,
  keepIdentity: () => void,
): Promise<{ creation: Creation; seed: Seed }> {
  const { world, user, sourceProfile, profiles, options, origin } = context
  const { newIdentity } = options
  const identity = newIdentity === undefined ? {} : { newIdentity: world.seedFile.absolute(newIdentity) }
  const taken = new Set(profiles.enrolled().map((name) => profiles.keys('config', name)?.mfa_serial))
  for (let count = 1; ; count += 1) {
    const name = options.deviceName ?? deviceName(user.userName, world.hostName, count)
    const serialNumber = virtualSerialNumber(user.partition, user.account, name)
    const lastName = options.deviceName !== undefined || count === mostNames
    if (taken.has(serialNumber) && !lastName) continue
    const creation: Creation = {
      serialNumber,
      userArn: user.arn,
      sourceProfile,
      phase: 'creating',
      ...origin,
      ...identity,
    }
    await writeCreation(world, creation)
    // From now on it is the creation's: a seed file that stays where this run fails needs it.
    keepIdentity()
    try {
      const device = await authority.attempt((signer) => world.iam.createVirtualDevice(signer, name))
      return { creation: { ...creation, serialNumber: device.serialNumber }, seed: device.seed }
    } catch (error) {
      if (error instanceof IamFailure && error.reason === 'taken' && !lastName) {
        await writeCreation(world, undefined)
        continue
      }
      if (error instanceof IamFailure && error.mayHaveWorked) await undo(context, authority, creation)
      else await forgetCreation(world, creation)
      throw error
    }
  }
}

/** With the codes of this moment at AWS's clock, which AWS keeps as the device's own. */
async function enable({ world, clock, user }: Context, authority: Authority, serialNumber: string, seed: Seed) {
  const { codePair } = await import('../core/codePair.js')
  await authority.attempt(async (signer) => {
    const now = clock.now()
    const step = stepAt(now)
    await world.state.edit('ledger.json', (text) => {
      const before = withSent(parseLedger(text), serialNumber, step - 1, now)
      return formatLedger(withSent(before, serialNumber, step, now))
    })
    await world.iam.enableDevice(signer, { userName: user.userName, serialNumber }, codePair(seed, step))
  })
}

/** Proves the device with one real session, and writes session and settings. */
async function finish(
  context: Context,
  authority: Authority,
  { creation, seed, enabled, justEnabled }: MadeDevice,
): Promise<void> {
  const { world, clock, options, mfaProfile } = context
  const { serialNumber } = creation
  const enrolment = enrolmentOf(context, creation)
  const profiles = await AwsProfiles.read(world)
  let session: Session | undefined
  try {
    session = await firstSession(world, clock, profiles, enrolment, seed, options.region, justEnabled)
    await writeSession(world, [enrolment], session)
    await mark(world, mfaProfile, serialNumber)
  } catch (error) {
    if (session !== undefined) await takeBackProfile(world, profiles, mfaProfile)
    const unknown = !enabled && error instanceof StsFailure && error.reason === 'device-refused'
    await undo(context, authority, unknown ? { ...creation, phase: 'created' } : creation, session)
    throw error
  } finally {
    if (clock.complaint !== undefined) world.terminal.warn(clock.complaint)
  }
  await writeCreation(world, undefined)
  await celebrateSeed(world, enrolment, session)
}

/** Removes what was made, with the best credentials that there are; nobody is asked for more. */
async function undo(
  { world, user, keys }: Context,
  authority: Authority,
  creation: Creation,
  session = authority.session,
): Promise<void> {
  await rollBack(world, creation, user.userName, authority.signerFor(session ?? keys))
}

/** So that `unenroll --delete-device` may delete this device, and no other. */
async function mark(world: World, mfaProfile: string, serialNumber: string): Promise<void> {
  await world.awsFiles.edit('config', (text) =>
    setProfile(text, 'config', mfaProfile, { awsmfa_created_device: serialNumber }),
  )
}

async function showQr({ world, user }: Context, seed: Seed): Promise<void> {
  const { terminal } = world
  terminal.warn('whoever sees or photographs the QR code can make your codes for as long as the device exists')
  if (!(await terminal.confirm('show it once, for an authenticator app on your phone?'))) return
  const { drawQr } = await import('../core/drawQr.js')
  const { otpauthLink } = await import('../core/otpauthLink.js')
  terminal.answer(drawQr(otpauthLink(seed, `${user.userName}@${user.account}`)))
}

function enrolmentOf(
  { mfaProfile, sourceProfile, options }: Pick<Context, 'mfaProfile' | 'sourceProfile' | 'options'>,
  place: SeedOrigin & Pick<Enrolment, 'serialNumber'>,
): Enrolment {
  const { durationSeconds = defaultDurationSeconds } = options
  return { mfaProfile, sourceProfile, serialNumber: place.serialNumber, durationSeconds, ...codeOriginOf(place) }
}
