import { removeProfile } from '../core/awsFile.js'
import type { Enrolment } from '../core/enrolment.js'
import { enrolmentKeys, sessionKeys } from '../core/enrolment.js'
import { deleteDevice } from '../device/deleteDevice.js'
import { forgetOutcome } from '../runs/outcome.js'
import { updateStamp } from '../runs/stamp.js'
import { AwsProfiles } from '../session/awsProfiles.js'
import { chooseEnrolment } from '../session/chooseEnrolment.js'
import { forgetSeed } from '../session/seedStore.js'
import { checkWritable } from '../session/writeSession.js'
import type { World } from '../world.js'

export interface UnenrollOptions {
  readonly mfaProfile?: string | undefined
  /** drop the session in the credentials file too */
  readonly purge: boolean
  /** delete the device that awsmfa has made, too */
  readonly deleteDevice?: boolean
  readonly region?: string | undefined
}

/**
 * Forgets one enrolment: the device first, when it is to be deleted, for that may take its seed; then the seed, for a seed
 * without settings would be forgotten in the keychain; then the settings.
 *
 * @throws Failure `act` when it is not enrolled, or the keychain cannot be asked; then the settings are still there
 */
export async function unenroll(world: World, options: UnenrollOptions): Promise<void> {
  await world.lock.hold('session', async () => {
    const profiles = await AwsProfiles.read(world)
    const enrolment = chooseEnrolment(profiles, options.mfaProfile)
    const { mfaProfile } = enrolment
    await checkWritable(world)
    if (options.deleteDevice) await deleteDevice(world, profiles, enrolment, options)
    await forgetSeed(world, profiles, enrolment)
    await world.awsFiles.edit('config', (text) =>
      removeProfile(text, 'config', mfaProfile, settings(profiles, enrolment, options)),
    )
    if (options.purge) {
      await world.awsFiles.edit('credentials', (text) =>
        removeProfile(text, 'credentials', mfaProfile, [...sessionKeys]),
      )
    }
    await forgetOutcome(world, mfaProfile)
    await updateStamp(world)
    world.terminal.say(
      options.purge
        ? `profile ${mfaProfile} is no longer enrolled, and its session is removed from ${world.awsFiles.path('credentials')}`
        : `profile ${mfaProfile} is no longer enrolled; its session stays until it ends (--purge removes it)`,
    )
  })
}

/** The config keys to remove. With `--purge` also the region and output that were copied when the section was made. */
function settings(profiles: AwsProfiles, { mfaProfile, sourceProfile }: Enrolment, options: UnenrollOptions): string[] {
  if (!options.purge) return [...enrolmentKeys]
  const own = profiles.keys('config', mfaProfile)
  const copied = ['region', 'output'].filter(
    (key) => own?.[key] !== undefined && own[key] === profiles.setting(sourceProfile, key),
  )
  return [...enrolmentKeys, ...copied]
}
