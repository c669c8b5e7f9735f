import { AsyncLocalStorage } from 'node:async_hooks'
import { Failure, IamFailure, type IamReason, SeedUnreadable, StsFailure, type StsReason } from '../../src/errors.js'
import type { LockName, World } from '../../src/world.js'

/** What a call throws in place of its answer: before it has done anything, or after. */
export interface Fault {
  readonly words: string
  readonly when: 'before' | 'after'
  error(): Error
}

/** Asked before each call that can fail; may run something else first. */
export type Trap = (number: number, call: string) => Promise<Fault | undefined>

/** Answers at once, from memory: these neither fail nor wait. */
const atOnce =
  /^(clock\.(now|bootedAt|within)|terminal\.(paint|answer|say|warn|detail|fail)|awsFiles\.path|seedFile\.(defaultPath|absolute|absence))$/
const parts: readonly (keyof World)[] = [
  ...(['clock', 'terminal', 'standardInput', 'qrCodes', 'awsFiles', 'state', 'lock', 'keychain', 'seedFile'] as const),
  ...(['programs', 'clipboard', 'keychainProbe', 'sts', 'iam', 'schedule', 'hookStamp', 'startUpFiles'] as const),
  'notifier',
]

/**
 * The same World, whose every call is written down and may be made to fail. Nobody may wait for a person, a program or the
 * time while others need the lock: who does is written down too.
 *
 * @param calls - gets the calls in their order
 * @param offences - gets what must not be
 */
export function faultyWorld(world: World, calls: string[], offences: string[], trap: Trap): World {
  const wrap = <T extends object>(part: T, path: string): T =>
    new Proxy(part, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key)
        const name = `${path}.${String(key)}`
        if (typeof value !== 'function' || atOnce.test(name)) return value
        return async (...args: readonly unknown[]) => {
          const call = typeof args[0] === 'string' && /^(awsFiles|state|lock)/.test(name) ? `${name} ${args[0]}` : name
          const number = calls.push(call) - 1
          if (waits(world, name, args) && heldNow().some((lock) => lock !== 'devices')) {
            offences.push(`${call} (call ${number}) waits under the lock ${heldNow().join()}`)
          }
          const fault = await trap(number, call)
          if (fault?.when === 'before') throw fault.error()
          const result: unknown = await value.apply(target, args)
          if (fault !== undefined) throw fault.error()
          return Array.isArray(result) && name === 'schedule.schedulers'
            ? result.map((each: object) => wrap(each, 'scheduler'))
            : result
        }
      },
    })
  return { ...world, ...Object.fromEntries(parts.map((part) => [part, wrap(world[part] as object, part)])) }
}

function waits({ terminal }: World, name: string, args: readonly unknown[]): boolean {
  if (name.startsWith('seedFile.')) return JSON.stringify(args).includes('passphrase-command')
  if (name.startsWith('keychain.')) return terminal.interactive
  return /^(clock\.sleep|terminal\.|programs\.|standardInput\.|qrCodes\.|clipboard\.)/.test(name)
}

const held = new AsyncLocalStorage<readonly LockName[]>()

/** The locks that the running command holds. */
function heldNow(): readonly LockName[] {
  return held.getStore() ?? []
}

/** Runs a command that holds no lock yet. */
export function asProcess<T>(work: () => Promise<T>): Promise<T> {
  return held.run([], work)
}

/** The locks of several commands in one process; each has one only after those that come first. */
export class SharedLock {
  readonly #taken = new Set<LockName>()
  readonly #waiting: (() => void)[] = []
  readonly #blocked: (() => void)[] = []
  readonly offences: string[]

  constructor(offences: string[]) {
    this.offences = offences
  }

  get free(): boolean {
    return this.#taken.size === 0
  }

  /** Resolves when a command must wait for another one. */
  nextBlocked(): Promise<void> {
    return new Promise((resolve) => void this.#blocked.push(resolve))
  }

  async hold<T>(what: LockName, work: () => Promise<T>): Promise<T> {
    const order: readonly LockName[] = ['devices', 'session', 'ledger']
    if (heldNow().some((each) => order.indexOf(each) >= order.indexOf(what))) {
      this.offences.push(`the lock ${what} is taken under ${heldNow().join()}`)
      throw new Error(`the lock ${what} waits for itself`)
    }
    while (this.#taken.has(what)) {
      for (const tell of this.#blocked.splice(0)) tell()
      await new Promise<void>((resolve) => void this.#waiting.push(resolve))
    }
    this.#taken.add(what)
    try {
      return await held.run([...heldNow(), what], work)
    } finally {
      this.#taken.delete(what)
      for (const wake of this.#waiting.splice(0)) wake()
    }
  }
}

/** A foreign error: a bug, which no command takes for anything else. */
export class Bug extends Error {}

const hint = 'a hint'
const bug = (when: Fault['when']): Fault => ({ words: `a bug ${when}`, when, error: () => new Bug('injected') })
const failure = (kind: Failure['kind'], when: Fault['when'] = 'before'): Fault => ({
  words: `${kind} ${when}`,
  when,
  error: () => new Failure(kind, 'injected', hint),
})

function sts(reason: StsReason, codeMayBeSpent: boolean, when: Fault['when'] = 'before'): Fault {
  const kind = reason === 'busy' || reason === 'unreachable' ? 'retry' : 'act'
  const facts = { reason, codeMayBeSpent, clockOffsetMs: undefined }
  const words = `${reason} ${when}, the code ${codeMayBeSpent ? 'may be' : 'is not'} spent`
  return { words, when, error: () => new StsFailure(kind, 'injected', hint, facts) }
}

function iam(reason: IamReason, mayHaveWorked: boolean, when: Fault['when'] = 'before'): Fault {
  const kind = reason === 'busy' || reason === 'unreachable' ? 'retry' : 'act'
  return {
    words: `${reason} ${when}`,
    when,
    error: () => new IamFailure(kind, 'injected', hint, { reason, mayHaveWorked }),
  }
}

/** What can become of a call. Which kind of failure matters little, so the kinds take turns. */
export function faultsOf(call: string, number: number): readonly Fault[] {
  if (call.startsWith('sts.')) {
    const lost = [sts('unreachable', false), sts('unreachable', true), sts('unreachable', true, 'after')]
    return [...lost, sts('busy', true), sts('refused', true), sts('code-refused', true), failure('act'), bug('before')]
  }
  if (call.startsWith('iam.')) {
    const lost = [iam('unreachable', true), iam('unreachable', true, 'after'), iam('unreachable', false)]
    return [...lost, iam('busy', false), iam('denied', false), failure('act'), bug('before')]
  }
  const kinds = ['act', 'retry', 'usage'] as const
  const before = [failure(kinds[number % 3] ?? 'act'), bug('before')]
  // What the contract says: a file that could not be written is as it was, and a lock is let go whatever happens.
  if (/^(awsFiles|lock)/.test(call)) return before
  if (/\.(set|edit|write|delete|remove|install|copy)/.test(call))
    return [...before, failure('act', 'after'), bug('after')]
  const unreadable: Fault = { words: 'unreadable', when: 'before', error: () => new SeedUnreadable('injected', hint) }
  return /^(keychain|seedFile)\.get/.test(call) ? [unreadable, ...before] : before
}
