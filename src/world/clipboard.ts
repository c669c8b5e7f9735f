import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { Failure } from '../errors.js'
import type { Clipboard, World } from '../world.js'
import { onExit } from './cleanup.js'

const limitMs = 5_000

export interface ClipboardOptions {
  readonly env: World['env']
  readonly platform: NodeJS.Platform
}

type Command = readonly [program: string, ...args: string[]]

/** The clipboard by the platform's own program. The text goes in by its stdin: argv can be read by every user. */
export function makeClipboard({ env, platform }: ClipboardOptions): Clipboard {
  return {
    async copy(text) {
      const commands = commandsFor(env, platform)
      for (const command of commands) if (await copied(command, text, env)) return
      const names = commands.map(([program]) => program).join(' or ')
      throw new Failure(
        'act',
        commands.length === 0 ? 'there is no clipboard: this is not a graphical session' : 'the clipboard is closed',
        commands.length === 0 ? 'leave out --copy' : `install or mend ${names}, or leave out --copy`,
      )
    },
  }
}

/** The platform's programs, best first. */
function commandsFor(env: World['env'], platform: NodeJS.Platform): Command[] {
  if (platform === 'darwin') return [['/usr/bin/pbcopy']]
  if (platform === 'win32') return [[join(env.SystemRoot ?? 'C:\\Windows', 'System32', 'clip.exe')]]
  const wayland: Command[] = env.WAYLAND_DISPLAY ? [['wl-copy']] : []
  const x11: Command[] = env.DISPLAY
    ? [
        ['xclip', '-selection', 'clipboard'],
        ['xsel', '--clipboard', '--input'],
      ]
    : []
  const wsl: Command[] = env.WSL_DISTRO_NAME ? [['clip.exe']] : []
  return [...wayland, ...x11, ...wsl]
}

/** @returns whether the program is there and took it */
function copied([program, ...args]: Command, text: string, env: World['env']): Promise<boolean> {
  return new Promise((resolve) => {
    // X11 and Wayland have no clipboard of their own: the program stays behind to serve it, and would keep pipes open.
    const child = spawn(program, args, {
      env,
      stdio: ['pipe', 'ignore', 'ignore'],
      timeout: limitMs,
      killSignal: 'SIGKILL',
      windowsHide: true,
    })
    const forget = onExit(() => child.kill('SIGKILL'))
    const done = (yes: boolean) => {
      forget()
      resolve(yes)
    }
    child.once('error', () => done(false))
    child.once('exit', (exitCode) => done(exitCode === 0))
    child.stdin.on('error', () => {}) // It ended without reading: its exit code tells.
    child.stdin.end(text)
  })
}
