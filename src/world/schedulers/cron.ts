import { findJob, withJob, withoutJob } from '../../core/schedule/crontab.js'
import { Failure } from '../../errors.js'
import type { Scheduler, World } from '../../world.js'
import { missing } from './ownFiles.js'
import { mustRun, runTool } from './runTool.js'

/** A line in the person's crontab. */
export function makeCron(env: World['env']): Scheduler {
  async function list(): Promise<string> {
    const run = await runTool('crontab', ['-l'], { env })
    if (run?.exitCode === 0) return run.stdout
    // BusyBox says "can't open", others "no crontab for NAME"
    if (run?.exitCode === 1 && /no crontab|can't open/i.test(run.complaint)) return ''
    throw new Failure('act', `crontab -l failed: ${run?.complaint ?? 'crontab is not installed'}`, [
      'nothing was changed; whoever runs this machine can allow it (cron.allow), or choose another scheduler with --using',
    ])
  }

  /** Replaces the crontab and looks whether cron has taken it. */
  async function replace(text: string): Promise<void> {
    await (text === '' ? mustRun('crontab', ['-r'], { env }) : mustRun('crontab', ['-'], { env, input: text }))
    if ((await list()) === text) return
    throw new Failure('act', 'the crontab is not what was written', 'compare it with what you expect: crontab -l')
  }

  return {
    name: 'cron',

    async obstacle() {
      const run = await runTool('crontab', ['-l'], { env })
      if (run === undefined) return 'crontab is not installed'
      return run.exitCode === 0 || /no crontab|can't open/i.test(run.complaint) ? undefined : run.complaint
    },

    async install(job) {
      const before = await list()
      const after = withJob(before, job)
      if (after !== before) await replace(after)
    },

    async installed() {
      const run = await runTool('crontab', ['-l'], { env })
      const marker = findJob(run?.exitCode === 0 ? run.stdout : '')
      if (marker === undefined) return undefined
      return { timetable: marker.timetable, where: 'the crontab (crontab -l)', missing: missing(marker.paths) }
    },

    async remove() {
      const run = await runTool('crontab', ['-l'], { env })
      if (run === undefined) return false
      const before = await list()
      const after = withoutJob(before)
      if (after === before) return false
      await replace(after)
      return true
    },
  }
}
