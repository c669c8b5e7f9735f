import type { Command } from 'commander'
import { parseCode } from '../core/code.js'
import { parseTimeSpan } from '../core/duration.js'
import { type Context, declare, flagsOf, settingsOf, withProfileFlags, withVoiceFlags } from './flags.js'

interface RefreshFlags {
  readonly minRemaining?: number
  readonly force?: boolean
  readonly code?: string
}

/** `awsmfa refresh` */
export function declareRefresh(program: Command, { world, tell }: Context): void {
  const command = declare(
    program,
    'refresh',
    'Renew every enrolled profile that needs it. Needs no input, and spends no code on what is still good.',
    [
      'awsmfa refresh',
      'awsmfa refresh --mfa-profile-name work-mfa --force',
      'awsmfa refresh --min-remaining 2h --quiet   # from cron',
      'awsmfa refresh --code 123456                # typed, as with a hardware token',
    ],
  )
  withVoiceFlags(withProfileFlags(command))
    .option('--min-remaining <time>', 'renew when less than this is left, such as 2h (half of the duration)', (text) =>
      parseTimeSpan(text, '--min-remaining'),
    )
    .option('--force', 'renew what is still good, too')
    .option('--code <code>', 'use this code instead of the seed', parseCode)
    .action(async () => {
      const flags = flagsOf<RefreshFlags>(command)
      const { mfaProfileName: mfaProfiles = [], minRemaining: minRemainingSeconds, force = false, code } = flags
      const { refresh } = await import('../commands/refresh.js')
      tell(
        await refresh(world, {
          ...settingsOf(flags),
          mfaProfiles,
          minRemainingSeconds,
          force,
          code,
          quiet: flags.quiet ?? false,
        }),
      )
    })
}
