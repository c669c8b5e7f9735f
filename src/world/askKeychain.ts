import { spawn } from 'node:child_process'
import process from 'node:process'
import type { World } from '../world.js'
import { onExit } from './cleanup.js'
import type { Answer, Question } from './keychainChild.js'
import { keychainCommand } from './ownParts.js'

/** All that keytar's libraries need, on any platform. NODE_OPTIONS and whatever holds secrets stays behind. */
const kept = new Set([
  ...['HOME', 'USER', 'LOGNAME', 'PATH', 'TMPDIR', 'LD_LIBRARY_PATH', '__CF_USER_TEXT_ENCODING'],
  ...['XDG_RUNTIME_DIR', 'XDG_DATA_HOME', 'XDG_CONFIG_HOME', 'DBUS_SESSION_BUS_ADDRESS'],
  ...['DISPLAY', 'WAYLAND_DISPLAY', 'XAUTHORITY'],
  ...['SYSTEMROOT', 'SYSTEMDRIVE', 'WINDIR', 'COMSPEC', 'TEMP', 'TMP', 'PROGRAMDATA'],
  ...['USERPROFILE', 'USERNAME', 'USERDOMAIN', 'HOMEDRIVE', 'HOMEPATH', 'APPDATA', 'LOCALAPPDATA'],
])

/** The environment for the child, and for the tools that look at the keyring. */
export function childEnvironment(env: World['env']): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => kept.has(name.toUpperCase())))
}

export type Ending = Answer | { readonly kind: 'timed-out' } | { readonly kind: 'crashed'; readonly how: string }

/**
 * Runs the child for one question. When this resolves, the child is gone.
 *
 * The question goes over the IPC channel: argv and environ of a process can be read by others. SIGKILL always ends the
 * child, because after a blocked call nothing else does.
 */
export function askKeychain(
  question: Question,
  env: NodeJS.ProcessEnv,
  nodeOptions: readonly string[],
  limitMs: number,
): Promise<Ending> {
  return new Promise((resolve) => {
    const own = keychainCommand(nodeOptions)
    // No core file: it would hold the seed. Node cannot set limits itself, the shell can.
    const [command, ...args] =
      process.platform === 'win32' ? own : (['/bin/sh', '-c', 'ulimit -c 0; exec "$0" "$@"', ...own] as const)
    const child = spawn(command, args, {
      env,
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      // Ctrl-C is for the parent to handle; the child notices its end.
      detached: process.platform !== 'win32',
      windowsHide: true,
    })
    let ending: Ending | undefined
    const end = (how: Ending) => {
      ending ??= how
      child.kill('SIGKILL')
    }
    const timer = setTimeout(() => end({ kind: 'timed-out' }), limitMs)
    const forget = onExit(() => child.kill('SIGKILL'))
    const settle = (how: Ending) => {
      clearTimeout(timer)
      forget()
      resolve(ending ?? how)
    }
    child.once('message', (answer: Answer) => end(answer))
    child.once('error', (error) => settle({ kind: 'crashed', how: error.message }))
    child.once('close', (code, signal) => settle({ kind: 'crashed', how: signal ?? `exit code ${code}` }))
    // When the child dies before it reads the question, its end is reported above.
    child.send(question, () => {})
  })
}
