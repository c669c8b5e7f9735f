import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findJob, withJob, withoutJob } from '../../core/schedule/crontab.js'
import { Failure } from '../../errors.js'
import type { Doubt, Scheduler } from '../../outside/schedule.js'
import type { World } from '../../world.js'
import { alive } from '../alive.js'
import { refuseForeignHome } from '../homeFolder.js'
import { mustRun, runTool, type ToolRun } from '../runTool.js'
import { describeJob } from './ownFiles.js'

export interface CronOptions {
  readonly env: World['env']
  /** where processes, and the pid files of daemons, are seen */
  readonly proc?: string
  readonly run?: string
}

/** A line in the person's crontab. */
export function makeCron({ env, proc = '/proc', run: runFolder = '/run' }: CronOptions): Scheduler {
  return {
    name: 'cron',

    async obstacle() {
      const run = await list(env)
      return run === undefined
        ? 'crontab is not installed'
        : run.exitCode === 0 || isNone(run)
          ? undefined
          : run.complaint
    },

    async install(job) {
      // The crontab would be root's, and its runs are refused.
      refuseForeignHome()
      const before = textOf(await list(env))
      const after = withJob(before, job)
      if (after !== before) await replace(after, env)
    },

    async installed() {
      const run = await list(env)
      const marker = findJob(run?.exitCode === 0 ? run.stdout : '')
      if (marker === undefined) return undefined
      const doubt = daemonSeen(proc, runFolder) === false ? noDaemon(env, proc, runFolder) : undefined
      return { ...describeJob(marker, 'the crontab (crontab -l)'), doubt }
    },

    async remove() {
      const run = await list(env)
      if (run === undefined) return false
      const before = textOf(run)
      const after = withoutJob(before)
      if (after === before) return false
      await replace(after, env)
      return true
    },
  }
}

const list = (env: World['env']) => runTool('crontab', ['-l'], env)

/** BusyBox says "can't open", others "no crontab for NAME". */
const isNone = ({ complaint }: ToolRun) => /no crontab|can't open/i.test(complaint)

function textOf(run: ToolRun | undefined): string {
  if (run?.exitCode === 0) return run.stdout
  if (run?.exitCode === 1 && isNone(run)) return ''
  throw new Failure('act', `crontab -l failed: ${run?.complaint ?? 'crontab is not installed'}`, [
    'nothing was changed; whoever runs this machine can allow it (cron.allow), or choose another scheduler with --using',
  ])
}

/** Replaces the crontab and looks whether cron has taken it. */
async function replace(text: string, env: World['env']): Promise<void> {
  await mustRun('crontab', [text === '' ? '-r' : '-'], env, { input: text })
  if (textOf(await list(env)) === text) return
  throw new Failure('act', 'the crontab is not what was written', 'compare it with what you expect: crontab -l')
}

/** systemd-cron has no daemon: it makes timers of crontabs. */
const timerMaker = '/lib/systemd/system-generators/systemd-crontab-generator'

/** Whether a cron runs that looks at crontabs; `undefined` when nobody can tell. */
function daemonSeen(proc: string, runFolder: string): boolean | undefined {
  // Other Unixes have no /proc, and mounted with hidepid it hides the processes of others, proc(5).
  if (readIfAllowed(join(proc, '1', 'comm')) === undefined) return undefined
  const isCron = (pid: string) => {
    const name = readIfAllowed(join(proc, pid, 'comm'))?.trim() ?? ''
    if (name === 'busybox') return readIfAllowed(join(proc, pid, 'cmdline'))?.includes('\0crond') === true
    return /^[fb]?crond?$|^bcron-/.test(name)
  }
  if (existsSync(timerMaker) || readdirSync(proc).some((entry) => /^\d+$/.test(entry) && isCron(entry))) return true
  const pids = ['crond.pid', 'cron.pid', 'fcron.pid'].map((name) => Number(readIfAllowed(join(runFolder, name))))
  return pids.some((pid) => Number.isInteger(pid) && pid > 1 && alive(pid))
}

function noDaemon(env: World['env'], proc: string, runFolder: string): Doubt {
  const onWsl = env.WSL_DISTRO_NAME || /microsoft/i.test(readIfAllowed(join(proc, 'sys/kernel/osrelease')) ?? '')
  const cure = onWsl
    ? 'sudo service cron start, each time WSL starts, or systemd=true under [boot] in /etc/wsl.conf'
    : existsSync(join(runFolder, 'systemd', 'system'))
      ? 'sudo systemctl enable --now cron (crond on Fedora, cronie on Arch)'
      : 'sudo service cron start (crond on Alpine and Fedora)'
  return { what: 'no cron daemon is seen, and without one nothing runs', cure }
}

function readIfAllowed(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
