import { parseEvery, schedulerNames } from '../core/schedule/job.js'
import { json } from './flags.js'
import { choice, command, valued } from './spec.js'

const every = { name: 'TIME', kind: 'time', parse: parseEvery } as const

const install = command({
  about: 'Run awsmfa refresh by itself, with the best scheduler there is. Replaces an earlier schedule.',
  examples: ['awsmfa schedule install', 'awsmfa schedule install --every 1h', 'awsmfa schedule install --using cron'],
  flags: {
    every: valued(every, 'how often: 5m to 30m, 1h to 24h', { fallback: '30m' }),
    using: valued(choice('SCHEDULER', schedulerNames), 'which scheduler', { fallback: 'the best one here' }),
  },
  async run(world, { every: everyMinutes, using }) {
    const { installSchedule } = await import('../commands/schedule.js')
    await installSchedule(world, { everyMinutes, using })
    return undefined
  },
})

const status = command({
  about: 'Show how often refresh runs, how it last went and when it runs next. Exit code 3 when you are needed.',
  examples: ['awsmfa schedule status', 'awsmfa schedule status --json'],
  flags: { json },
  async run(world, { json }) {
    const { scheduleStatus } = await import('../commands/schedule.js')
    return await scheduleStatus(world, { json })
  },
})

const remove = command({
  about: 'Take the schedule away. Nothing of it stays.',
  examples: ['awsmfa schedule remove'],
  async run(world) {
    const { removeSchedule } = await import('../commands/schedule.js')
    await removeSchedule(world)
    return undefined
  },
})

/** `awsmfa schedule` */
export const schedule = command({
  about: 'Have the system run awsmfa refresh by itself.',
  examples: ['awsmfa schedule install', 'awsmfa schedule status', 'awsmfa schedule remove'],
  commands: {
    install: { summary: 'run refresh by itself from now on', load: async () => install },
    status: { summary: 'how often it runs, how it last went, when it runs next', load: async () => status },
    remove: { summary: 'take the schedule away', load: async () => remove },
  },
})
