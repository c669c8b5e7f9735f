import { type Command, Option } from 'commander'
import { type SchedulerName, schedulerNames } from '../core/schedule/job.js'
import { parseEvery } from '../core/schedule/timetable.js'
import { Failure } from '../errors.js'
import { type Context, declare, flagsOf, withVoiceFlags } from './flags.js'

/** `awsmfa schedule install`, `status` and `remove` */
export function declareSchedule(program: Command, { world, tell }: Context): void {
  const schedule = declare(program, 'schedule', 'Have the system run awsmfa refresh by itself.', [
    'awsmfa schedule install',
    'awsmfa schedule status',
    'awsmfa schedule remove',
  ]).helpCommand(false)

  const install = declare(
    schedule,
    'install',
    'Run awsmfa refresh by itself, with the best scheduler there is. Replaces an earlier schedule.',
    ['awsmfa schedule install', 'awsmfa schedule install --every 1h', 'awsmfa schedule install --using cron'],
  )
  withVoiceFlags(install)
    .option('--every <time>', 'how often: 5m to 30m, 1h to 24h (30m)', parseEvery)
    .addOption(new Option('--using <scheduler>', 'which scheduler (the best one here)').choices(schedulerNames))
    .action(async () => {
      const { every: everyMinutes, using } = flagsOf<{ every?: number; using?: SchedulerName }>(install)
      const { installSchedule } = await import('../commands/schedule.js')
      await installSchedule(world, { everyMinutes, using })
    })

  const status = declare(
    schedule,
    'status',
    'Show how often refresh runs, how it last went and when it runs next. Exit code 3 when you are needed.',
    ['awsmfa schedule status', 'awsmfa schedule status --json'],
  )
  withVoiceFlags(status)
    .option('--json', 'one JSON object, for programs')
    .action(async () => {
      const { json = false } = flagsOf<{ json?: boolean }>(status)
      const { scheduleStatus } = await import('../commands/schedule.js')
      tell(await scheduleStatus(world, { json }))
    })

  const remove = declare(schedule, 'remove', 'Take the schedule away. Nothing of it stays.', ['awsmfa schedule remove'])
  withVoiceFlags(remove).action(async () => {
    const { removeSchedule } = await import('../commands/schedule.js')
    await removeSchedule(world)
  })

  schedule.exitOverride((error) => {
    if (error.code !== 'commander.help') throw error
    throw new Failure('usage', 'awsmfa schedule does nothing by itself', 'add install, status or remove to it')
  })
}
