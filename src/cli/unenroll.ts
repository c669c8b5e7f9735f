import type { Command } from 'commander'
import { type Context, declare, flagsOf, singleMfaProfile, withMfaProfileFlag, withVoiceFlags } from './flags.js'

/** `awsmfa unenroll` */
export function declareUnenroll(program: Command, { world }: Context): void {
  const command = declare(program, 'unenroll', 'Forget the seed and the settings of one profile.', [
    'awsmfa unenroll',
    'awsmfa unenroll --mfa-profile-name work-mfa --purge',
  ])
  withVoiceFlags(withMfaProfileFlag(command))
    .option('--purge', "remove the profile's session too")
    .action(async () => {
      const flags = flagsOf<{ purge?: boolean }>(command)
      const mfaProfile = singleMfaProfile(flags)
      const { unenroll } = await import('../commands/unenroll.js')
      await unenroll(world, { mfaProfile, purge: flags.purge ?? false })
    })
}
