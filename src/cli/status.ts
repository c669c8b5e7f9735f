import { json } from './flags.js'
import { command } from './spec.js'

/** `awsmfa status` */
export const status = command({
  about: 'Show what is enrolled, until when it is good, and what failed last. Exit code 3 when a profile needs you.',
  examples: ['awsmfa status', 'awsmfa status --json'],
  flags: { json },
  async run(world, { json }) {
    const { status } = await import('../commands/status.js')
    return await status(world, { json })
  },
})
