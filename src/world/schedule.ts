import { realpathSync } from 'node:fs'
import { homedir, hostname } from 'node:os'
import { basename, delimiter, isAbsolute, join, resolve } from 'node:path'
import process from 'node:process'
import { stablePath } from '../core/schedule/surroundings.js'
import type { Schedule, Scheduler } from '../outside/schedule.js'
import type { World } from '../world.js'
import { ownProgram } from './ownParts.js'
import { makeCron } from './schedulers/cron.js'
import { makeLaunchd } from './schedulers/launchd.js'
import { makeSchtasks } from './schedulers/schtasks.js'
import { makeSystemd } from './schedulers/systemd.js'
import { userRecord } from './userRecord.js'

export interface ScheduleOptions {
  readonly env: World['env']
  readonly platform: NodeJS.Platform
  readonly stateFolder: string
}

/** The platform's schedulers, best first, and what a job has to know about this machine. */
export function makeSchedule({ env, platform, stateFolder }: ScheduleOptions): Schedule {
  return {
    async schedulers() {
      return schedulersOf(platform, env, stateFolder)
    },
    async facts() {
      const { home, user, uid } = person(env)
      const { node, program } = ownProgram()
      const facts = { home: homedir(), user, realPath }
      const onPath = (name: string) =>
        (env.PATH ?? '')
          .split(delimiter)
          .filter(isAbsolute)
          .map((folder) => join(folder, name))
      return {
        node: stablePath(node, { ...facts, names: onPath(basename(node)) }),
        program: stablePath(program, { ...facts, names: [program, ...onPath('awsmfa')] }),
        key: `${hostname()}/${user}`,
        home,
        uid,
        absolute: (path) => resolve(path),
      }
    },
  }
}

/** By the user database, where the person is in it: in a container they may be a number only. */
function person(env: World['env']): { home: string; user: string; uid: number } {
  try {
    const { homedir: home, username: user, uid } = userRecord()
    return { home, user, uid }
  } catch {
    const uid = process.getuid?.() ?? -1
    return { home: homedir(), user: env.USER ?? String(uid), uid }
  }
}

function schedulersOf(platform: NodeJS.Platform, env: World['env'], stateFolder: string): readonly Scheduler[] {
  const home = homedir() || person(env).home
  const { user } = person(env)
  if (platform === 'win32') {
    return [makeSchtasks(env, env.USERDOMAIN ? `${env.USERDOMAIN}\\${user}` : user, stateFolder)]
  }
  // Not cron on macOS: outside the session at the screen the login keychain is shut.
  if (platform === 'darwin') return [makeLaunchd(env, home, process.getuid?.() ?? 0)]
  return [makeSystemd({ env, home, user }), makeCron({ env })]
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}
