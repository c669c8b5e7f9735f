import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { formatKeyPair, isKeyAccount, parseKeyPair } from '../core/keyPair.js'
import { Seed } from '../core/seed.js'
import { Failure, SeedUnreadable } from '../errors.js'
import type { Keychain, KeychainProbe } from '../outside/seedStores.js'
import type { World } from '../world.js'
import { childEnvironment, type Ending, startKeychainChild } from './askKeychain.js'
import { askTogether } from './askTogether.js'
import type { Answer, Question } from './keychainChild.js'
import { brokenOff, contentOf, dialogFailure, keyringFailure, refusalFailure } from './keychainFailure.js'
import { type KeyringState, keyringState, service, stateInText } from './keyringState.js'
import { runTool } from './runTool.js'
import { sessionBusAddress } from './sessionBus.js'
import { statIfAny } from './target.js'

/** A person who hears nothing for longer looks elsewhere than at the keychain's window. */
const silenceMs = 1_500
/** At most one dialog a day that nobody has asked for. */
const pauseMs = 24 * 3_600_000

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

/**
 * The OS keychain through keytar, each operation in a child process of its own with a hard time limit.
 *
 * On Linux the Secret Service is asked first how it is: unattended, a locked keyring must neither raise a dialog at night
 * nor pass for an empty one.
 */
export function makeKeychain(options: KeychainOptions): Keychain {
  const remove = async (account: string) => (await operate(options, { operation: 'delete', service, account })).existed
  const ask = askTogether(async (accounts, meanwhile) => {
    const { passwords = [] } = await operate(options, { operation: 'get', service, accounts }, meanwhile)
    return passwords
  })
  const store = async (account: string, password: string) => {
    await operate(options, { operation: 'set', service, account, password })
    if ((await readBack(options, account)) === password) return
    await remove(account).catch(() => {})
    throw new Failure('act', `the keychain did not keep ${contentOf(account)} as it was given`, [
      'nothing is stored now; see whether another program manages this keychain, then run the same command again',
    ])
  }
  return {
    async get(serialNumber, meanwhile) {
      return readItem(
        await ask(serialNumber, meanwhile),
        serialNumber,
        Seed.parse,
        'put the seed in again: awsmfa enroll --replace',
      )
    },
    set: (serialNumber, seed) => store(serialNumber, seed.reveal()),
    async getKeys(account, meanwhile) {
      const password = await ask(account, meanwhile)
      return readItem(password, account, parseKeyPair, 'put the keys into the credentials file again')
    },
    setKeys: (account, keys) => store(account, formatKeyPair(keys)),
    delete: remove,
  }
}

/** A later run is another process, with nobody there: what such a run cannot read is as good as not kept. */
async function readBack(options: KeychainOptions, account: string): Promise<string | undefined> {
  try {
    const unattended = { ...options, attended: () => false }
    const { passwords } = await operate(unattended, { operation: 'get', service, accounts: [account] })
    return passwords?.[0] ?? undefined
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const { kind, message, hints } = error
    throw new Failure(
      kind,
      `the keychain took ${isKeyAccount(account) ? 'the key' : 'the seed'}, and a run that nobody watches could not read it: ${message}`,
      hints,
    )
  }
}

function readItem<T>(
  password: string | undefined,
  account: string,
  parse: (text: string) => T,
  cure: string,
): T | undefined {
  if (password === undefined) return undefined
  try {
    return parse(password)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const what = isKeyAccount(account) ? 'key pair' : 'seed'
    throw new SeedUnreadable(`the item of ${account} in the keychain is not a ${what}: ${error.message}`, [
      `another program changed the item (service ${service}); ${cure}`,
    ])
  }
}

type Done = Answer & { kind: 'done' }

/**
 * @param meanwhile - runs when the child is on its way
 * @throws Failure `act` when the keychain gave no answer, or none that can be trusted
 */
async function operate(options: KeychainOptions, question: Question, meanwhile?: () => void): Promise<Done> {
  const accounts = question.operation === 'get' ? question.accounts : [question.account]
  const [account = ''] = accounts
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
  const currentState = async (of = account) =>
    hasSecretService ? keyringState(of, env, limits.unattended) : ('open' as const)
  const unusable = (state: KeyringState) =>
    keyringFailure(state, account, { ...options.env, DBUS_SESSION_BUS_ADDRESS: env.DBUS_SESSION_BUS_ADDRESS })

  // It takes as long to start as the keyring takes to say how it is.
  const child = startKeychainChild(env, options.nodeOptions ?? process.execArgv)
  meanwhile?.()
  const dialog = dialogNote(options)
  let state: KeyringState
  let ending: Ending
  try {
    state = await currentState()
    if (!mayAnswer(state, attended)) throw unusable(state)
    if (!attended && dialog.stands()) throw dialogFailure()
    const told = tellWait(options, attended, state, question)
    ending = await child.ask(question, limitMs)
    clearTimeout(told)
  } finally {
    child.end()
  }
  if (ending.kind === 'timed-out' && !attended) dialog.write()
  if (ending.kind === 'refused') {
    const why = hasSecretService ? stateInText(ending.text) : 'unknown'
    if (why !== 'unknown') throw unusable(why)
    // libsecret's errors say little about a keyring that stayed locked.
    throw state === 'locked' || state === 'asks' ? unusable(state) : refusalFailure(ending.text, account)
  }
  if (ending.kind !== 'done') throw brokenOff(ending, account, limitMs)
  if (attended) dialog.remove()
  // libsecret takes a locked item for an absent one. What was empty before has no item to lock.
  const missing = accounts.filter((_, place) => ending.existed === false && !ending.passwords?.[place])
  for (const each of missing) {
    const now = each === account && state === 'empty' ? 'empty' : await currentState(each)
    if (now !== 'open' && now !== 'empty' && now !== 'no-keyring') throw unusable(now)
  }
  return ending
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

/**
 * A note that an unattended run had no answer in time. On macOS that may have been a dialog, which comes when the item's
 * access list does not know this Node, such as after an upgrade, and which only SecKeychainSetUserInteractionAllowed could
 * forbid: keytar does not call it (src/keychain_mac.cc), nor does `security find-generic-password`. While the note is
 * fresh, no unattended run raises another one; a run with a person there takes it away. Not tried on macOS.
 */
function dialogNote({ platform, stateFolder }: Pick<KeychainOptions, 'platform' | 'stateFolder'>) {
  const path = platform === 'darwin' && stateFolder !== undefined ? join(stateFolder, 'keychain-dialog') : undefined
  const quietly = (work: (path: string) => void) => {
    try {
      if (path !== undefined) work(path)
    } catch {
      // Without the note the next run asks again.
    }
  }
  return {
    stands: () => path !== undefined && Math.abs(Date.now() - (statIfAny(path)?.mtimeMs ?? 0)) < pauseMs,
    write: () => quietly((file) => writeFileSync(file, '', { mode: 0o600 })),
    remove: () => quietly((file) => rmSync(file, { force: true })),
  }
}

/** Looks into the OS keychain without a dialog, as a run that nobody watches. */
export function makeKeychainProbe(platform: NodeJS.Platform): KeychainProbe {
  return {
    async holdsSeed(serialNumber, env) {
      const keychain = makeKeychain({ env, platform, attended: () => false })
      return (await keychain.get(serialNumber)) !== undefined
    },
    async provider(env) {
      if (platform === 'darwin') return 'the macOS keychain'
      if (platform === 'win32') return 'the Windows Credential Manager'
      return await secretServiceOwner(env)
    },
  }
}

/** The program behind the Secret Service: another one may answer in another kind of session. */
async function secretServiceOwner(env: World['env']): Promise<string | undefined> {
  try {
    const bus = { DBUS_SESSION_BUS_ADDRESS: await sessionBusAddress(env) }
    const run = await runTool('busctl', ['--user', 'status', 'org.freedesktop.secrets'], { ...env, ...bus })
    return /^Comm=(\S.*)$/m.exec(run?.stdout ?? '')?.[1]
  } catch {
    // No bus: the look for the seed tells why.
    return undefined
  }
}
