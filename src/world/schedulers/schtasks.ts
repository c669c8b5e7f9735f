import { randomUUID } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findMarker } from '../../core/schedule/job.js'
import { envFileText, fromXmlText, taskXml } from '../../core/schedule/taskXml.js'
import type { Scheduler } from '../../outside/schedule.js'
import type { World } from '../../world.js'
import { onExit } from '../cleanup.js'
import { replaceFile } from '../replaceFile.js'
import { mustRun, runTool } from '../runTool.js'
import { removeFile } from '../target.js'
import { describeJob } from './ownFiles.js'

/**
 * A task of Windows' Task Scheduler.
 *
 * @param user - `DOMAIN\name`
 * @param stateFolder - where the file with the job's variables is kept
 */
export function makeSchtasks(env: World['env'], user: string, stateFolder: string): Scheduler {
  // Task names are the machine's, not the person's.
  const task = `awsmfa refresh (${user.replace(/[^\p{L}\p{N}._-]/gu, '-')})`
  const envFile = join(stateFolder, 'schedule.env')
  // An absolute path: Windows looks for programs in the current folder first.
  const tool =
    process.platform === 'win32' ? join(env.SystemRoot ?? 'C:\\Windows', 'System32', 'schtasks.exe') : 'schtasks'

  return {
    name: 'schtasks',

    async obstacle() {
      const run = await runTool(tool, ['/Query', '/?'], env)
      return run === undefined ? 'schtasks is not installed' : undefined
    },

    async install(job) {
      const xml = taskXml(job, user, envFile)
      const variables = envFileText(job.env)
      await replaceFile(envFile, () => Buffer.from(variables))
      const definition = join(tmpdir(), `awsmfa-${randomUUID()}.xml`)
      const remove = () => rmSync(definition, { force: true })
      const forget = onExit(remove)
      try {
        writeFileSync(definition, `\ufeff${xml}`, { encoding: 'utf16le', mode: 0o600, flag: 'wx' })
        await mustRun(tool, ['/Create', '/TN', task, '/XML', definition, '/F'], env)
      } finally {
        remove()
        forget()
      }
    },

    async installed() {
      const run = await runTool(tool, ['/Query', '/TN', task, '/XML'], env)
      if (run?.exitCode !== 0) return undefined
      // the marker is ASCII, whatever code page or UTF-16 it comes in
      const marker = findMarker(fromXmlText(run.stdout.replace(/\0/g, '')))
      if (marker === undefined) return undefined
      return describeJob(marker, `the task "${task}"`, envFile)
    },

    async remove() {
      const existed = (await runTool(tool, ['/Query', '/TN', task], env))?.exitCode === 0
      if (existed) await mustRun(tool, ['/Delete', '/TN', task, '/F'], env)
      removeFile(envFile)
      return existed
    },
  }
}
