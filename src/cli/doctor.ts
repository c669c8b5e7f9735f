import { json } from './flags.js'
import { command } from './spec.js'

/** `awsmfa doctor` */
export const doctor = command({
  about:
    'Test the whole chain and say how to mend each weak link. Changes nothing and spends no code. Exit code 3 when something needs you, 4 when AWS cannot be reached.',
  examples: ['awsmfa doctor', 'awsmfa doctor --json'],
  flags: { json },
  async run(world, { json }) {
    const { doctor } = await import('../commands/doctor.js')
    return await doctor(world, { json })
  },
})
