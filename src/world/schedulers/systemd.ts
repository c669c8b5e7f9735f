import { existsSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { readSystemdNews, systemdProperties, systemdUnits } from '../../core/schedule/systemdUnits.js'
import type { Doubt, Scheduler } from '../../outside/schedule.js'
import type { World } from '../../world.js'
import { replaceFile } from '../replaceFile.js'
import { mustRun, runTool } from '../runTool.js'
import { describeJob, markerIn, refuseForeign, removeWithFolders } from './ownFiles.js'

const timerName = 'awsmfa.timer'
const serviceName = 'awsmfa.service'

/** loginctl(1), enable-linger: else the user manager ends with the last session. */
const noLinger: Doubt = {
  what: 'it runs only while you are logged in (linger is off)',
  cure: 'loginctl enable-linger lets it run always',
  withoutLogin: true,
}

export interface SystemdOptions {
  readonly env: World['env']
  readonly home: string
  /** by the user database */
  readonly user: string
  /** where systemd-logind keeps a file for each user who lingers */
  readonly lingerFolder?: string
}

/** A timer of the person's own systemd, which has the session's environment and so the keychain's bus. */
export function makeSystemd({ env, home, user, lingerFolder = '/var/lib/systemd/linger' }: SystemdOptions): Scheduler {
  const configuration = baseFolder(env.XDG_CONFIG_HOME, home, '.config')
  const data = baseFolder(env.XDG_DATA_HOME, home, '.local', 'share')
  const folder = join(configuration, 'systemd', 'user')
  const timerPath = join(folder, timerName)
  const servicePath = join(folder, serviceName)
  const systemctl = (...args: string[]) => runTool('systemctl', ['--user', ...args], env)
  const mustSystemctl = (...args: string[]) => mustRun('systemctl', ['--user', ...args], env)

  return {
    name: 'systemd',

    async obstacle() {
      const run = await systemctl('show', '--property=Version')
      if (run === undefined) return 'systemctl is not installed'
      return run.exitCode === 0 ? undefined : `no systemd user manager answers: ${run.complaint}`
    },

    async install(job) {
      const { service, timer } = systemdUnits(job)
      for (const path of [servicePath, timerPath]) refuseForeign(path)
      await replaceFile(servicePath, () => Buffer.from(service))
      await replaceFile(timerPath, () => Buffer.from(timer))
      await mustSystemctl('daemon-reload')
      await mustSystemctl('enable', timerName)
      // not "enable --now": a timer that runs already would go on with its old calendar
      await mustSystemctl('restart', timerName)
    },

    async installed() {
      const marker = markerIn(timerPath)
      if (marker === undefined) return undefined
      const doubt = (await lingers(env, user, lingerFolder)) === false ? noLinger : undefined
      return { ...describeJob(marker, timerPath, servicePath), ...(await news(env)), doubt }
    },

    async remove() {
      const ours = [timerPath, servicePath].filter((path) => markerIn(path) !== undefined)
      if (ours.length === 0) return false
      // Without a user manager there is nothing to stop, and the link goes as a file.
      await systemctl('disable', '--now', timerName)
      for (const path of [join(folder, 'timers.target.wants', timerName), ...ours])
        removeWithFolders(path, configuration)
      await systemctl('daemon-reload')
      await systemctl('reset-failed', serviceName)
      // when the timer last ran, kept for Persistent=true
      removeWithFolders(join(data, 'systemd', 'timers', `stamp-${timerName}`), data)
      return true
    },
  }
}

/** A relative one is to be ignored (XDG Base Directory Specification). */
function baseFolder(named: string | undefined, home: string, ...usual: string[]): string {
  return named !== undefined && isAbsolute(named) ? named : join(home, ...usual)
}

/** What the manager says of the job. */
async function news(env: World['env']) {
  const show = async (unit: string) => {
    const run = await runTool('systemctl', ['--user', 'show', unit, `--property=${systemdProperties.join(',')}`], env)
    return run?.exitCode === 0 ? run.stdout : undefined
  }
  const timer = await show(timerName)
  const service = await show(serviceName)
  if (timer === undefined || service === undefined) return {}
  const { nextRun, lastRun, active } = readSystemdNews(timer, service)
  const trouble = active === false ? `the timer is not running: systemctl --user start ${timerName}` : undefined
  return { nextRun, lastRun, trouble }
}

/** Whether the user manager, and the timer with it, runs without a login; `undefined` when nobody can tell. */
async function lingers(env: World['env'], user: string, folder: string): Promise<boolean | undefined> {
  if (existsSync(join(folder, user))) return true
  const run = await runTool('loginctl', ['show-user', user, '--property=Linger'], env)
  if (run === undefined) return undefined
  // For a user who neither is logged in nor lingers it fails, and says so.
  if (run.exitCode !== 0) return /not logged in or lingering/.test(run.complaint) ? false : undefined
  return /^(Linger=)?yes$/m.test(run.stdout) ? true : /^(Linger=)?no$/m.test(run.stdout) ? false : undefined
}
