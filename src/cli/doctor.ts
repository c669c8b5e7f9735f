import type { Command } from 'commander'
import { type Context, declare, flagsOf, withVoiceFlags } from './flags.js'

/** `awsmfa doctor` */
export function declareDoctor(program: Command, { world, tell }: Context): void {
  const command = declare(
    program,
    'doctor',
    'Test the whole chain and say how to mend each weak link. Changes nothing and spends no code. Exit code 3 when something needs you, 4 when AWS cannot be reached.',
    ['awsmfa doctor', 'awsmfa doctor --json'],
  )
  withVoiceFlags(command)
    .option('--json', 'one JSON object, for programs')
    .action(async () => {
      const { json = false } = flagsOf<{ json?: boolean }>(command)
      const { doctor } = await import('../commands/doctor.js')
      tell(await doctor(world, { json }))
    })
}
