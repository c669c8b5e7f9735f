import { createHash, randomBytes } from 'node:crypto'
import { linkSync, readdirSync, readFileSync, readlinkSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../errors.js'
import type { Lock } from '../world.js'
import { alive, startOf } from './alive.js'
import { onExit } from './cleanup.js'
import { fileFailure } from './fileFailure.js'
import { ownFolder } from './state.js'

/** What a lock file says about its holder. Its text is unlike that of any other lock, ever. */
interface Holder {
  readonly pid: number
  /** see {@link startOf} */
  readonly start: string | undefined
  /** where the pid means something */
  readonly machine: string
  readonly random: string
  /** for people only */
  readonly since: string
}

export interface LockLimits {
  /** how long to wait for another holder */
  readonly waitMs: number
  /** after which time the lock of another machine counts as left over, as its pid cannot be checked */
  readonly otherMachineMs: number
  /** the same for a lock that names nobody: a crash where there are no hard links, or a power cut */
  readonly namelessMs: number
}

const usual: LockLimits = { waitMs: 40_000, otherMachineMs: 300_000, namelessMs: 15_000 }

/**
 * One lock for all runs of a person. When its holder dies, the next run frees it at once; a live holder is never robbed.
 *
 * @param folder - the state folder; made when absent
 */
export function makeLock(folder: string, limits: Partial<LockLimits> = {}): Lock {
  const all = { ...usual, ...limits }
  const path = join(folder, 'lock')
  return {
    async hold(work) {
      ownFolder(folder)
      const release = await wait(path, all)
      try {
        sweep(folder, all)
        return await work()
      } finally {
        release()
      }
    },
  }
}

async function wait(path: string, limits: LockLimits): Promise<() => void> {
  const start = performance.now()
  for (;;) {
    const release = take(path, limits)
    if (release !== undefined) return release
    if (performance.now() - start >= limits.waitMs) {
      throw heldTooLong(path, limits.waitMs)
    }
    await sleep(20 + 60 * Math.random())
  }
}

function heldTooLong(path: string, ms: number): Failure {
  const holder = holderIn(read(path) ?? '')
  const here = holder?.machine === machine()
  const who = `process ${holder?.pid ?? 'unknown'}${holder && !here ? ` on ${holder.machine.split(' ')[0]}` : ''}`
  return new Failure(
    'retry',
    `another awsmfa (${who}) has held the lock ${path} for more than ${ms / 1000} s`,
    `wait until it is done, or end it${here ? ` (kill ${holder.pid})` : ''}, then run this again`,
  )
}

/**
 * Takes the lock at `path` if it is free or left over.
 *
 * @returns releases it; `undefined` when another one holds it
 * @throws Failure `act` when the folder does not allow it
 */
function take(path: string, limits: LockLimits): (() => void) | undefined {
  const mine = JSON.stringify({
    pid: process.pid,
    start: startOf(process.pid),
    machine: machine(),
    random: randomBytes(16).toString('hex'),
    since: new Date().toISOString(),
  } satisfies Holder)
  if (!place(path, mine) && !(removeLeftOver(path, limits) && place(path, mine))) return undefined
  const release = () => {
    forget()
    removeIf(path, () => read(path) === mine)
  }
  const forget = onExit(release)
  return release
}

/**
 * Puts the lock there, unless there is one. `link()` makes it appear with its holder's name already in it: a crash
 * between making and filling it would leave a lock that names nobody.
 *
 * @returns whether it is ours
 */
function place(path: string, mine: string): boolean {
  const temp = join(dirname(path), `lock.${process.pid}-${randomBytes(6).toString('hex')}.tmp`)
  try {
    writeFileSync(temp, mine, { flag: 'wx', mode: 0o600 })
    try {
      linkSync(temp, path)
    } catch (error) {
      if (codeOf(error) === 'EEXIST') throw error
      // No hard links here, as on FAT
      writeFileSync(path, mine, { flag: 'wx', mode: 0o600 })
    }
    return true
  } catch (error) {
    // Over NFS a link may have been made although the answer says no, link(2): the lock itself tells.
    if (codeOf(error) === 'EEXIST') return read(path) === mine
    throw fileFailure('lock', path, error)
  } finally {
    removeIf(temp)
  }
}

/**
 * Removes a lock that nobody holds any more. Of two runs that find it left over, the slower could remove the new lock of
 * the faster; so each must first take the lock on removing just this one.
 *
 * @returns whether it is gone
 */
function removeLeftOver(path: string, limits: LockLimits): boolean {
  const text = leftOver(path, limits)
  if (text === undefined) return false
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 16)
  const release = take(join(dirname(path), `lock.break-${hash}`), limits)
  if (release === undefined) return false
  try {
    return removeIf(path, () => leftOver(path, limits) === text)
  } finally {
    release()
  }
}

/** @returns the text of the lock if nobody holds it any more */
function leftOver(path: string, limits: LockLimits): string | undefined {
  const text = read(path)
  if (text === undefined) return undefined
  const holder = holderIn(text)
  if (holder?.machine === machine()) return alive(holder.pid, holder.start) ? undefined : text
  return ageMs(path) > (holder === undefined ? limits.namelessMs : limits.otherMachineMs) ? text : undefined
}

/**
 * By the clock of the file system, which other machines share: the folder has just been changed by {@link place}. A lock
 * from the future is as old, for a clock that was set back must not keep it for ever.
 */
function ageMs(path: string): number {
  try {
    return Math.abs(statSync(dirname(path)).mtimeMs - statSync(path).mtimeMs)
  } catch {
    return 0
  }
}

/** Removes what killed runs left in the folder. Only the holder of the lock may: nobody is breaking it then. */
function sweep(folder: string, limits: LockLimits): void {
  for (const name of namesIn(folder)) {
    const path = join(folder, name)
    if (name.startsWith('lock.break-')) removeIf(path, () => leftOver(path, limits) !== undefined)
    const pid = /^lock\.(\d+)-\w+\.tmp$/.exec(name)?.[1]
    if (pid !== undefined) removeIf(path, () => !alive(Number(pid)))
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    // the next run sweeps
    return []
  }
}

/** @returns whether it was removed; what fails here is left to the next run */
function removeIf(path: string, condition: () => boolean = () => true): boolean {
  try {
    if (!condition()) return false
    unlinkSync(path)
    return true
  } catch {
    return false
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path).toString()
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw fileFailure('read', path, error)
  }
}

function holderIn(text: string): Holder | undefined {
  try {
    const holder = JSON.parse(text) as Holder | null
    return typeof holder?.pid === 'number' && typeof holder.machine === 'string' ? holder : undefined
  } catch {
    return undefined
  }
}

/** Process numbers mean something only on the same host, since the same boot and in the same container. */
function machine(): string {
  return [
    hostname(),
    firstLine(() => readFileSync('/proc/sys/kernel/random/boot_id').toString()),
    firstLine(() => readlinkSync('/proc/self/ns/pid')),
  ].join(' ')
}

function firstLine(source: () => string): string {
  try {
    return source().trim()
  } catch {
    // not Linux
    return '-'
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}
