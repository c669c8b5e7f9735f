import type { Command } from 'commander'
import { type Context, declare, flagsOf, withVoiceFlags } from './flags.js'

/** `awsmfa import` */
export function declareImport(program: Command, { world }: Context): void {
  const command = declare(
    program,
    'import',
    'Take over the settings of broamski/aws-mfa, aws-vault, the AWS CLI or the Go tool awsmfa. Shows them first.',
    ['awsmfa import', 'awsmfa import --yes'],
  )
  withVoiceFlags(command)
    .option('--yes', 'write the settings without a question')
    .action(async () => {
      const flags = flagsOf<{ yes?: boolean }>(command)
      const { importSettings } = await import('../commands/import.js')
      await importSettings(world, { yes: flags.yes ?? false })
    })
}
