import { setProfile } from '../core/awsFileEdit.js'
import { parseCode } from '../core/code.js'
import { isVirtual, parseDeviceName, virtualSerialNumber } from '../core/iam.js'
import type { Seed } from '../core/seed.js'
import type { Session } from '../core/session.js'
import { defaultDurationSeconds } from '../core/time.js'
import { Authority } from '../device/authority.js'
import { type Creation, type MadeDevice, readCreation, settleCreation, writeCreation } from '../device/creation.js'
import { type CreateDeviceOptions, type Making, makeDevice, undo } from '../device/make.js'
import { askProof, credentialsOf, type Proof } from '../device/proof.js'
import { Failure } from '../errors.js'
import { defaultMfaProfile, defaultSourceProfile, serialNumberOf, usableEnrolment } from '../session/choose.js'
import { chooseSeedSource } from '../session/codes/choose.js'
import { newIdentity } from '../session/codes/newIdentity.js'
import { holdsSeed, namingWaysOut } from '../session/codes/seeds.js'
import { seedStore } from '../session/codes/table.js'
import { tellEnrolled } from '../session/enrolled.js'
import type { Enrolment } from '../session/enrolment.js'
import { passGate } from '../session/gate.js'
import { identify } from '../session/identify.js'
import { isUnknownDevice } from '../session/obtain.js'
import type { AwsProfiles } from '../session/profiles.js'
import { Run } from '../session/run.js'
import { sessionFor } from '../session/sessionFor.js'
import { openKeys } from '../session/sourceKeys.js'
import { rehearse, takeBackProfile } from '../session/write.js'
import type { World } from '../world.js'

/**
 * Makes a virtual MFA device for this machine, enables it for the user next to the devices that are there, and enrols an
 * MFA profile with it.
 *
 * What is made is written down before each step: after a crash the next run finishes or removes it.
 *
 * @throws Failure; then what was made is removed again, or the person was told what stays and who can remove it
 */
export async function createDevice(world: World, options: CreateDeviceOptions): Promise<void> {
  checkOptions(world, options)
  const run = await Run.start(world)
  const begun = await readCreation(world)
  const known = await usableEnrolment(await run.read(), options.mfaProfile ?? defaultMfaProfile)
  const enrolled = begun === undefined && known !== undefined && known.codes.kind !== 'none'
  if (options.ifNeeded && enrolled && (await holdsSeed(world, known))) {
    return world.terminal.say(`profile ${known.mfaProfile} is enrolled already, and nothing was changed`)
  }
  const making = await prepare(run, options, begun)
  const { profiles, mfaProfile, sourceProfile } = making
  const remembered = serialNumberOf(profiles, mfaProfile, sourceProfile, options.serialNumber)
  let proof: Promise<Proof> | undefined
  const getProof = () => (proof ??= askProof(making, remembered))
  // An identity that is yet to be made opens nothing, and what was begun goes to its own store. A command is run once only.
  const checkedFirst = begun === undefined && options.newIdentity === undefined
  if (checkedFirst) await checkStore(making)
  // A person takes their time. Where one was cut short no code may be needed at all.
  if (begun === undefined) await getProof()
  await world.lock.hold('devices', async () => {
    const authority = new Authority(run.clock, making, credentialsOf(making, getProof))
    const current = { ...making, profiles: await run.read() }
    const settled = await settle(current, authority)
    if (settled === 'enrolled') return
    const done = world.terminal.ifEnded(
      'a device may be begun: run the same command again, and it goes on or takes it back',
    )
    const made = settled ?? (await makeChecked(current, authority, checkedFirst))
    await finish(current, authority, made)
    done()
    if (options.showQr) await showQr(making, made.seed)
  })
}

function checkOptions({ terminal }: World, options: CreateDeviceOptions): void {
  if (options.deviceName !== undefined) parseDeviceName(options.deviceName, '--device-name')
  if (options.code !== undefined) parseCode(options.code)
  if (options.showQr && !(terminal.interactive && terminal.answersToTerminal)) {
    throw new Failure('usage', '--show-qr needs a terminal', 'a QR code in a file or a log is a seed in plain text')
  }
}

/** Finds out everything that can fail before anything is made. */
async function prepare(run: Run, options: CreateDeviceOptions, begun: Creation | undefined): Promise<Making> {
  const { mfaProfile = defaultMfaProfile, sourceProfile = defaultSourceProfile } = options
  const codes = chooseSeedSource(run.world, options)
  const profiles = await run.read()
  const keys = await openKeys(run.world, passGate(profiles, { mfaProfile, sourceProfile }))
  if (begun === undefined) expectNoSeed(profiles, mfaProfile)
  const remembered = serialNumberOf(profiles, mfaProfile, sourceProfile, options.serialNumber)
  const example = { serialNumber: virtualSerialNumber('aws', '0', 'x'), codes }
  await rehearse(run, profiles, [enrolmentOf({ mfaProfile, sourceProfile, options }, example)])
  const serialNumber = remembered !== undefined && isVirtual(remembered) ? remembered : undefined
  const identified = await identify(run, profiles, { sourceProfile, keys, regionFlag: options.region, serialNumber })
  if (!identified.clockChecked) {
    throw new Failure(
      'retry',
      "AWS's answer does not tell its clock, and a device keeps the error of the one it is set by",
      ['a proxy may cache answers or take their Date away: try again without it'],
    )
  }
  return { ...identified, run, profiles, options, mfaProfile, sourceProfile, keys, codes }
}

/** What cannot keep a seed is found out before there is one. */
async function checkStore({ run, user, codes }: Making): Promise<void> {
  const serialNumber = virtualSerialNumber(user.partition, user.account, 'awsmfa')
  await namingWaysOut(
    seedStore(run.world, { serialNumber, codes }).check(),
    codes,
    'add --seed-store file --new-identity FILE',
  )
}

/** Another device in this profile would leave its seed behind. */
function expectNoSeed(profiles: AwsProfiles, mfaProfile: string): void {
  const before = profiles.enrolment(mfaProfile)
  if (before === undefined || before.codes.kind === 'none') return
  throw new Failure('usage', `profile ${mfaProfile} is enrolled already, with ${before.serialNumber}`, [
    `to have a second one, name another profile with --mfa-profile-name; awsmfa unenroll --mfa-profile-name ${mfaProfile} ends this one`,
  ])
}

/**
 * Takes care of what an earlier run has left.
 *
 * @returns the device, when it is to be used; `enrolled` when that run was nearly done and all is well now
 */
async function settle(making: Making, authority: Authority): Promise<MadeDevice | 'enrolled' | undefined> {
  const { run, user, mfaProfile, keys, profiles } = making
  const { world } = run
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
  const holders = profiles.enrolledWith(serialNumber)
  if (holders.length > 0) {
    for (const holder of holders) await mark(run, holder, serialNumber)
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

async function makeChecked(making: Making, authority: Authority, checked: boolean): Promise<MadeDevice> {
  const { run, options, user } = making
  const identity = await newIdentity(run.world, making.profiles, options.newIdentity, user.arn)
  let kept = false
  const keep = () => {
    kept = true
    identity.keep()
  }
  try {
    if (!checked) await checkStore(making)
    return await makeDevice(making, authority, { ...identity, keep })
  } catch (error) {
    if (!kept) identity.drop()
    throw error
  }
}

/** Proves the device with one real session, and writes session and settings. */
async function finish(making: Making, authority: Authority, made: MadeDevice): Promise<void> {
  const { run, mfaProfile } = making
  const { world, clock } = run
  const { creation, enabled } = made
  const enrolment = enrolmentOf(making, creation)
  const profiles = await run.read()
  let given: Session | undefined
  let session: Session
  try {
    session = await firstSession(making, enrolment, made, async (first) => {
      given = first
    })
    await mark(run, mfaProfile, creation.serialNumber)
  } catch (error) {
    await takeBackProfile(run, profiles, mfaProfile)
    const unknown = !enabled && isUnknownDevice(error)
    await undo(making, authority, unknown ? { ...creation, phase: 'created' } : creation, given)
    throw error
  } finally {
    if (clock.complaint !== undefined) world.terminal.warn(clock.complaint)
  }
  await writeCreation(world, undefined)
  await tellEnrolled(run, enrolment, session)
}

/** STS was seen to hear of a device 8 to 14 seconds after IAM has enabled it. */
const firstWaitMs = 15_000
const pauseMs = 10_000
/** With the two codes that enabled the device, this stays below AWS's nine in three minutes. */
const mostAttempts = 5

/** The first session of a device: until STS has heard of one that was enabled just now, it answers as if there were none. */
async function firstSession(
  { run, options }: Making,
  enrolment: Enrolment,
  made: MadeDevice,
  first: (session: Session) => Promise<void>,
): Promise<Session> {
  const { terminal } = run.world
  const source = { seed: made.seed }
  const wanted = { enrolments: () => [enrolment], force: true, source, region: options.region, first }
  if (made.justEnabled) await terminal.countdown(firstWaitMs, 'AWS takes some seconds to make the new device known')
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { session } = await sessionFor(run, wanted)
      if (session === undefined) throw new Error('a session was not even asked for')
      return session
    } catch (error) {
      if (!isUnknownDevice(error) || attempt === mostAttempts) throw error
    }
    await terminal.countdown(pauseMs, 'the new device is not known everywhere yet')
  }
}

/** So that `unenroll --delete-device` may delete this device, and no other. */
async function mark({ world, profiles }: Run, mfaProfile: string, serialNumber: string): Promise<void> {
  await world.lock.hold('session', () =>
    world.awsFiles.edit('config', (text) => {
      if (profiles === undefined) throw new Error('the profiles were not read')
      return setProfile(profiles.model('config', text), mfaProfile, { awsmfa_created_device: serialNumber })
    }),
  )
}

async function showQr({ run, user }: Making, seed: Seed): Promise<void> {
  const { terminal } = run.world
  terminal.warn('whoever sees or photographs the QR code can make your codes for as long as the device exists')
  if (!(await terminal.confirm('show it once, for an authenticator app on your phone?'))) return
  const [{ drawQr }, { otpauthLink }] = await Promise.all([import('../core/qr.js'), import('../core/otpauth.js')])
  terminal.answer(drawQr(otpauthLink(seed, `${user.userName}@${user.account}`)))
}

function enrolmentOf(
  { mfaProfile, sourceProfile, options }: Pick<Making, 'mfaProfile' | 'sourceProfile' | 'options'>,
  { serialNumber, codes }: Pick<Creation, 'serialNumber' | 'codes'>,
): Enrolment {
  const { durationSeconds = defaultDurationSeconds } = options
  return { mfaProfile, sourceProfile, serialNumber, durationSeconds, codes }
}
