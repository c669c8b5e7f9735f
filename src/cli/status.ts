import type { Command } from 'commander'
import { type Context, declare, flagsOf, withVoiceFlags } from './flags.js'

/** `awsmfa status` */
export function declareStatus(program: Command, { world, tell }: Context): void {
  const command = declare(
    program,
    'status',
    'Show what is enrolled, until when it is good, and what failed last. Exit code 3 when a profile needs you.',
    ['awsmfa status', 'awsmfa status --json'],
  )
  withVoiceFlags(command)
    .option('--json', 'one JSON object, for programs')
    .action(async () => {
      const { json = false } = flagsOf<{ json?: boolean }>(command)
      const { status } = await import('../commands/status.js')
      tell(await status(world, { json }))
    })
}
