import { spawn } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { Seed } from '../core/seed.js'
import { Failure, SeedUnreadable } from '../errors.js'
import type { Keychain, World } from '../world.js'
import { onExit } from './cleanup.js'
import type { Answer, Question } from './keychainChild.js'
import { dialogNote } from './keychainDialog.js'
import {
  crashFailure,
  dialogFailure,
  keyringFailure,
  libraryFailure,
  refusalFailure,
  timeFailure,
} from './keychainFailure.js'
import { type KeyringState, keyringState, service, stateInText } from './keyringState.js'
import { sessionBusAddress } from './sessionBus.js'

/** A person who hears nothing for longer looks elsewhere than at the keychain's window. */
const silenceMs = 1_500

export interface KeychainOptions {
  readonly env: World['env']
  readonly platform: NodeJS.Platform
  /** whether a person is there to answer the desktop's dialog; asked at each operation */
  attended(): boolean
  /** told what the person may have to do before the keychain answers */
  onWait?(line: string): void
  /** how long one operation may take when a person is there or not; default one minute or five seconds */
  readonly limitMs?: { readonly attended: number; readonly unattended: number }
  /** where awsmfa keeps notes for its next runs; without it none is kept */
  readonly stateFolder?: string
  /** Node's own options for the child; default: this process's */
  readonly nodeOptions?: readonly string[]
}

/** All that keytar's libraries need, on any platform. NODE_OPTIONS and whatever holds secrets stays behind. */
const kept = new Set([
  ...['HOME', 'USER', 'LOGNAME', 'PATH', 'TMPDIR', 'LD_LIBRARY_PATH', '__CF_USER_TEXT_ENCODING'],
  ...['XDG_RUNTIME_DIR', 'XDG_DATA_HOME', 'XDG_CONFIG_HOME', 'DBUS_SESSION_BUS_ADDRESS'],
  ...['DISPLAY', 'WAYLAND_DISPLAY', 'XAUTHORITY'],
  ...['SYSTEMROOT', 'SYSTEMDRIVE', 'WINDIR', 'COMSPEC', 'TEMP', 'TMP', 'PROGRAMDATA'],
  ...['USERPROFILE', 'USERNAME', 'USERDOMAIN', 'HOMEDRIVE', 'HOMEPATH', 'APPDATA', 'LOCALAPPDATA'],
])

const program = fileURLToPath(new URL('./keychainChild.js', import.meta.url))

/**
 * The OS keychain through keytar, each operation in a child process of its own with a hard time limit.
 *
 * On Linux the Secret Service is asked first how it is: unattended, a locked keyring must neither raise a dialog at night
 * nor pass for an empty one.
 */
export function makeKeychain(options: KeychainOptions): Keychain {
  const remove = async (account: string) => (await operate(options, { operation: 'delete', service, account })).existed
  return {
    async get(serialNumber) {
      const { password } = await operate(options, { operation: 'get', service, account: serialNumber })
      return password === undefined ? undefined : readSeed(password, serialNumber)
    },
    async set(serialNumber, seed) {
      await operate(options, { operation: 'set', service, account: serialNumber, password: seed.reveal() })
      if ((await readBack(options, serialNumber)) === seed.reveal()) return
      await remove(serialNumber).catch(() => {})
      throw new Failure('act', `the keychain did not keep the seed of ${serialNumber} as it was given`, [
        'nothing is stored now; see whether another program manages this keychain, then enroll again',
      ])
    },
    delete: remove,
  }
}

/** A later run is another process, with nobody there: what such a run cannot read is as good as not kept. */
async function readBack(options: KeychainOptions, account: string): Promise<string | undefined> {
  try {
    const unattended = { ...options, attended: () => false }
    return (await operate(unattended, { operation: 'get', service, account })).password
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const { kind, message, hints } = error
    throw new Failure(
      kind,
      `the keychain took the seed, and a run that nobody watches could not read it: ${message}`,
      hints,
    )
  }
}

function readSeed(password: string, serialNumber: string): Seed {
  try {
    return Seed.parse(password)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    throw new SeedUnreadable(`the item of ${serialNumber} in the keychain is not a seed: ${error.message}`, [
      `another program changed the item (service ${service}); put the seed in again: awsmfa enroll --replace`,
    ])
  }
}

type Done = Answer & { kind: 'done' }

/** @throws Failure `act` when the keychain gave no answer, or none that can be trusted */
async function operate(options: KeychainOptions, question: Question): Promise<Done> {
  const { account } = question
  const attended = options.attended()
  const limits = options.limitMs ?? { attended: 60_000, unattended: 5_000 }
  const limitMs = attended ? limits.attended : limits.unattended
  const hasSecretService = options.platform !== 'darwin' && options.platform !== 'win32'
  const env = childEnvironment(options.env)
  if (hasSecretService) {
    env.DBUS_SESSION_BUS_ADDRESS = await sessionBusAddress(options.env)
    // GLib's and systemd's messages in the language that stateInText reads
    env.LC_ALL = 'C'
  }
  const currentState = async () => (hasSecretService ? keyringState(account, env, limits.unattended) : 'open')
  const unusable = (state: KeyringState) =>
    keyringFailure(state, account, { ...options.env, DBUS_SESSION_BUS_ADDRESS: env.DBUS_SESSION_BUS_ADDRESS })

  const state = await currentState()
  if (!mayAnswer(state, attended)) throw unusable(state)
  const dialog = dialogNote(options)
  if (!attended && dialog.stands()) throw dialogFailure()
  const told = tellWait(options, attended, state, question)
  const ending = await askChild(question, env, options.nodeOptions ?? process.execArgv, limitMs)
  clearTimeout(told)
  switch (ending.kind) {
    case 'done': {
      if (attended) dialog.remove()
      // libsecret takes a locked item for an absent one. What was empty before has no item to lock.
      const now = ending.existed || state === 'empty' ? 'empty' : await currentState()
      if (now === 'open' || now === 'empty' || now === 'no-keyring') return ending
      throw unusable(now)
    }
    case 'not-deleted':
      throw new Failure('act', `the seed of ${account} was deleted and is still in the keychain`, [
        `look for a second item of the service ${service} in the keychain's own program`,
      ])
    case 'refused': {
      // libsecret's errors say little about a keyring that stayed locked.
      const why = hasSecretService ? stateInText(ending.text) : 'unknown'
      if (why !== 'unknown') throw unusable(why)
      throw state === 'locked' || state === 'asks' ? unusable(state) : refusalFailure(ending.text, account)
    }
    case 'no-library':
      throw libraryFailure(ending.code, ending.text)
    case 'timed-out':
      if (!attended) dialog.write()
      throw timeFailure(limitMs)
    case 'crashed':
      throw crashFailure(ending.how)
  }
}

/** Whether the keychain can be asked: where it needs a person, only when there is one. */
function mayAnswer(state: KeyringState, attended: boolean): boolean {
  if (state === 'locked' || state === 'asks' || state === 'no-keyring') return attended
  return state === 'open' || state === 'empty' || state === 'unknown'
}

/** Says what the person may have to do; where that is not known, when the answer takes its time. */
function tellWait(
  { onWait }: KeychainOptions,
  attended: boolean,
  state: KeyringState,
  { operation }: Question,
): NodeJS.Timeout | undefined {
  if (!attended) return undefined
  if (state === 'asks') onWait?.('the keychain asks in a window whether awsmfa may have the seed')
  // The desktop raises its own dialog, which unlocks a keyring, or makes one for a new item.
  else if (state === 'locked' || (state === 'no-keyring' && operation === 'set')) {
    onWait?.('waiting for the desktop to unlock the keyring')
  } else return setTimeout(() => onWait?.('the keychain may be asking something in a window'), silenceMs)
  return undefined
}

function childEnvironment(env: World['env']): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => kept.has(name.toUpperCase())))
}

type Ending = Answer | { readonly kind: 'timed-out' } | { readonly kind: 'crashed'; readonly how: string }

/**
 * Runs the child for one question. When this resolves, the child is gone.
 *
 * The question goes over the IPC channel: argv and environ of a process can be read by others. SIGKILL always ends the
 * child, because after a blocked call nothing else does.
 */
function askChild(
  question: Question,
  env: NodeJS.ProcessEnv,
  nodeOptions: readonly string[],
  limitMs: number,
): Promise<Ending> {
  return new Promise((resolve) => {
    const node = [process.execPath, ...nodeOptions.filter((option) => !option.startsWith('--inspect')), program]
    // No core file: it would hold the seed. Node cannot set limits itself, the shell can.
    const [command = '', ...args] =
      process.platform === 'win32' ? node : ['/bin/sh', '-c', 'ulimit -c 0; exec "$0" "$@"', ...node]
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
