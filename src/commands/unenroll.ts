import { removeProfile } from '../core/awsFile.js'
import type { Enrolment } from '../core/enrolment.js'
import { enrolmentKeys, sessionKeys } from '../core/enrolment.js'
import { Failure } from '../errors.js'
import { AwsProfiles } from '../pipeline/awsProfiles.js'
import { forgetOutcome } from '../pipeline/outcome.js'
import { forgetSeed } from '../pipeline/seedStore.js'
import { updateStamp } from '../pipeline/stamp.js'
import { checkWritable } from '../pipeline/writeSession.js'
import type { World } from '../world.js'

export interface UnenrollOptions {
  readonly mfaProfile?: string | undefined
  /** drop the session in the credentials file too */
  readonly purge: boolean
}

/**
 * Forgets one enrolment: the seed first, for a seed without settings would be forgotten in the keychain, then the
 * settings.
 *
 * @throws Failure `act` when it is not enrolled, or the keychain cannot be asked; then the settings are still there
 */
export async function unenroll(world: World, options: UnenrollOptions): Promise<void> {
  await world.lock.hold(async () => {
    const profiles = await AwsProfiles.read(world)
    const enrolment = choose(profiles, options)
    const { mfaProfile } = enrolment
    await checkWritable(world)
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

function choose(profiles: AwsProfiles, options: UnenrollOptions): Enrolment {
  const enrolled = profiles.enrolled()
  const name = options.mfaProfile ?? (enrolled.length === 1 ? enrolled[0] : undefined)
  if (name === undefined) {
    throw enrolled.length === 0
      ? new Failure('act', 'no MFA profile is enrolled', 'there is nothing to forget')
      : new Failure(
          'usage',
          `several MFA profiles are enrolled: ${enrolled.join(', ')}`,
          'name one with --mfa-profile-name',
        )
  }
  const enrolment = profiles.enrolment(name)
  if (enrolment !== undefined) return enrolment
  throw new Failure('act', `MFA profile ${name} is not enrolled`, 'awsmfa status shows what is')
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
