import type { Profile } from '../core/awsFile.js'
import { removeProfile, setProfiles } from '../core/awsFileEdit.js'
import { isChained } from '../core/role.js'
import { deleteDevice } from '../device/removeDevice.js'
import { attempt, Failure } from '../errors.js'
import { forgetOutcome, updateStamp } from '../runs/outcome.js'
import { scheduleNote } from '../runs/schedules.js'
import { chooseEnrolled, notEnrolled, usableEnrolment } from '../session/choose.js'
import { forgetSeed, isOnlyCopy } from '../session/codes/seeds.js'
import { type Enrolment, isEnrolment, keysToForget, sessionKeys } from '../session/enrolment.js'
import type { AwsProfiles } from '../session/profiles.js'
import { baseOf } from '../session/role.js'
import { Run } from '../session/run.js'
import { checkWritable, copiedFrom } from '../session/write.js'
import type { World } from '../world.js'

export interface UnenrollOptions {
  readonly mfaProfile?: string | undefined
  /** drop the session in the credentials file too */
  readonly purge: boolean
  /** delete the device that awsmfa has made, too */
  readonly deleteDevice?: boolean | undefined
  /** leave the device that awsmfa has made, although nobody has its seed then */
  readonly keepDevice?: boolean | undefined
  readonly region?: string | undefined
}

/**
 * Forgets one enrolment: the device first, when it is to be deleted, for that may take its seed; then the seed, for a seed
 * without settings would be forgotten in the keychain; then the settings. Cut short, it goes on when it is run again; and
 * it ends what is damaged, too.
 *
 * @throws Failure `act` when it is not enrolled, or the keychain cannot be asked; then the settings are still there
 */
export async function unenroll(world: World, options: UnenrollOptions): Promise<void> {
  const run = await Run.start(world)
  const profiles = await run.read()
  const mfaProfile = chooseEnrolled(profiles, options.mfaProfile)
  if (!isEnrolment(profiles.keys('config', mfaProfile))) {
    throw notEnrolled(profiles, mfaProfile, 'awsmfa status shows what is')
  }
  await checkWritable(run, 'config', ...(options.purge ? (['credentials'] as const) : []))
  const enrolment = await attempt(async () => profiles.enrolment(mfaProfile))
  if (enrolment instanceof Failure && options.deleteDevice) throw enrolment
  const isToGo =
    enrolment instanceof Failure ? false : enrolment && (await isDeviceToGo(run, profiles, enrolment, options))
  await world.lock.hold('devices', () => forget(run, mfaProfile, options, isToGo === true))
  await forgetOutcome(run, mfaProfile)
  await run.read()
  await updateStamp(run)
  world.terminal.say(
    options.purge
      ? `profile ${mfaProfile} is no longer enrolled, and its session is removed from ${world.awsFiles.path('credentials')}`
      : `profile ${mfaProfile} is no longer enrolled; its session stays until it ends (--purge removes it)`,
  )
  const orphans = await orphanedRoles(run.profiles, enrolment)
  if (orphans.length > 0) {
    world.terminal.warn(
      `profile ${orphans.join(', ')} took its role with this session: awsmfa unenroll it too, or enrol another`,
    )
  }
  const sourceProfile = enrolment instanceof Failure ? undefined : enrolment?.sourceProfile
  if (sourceProfile !== undefined && run.profiles?.keys('config', sourceProfile)?.awsmfa_key_store !== undefined) {
    world.terminal.say(`its long-term key stays where it was moved: awsmfa keys restore --profile ${sourceProfile}`)
  }
  const note = run.profiles?.enrolled().length === 0 ? await scheduleNote(world) : undefined
  if (note !== undefined) world.terminal.say(note)
}

/** The role profiles that nothing is left to take their roles with. */
async function orphanedRoles(
  profiles: AwsProfiles | undefined,
  ended: Enrolment | Failure | undefined,
): Promise<string[]> {
  if (profiles === undefined || ended === undefined || ended instanceof Failure || ended.role !== undefined) return []
  const orphans: string[] = []
  for (const name of profiles.enrolled()) {
    const each = await usableEnrolment(profiles, name)
    if (each === undefined || each.sourceProfile !== ended.sourceProfile || !isChained(each)) continue
    if ((await attempt(() => baseOf(profiles, each))) instanceof Failure) orphans.push(name)
  }
  return orphans
}

/**
 * The seed of a device that awsmfa has made is nowhere else. Without it the device stays enabled and nobody can make its
 * codes, so what becomes of it is the person's word.
 */
async function isDeviceToGo(
  { world }: Run,
  profiles: AwsProfiles,
  enrolment: Enrolment,
  { deleteDevice: wanted = false, keepDevice = false }: UnenrollOptions,
): Promise<boolean> {
  const { mfaProfile, serialNumber } = enrolment
  if (wanted || keepDevice || !(await isOnlyCopy(profiles, enrolment))) return wanted
  const fact = `awsmfa made ${serialNumber}, and the only copy of its seed is here, unless its QR code was scanned`
  if (!world.terminal.interactive) {
    throw new Failure('usage', fact, [
      '--delete-device deletes the device too; --keep-device leaves it enabled, and a user with no other is locked out',
    ])
  }
  world.terminal.warn(fact)
  if (await world.terminal.confirm('delete the device at AWS, too?')) return true
  if (await world.terminal.confirm('forget its seed all the same? without another device you are locked out'))
    return false
  throw new Failure('usage', `profile ${mfaProfile} stays enrolled`, 'nothing was changed')
}

/** While it is at it, no other run enrols the profile: what was found out before may be so no longer. */
async function forget(run: Run, mfaProfile: string, options: UnenrollOptions, isDeviceToGo: boolean): Promise<void> {
  const { world } = run
  const profiles = await run.read()
  const enrolment = await attempt(async () => profiles.enrolment(mfaProfile))
  if (enrolment instanceof Failure) {
    world.terminal.warn(`a seed may be left where it was, because the settings cannot be used: ${enrolment.message}`)
  } else if (enrolment !== undefined) {
    if (isDeviceToGo) await deleteDevice(run, profiles, enrolment, options)
    await forgetSeed(world, profiles, enrolment)
  }
  await world.lock.hold('session', () => forgetSettings(run, mfaProfile, options))
}

/** What awsmfa has copied from the source profile, or from the role profile that was named, and nobody has changed since. */
function copiedKeys(profiles: AwsProfiles, keys: Profile | undefined): readonly string[] {
  const arn = keys?.awsmfa_role_arn
  const others = profiles.names('config').filter((name) => arn && profiles.setting(name, 'role_arn') === arn)
  const copies = [keys?.awsmfa_source_profile ?? '', ...others].map((name) => copiedFrom(profiles, name))
  return ['region', 'output'].filter((key) => copies.some((copy) => copy[key] && copy[key] === keys?.[key]))
}

async function forgetSettings(run: Run, mfaProfile: string, { purge }: UnenrollOptions): Promise<void> {
  const { awsFiles } = run.world
  const now = await run.read()
  const keys = now.keys('config', mfaProfile)
  const ours = purge ? copiedKeys(now, keys) : []
  // The settings last: while they are there, the same command goes on where this one was cut short.
  if (purge) {
    await awsFiles.edit('credentials', (text) => removeProfile(now.model('credentials', text), mfaProfile, sessionKeys))
  }
  // Who has the device still must know, one day, that awsmfa made it.
  const made = keys?.awsmfa_created_device
  const heirs = made === undefined ? [] : now.enrolledWith(made).filter((name) => name !== mfaProfile)
  await awsFiles.edit('config', (text) => {
    const left = removeProfile(now.model('config', text), mfaProfile, keysToForget(keys, ours))
    return setProfiles(
      now.model('config', left),
      heirs.map((name) => [name, { awsmfa_created_device: made }]),
    )
  })
}
