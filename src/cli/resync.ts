import type { Command } from 'commander'
import { type Context, declare, flagsOf, singleMfaProfile, withMfaProfileFlag, withVoiceFlags } from './flags.js'

/** `awsmfa resync` */
export function declareResync(program: Command, { world }: Context): void {
  const command = declare(
    program,
    'resync',
    'Make AWS take the clock of the MFA device anew, when it refuses good codes.',
    ['awsmfa resync', 'awsmfa resync --mfa-profile-name work-mfa'],
  )
  withVoiceFlags(withMfaProfileFlag(command))
    .option('--region <region>', 'whose STS endpoint to ask')
    .action(async () => {
      const flags = flagsOf(command)
      const { resync } = await import('../commands/resync.js')
      await resync(world, { mfaProfile: singleMfaProfile(flags), region: flags.region })
    })
}
