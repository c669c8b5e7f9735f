import { execFile } from 'node:child_process'
import { notificationCommand } from '../core/notification.js'
import { Failure } from '../errors.js'
import type { Notifier, World } from '../world.js'
import { sessionBusAddress } from './sessionBus.js'

/** What the desktop's programs need to find the desktop. Proxies, AWS variables and the rest stay behind. */
const kept = [
  ...'HOME USER LOGNAME PATH LANG LC_ALL XDG_RUNTIME_DIR DISPLAY WAYLAND_DISPLAY XAUTHORITY'.split(' '),
  ...'SystemRoot SystemDrive windir Path PATHEXT TEMP TMP USERPROFILE APPDATA LOCALAPPDATA'.split(' '),
]

export interface NotifierOptions {
  readonly env: World['env']
  readonly platform: NodeJS.Platform
  /** how long the platform's program may take; 5 seconds unless told */
  readonly limitMs?: number
}

/** Desktop notifications by the platform's own program. Without a desktop nothing happens. */
export function makeNotifier({ env, platform, limitMs = 5_000 }: NotifierOptions): Notifier {
  return {
    async notify(title, text) {
      const { command, args, env: own } = notificationCommand(platform, title, text)
      const desktop = await desktopEnvironment(env, platform)
      if (desktop === undefined) return
      const options = {
        env: { ...desktop, ...own },
        timeout: limitMs,
        killSignal: 'SIGKILL',
        windowsHide: true,
      } as const
      await new Promise<void>((resolve) => {
        const done = () => resolve()
        // Not its closing: what it leaves behind may keep the pipes open.
        execFile(command, args, options).once('error', done).once('exit', done)
      })
    },
  }
}

/** @returns `undefined` where there is no desktop to talk to */
async function desktopEnvironment(env: World['env'], platform: NodeJS.Platform): Promise<World['env'] | undefined> {
  const found = Object.fromEntries(kept.map((name) => [name, env[name]]))
  if (platform === 'darwin' || platform === 'win32') return found
  try {
    return { ...found, DBUS_SESSION_BUS_ADDRESS: await sessionBusAddress(env) }
  } catch (error) {
    if (error instanceof Failure) return undefined
    throw error
  }
}
