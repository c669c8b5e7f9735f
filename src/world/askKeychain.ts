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

/** A child that was started, and loads what it needs while its question is not known to be allowed yet. */
export interface KeychainChild {
  /** Asks the one question that a child is for. When this resolves, the child is gone. */
  ask(question: Question, limitMs: number): Promise<Ending>
  /** Ends a child that is not to be asked, or has been. */
  end(): void
}

/**
 * Starts the child for one question.
 *
 * The question goes over the IPC channel: argv and environ of a process can be read by others. SIGKILL always ends the
 * child, because after a blocked call nothing else does.
 */
export function startKeychainChild(env: NodeJS.ProcessEnv, nodeOptions: readonly string[]): KeychainChild {
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
  const kill = () => void child.kill('SIGKILL')
  const forget = onExit(kill)
  let answer: Ending | undefined
  const gone = new Promise<Ending>((resolve) => {
    child.once('error', (error) => resolve({ kind: 'crashed', how: error.message }))
    child.once('close', (code, signal) => resolve({ kind: 'crashed', how: signal ?? `exit code ${code}` }))
  })
  const end = (how: Ending) => {
    answer ??= how
    kill()
  }
  return {
    async ask(question, limitMs) {
      const timer = setTimeout(() => end({ kind: 'timed-out' }), limitMs)
      child.once('message', (message: Answer) => end(message))
      // When the child dies before it reads the question, its end is reported above.
      child.send(question, () => {})
      const how = await gone
      clearTimeout(timer)
      return answer ?? how
    },
    end() {
      kill()
      forget()
    },
  }
}
