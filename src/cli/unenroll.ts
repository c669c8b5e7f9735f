import type { Command } from 'commander'
import { type Context, declare, flagsOf, singleMfaProfile, withMfaProfileFlag, withVoiceFlags } from './flags.js'

/** `awsmfa unenroll` */
export function declareUnenroll(program: Command, { world }: Context): void {
  const command = declare(program, 'unenroll', 'Forget the seed and the settings of one profile.', [
    'awsmfa unenroll',
    'awsmfa unenroll --mfa-profile-name work-mfa --purge',
    'awsmfa unenroll --delete-device   # the device that enroll --create has made',
  ])
  withVoiceFlags(withMfaProfileFlag(command))
    .option('--purge', "remove the profile's session too")
    .option('--delete-device', 'delete the MFA device too, when awsmfa has made it')
    .option('--region <region>', 'with --delete-device: whose STS endpoint to ask')
    .action(async () => {
      const flags = flagsOf<{ purge?: boolean; deleteDevice?: boolean }>(command)
      const mfaProfile = singleMfaProfile(flags)
      const { unenroll } = await import('../commands/unenroll.js')
      const { purge = false, deleteDevice = false, region } = flags
      await unenroll(world, { mfaProfile, purge, deleteDevice, region })
    })
}
