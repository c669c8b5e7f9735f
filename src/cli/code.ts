import type { Command } from 'commander'
import { type Context, declare, flagsOf, singleMfaProfile, withMfaProfileFlag, withVoiceFlags } from './flags.js'

/** `awsmfa code` */
export function declareCode(program: Command, { world }: Context): void {
  const command = declare(program, 'code', 'Print one unused code, for the console sign-in.', [
    'awsmfa code',
    'awsmfa code --copy                        # to the clipboard, not to the screen',
    'awsmfa code --mfa-profile-name work-mfa',
  ])
  withVoiceFlags(withMfaProfileFlag(command))
    .option('--copy', 'put the code into the clipboard instead')
    .action(async () => {
      const flags = flagsOf<{ copy?: boolean }>(command)
      const mfaProfile = singleMfaProfile(flags)
      const { code } = await import('../commands/code.js')
      await code(world, { mfaProfile, copy: flags.copy ?? false })
    })
}
