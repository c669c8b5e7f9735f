import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { launchAgent, launchAgentLabel } from '../../core/schedule/launchAgent.js'
import type { Scheduler } from '../../outside/schedule.js'
import type { World } from '../../world.js'
import { replaceFile } from '../replaceFile.js'
import { mustRun, runTool } from '../runTool.js'
import { describeJob, markerIn, refuseForeign, removeWithFolders } from './ownFiles.js'

/** launchd goes on for a moment after it has said that a job is gone, and refuses a new one of that name until then. */
const mostAttempts = 20
const pauseMs = 250

/** A LaunchAgent of the person's session at the screen. */
export function makeLaunchd(env: World['env'], home: string, uid: number): Scheduler {
  const path = join(home, 'Library', 'LaunchAgents', `${launchAgentLabel}.plist`)
  const domain = `gui/${uid}`
  const target = `${domain}/${launchAgentLabel}`
  const launchctl = (...args: string[]) => runTool('launchctl', args, env)

  return {
    name: 'launchd',

    async obstacle() {
      const run = await launchctl('print', domain)
      if (run === undefined) return 'launchctl is not installed'
      return run.exitCode === 0 ? undefined : `nobody is logged in at the screen (${domain}): ${run.complaint}`
    },

    async install(job) {
      const text = launchAgent(job)
      refuseForeign(path)
      await replaceFile(path, () => Buffer.from(text))
      await launchctl('bootout', target)
      await mustRun('launchctl', ['enable', target], env)
      for (let attempt = 1; attempt < mostAttempts; attempt++) {
        if ((await launchctl('bootstrap', domain, path))?.exitCode === 0) return
        await sleep(pauseMs)
      }
      await mustRun('launchctl', ['bootstrap', domain, path], env)
    },

    async installed() {
      const marker = markerIn(path)
      if (marker === undefined) return undefined
      const loaded = (await launchctl('print', target))?.exitCode === 0
      return {
        ...describeJob(marker, path),
        trouble: loaded ? undefined : `launchd has not loaded it: launchctl bootstrap ${domain} ${path}`,
      }
    },

    async remove() {
      if (markerIn(path) === undefined) return false
      await launchctl('bootout', target)
      return removeWithFolders(path, join(home, 'Library'))
    },
  }
}
