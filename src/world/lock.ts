import { chmodSync, linkSync, lstatSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Failure } from '../errors.js'
import type { Lock, LockName } from '../world.js'
import { isGone, ownTrace, pidSpace, traceIn } from './alive.js'
import { onExit } from './cleanup.js'
import { sleep } from './clock.js'
import { crypto } from './crypto.js'
import { fileFailure } from './fileFailure.js'
import { ownFolder } from './folders.js'
import { namesIn, sweepTempNames, tempName } from './tempFile.js'

export interface LockLimits {
  /** how long to wait for another holder */
  readonly waitMs: number
  /** after which time a lock counts as left over whose holder nobody here can judge; well above any hold */
  readonly unjudgedMs: number
  /** the same for a lock that names nobody: a crash where there are no hard links, or a power cut */
  readonly namelessMs: number
}

const fileNames: Readonly<Record<LockName, string>> = {
  session: 'lock',
  ledger: 'ledger.lock',
  devices: 'devices.lock',
}
const waitMs: Readonly<Record<LockName, number>> = { session: 40_000, ledger: 10_000, devices: 40_000 }
/** Stands for the text of a lock that is there all the same. */
const unreadable = 'unreadable'
/** Polls, of some 50 ms each. */
const judgedEvery = 5
const usual = { unjudgedMs: 600_000, namelessMs: 15_000 }

/**
 * The locks of all runs of a person. When its holder dies, the next run frees it at once; a live holder is never robbed.
 *
 * @param folder - the state folder; made when absent
 */
export function makeLock(folder: string, limits: Partial<LockLimits> = {}): Lock {
  return {
    async hold(what, work) {
      const all = { waitMs: waitMs[what], ...usual, ...limits }
      const path = join(folder, fileNames[what])
      ownFolder(folder)
      const release = await wait(path, all)
      try {
        sweep(path, all)
        return await work()
      } finally {
        release()
      }
    },
  }
}

async function wait(path: string, limits: LockLimits): Promise<() => void> {
  const start = process.uptime()
  let seen: string | undefined
  for (let polls = 0; ; polls++) {
    // Many runs wait at once: what looks as before is judged again now and then only, for that costs.
    const text = read(path)
    if (text === undefined || text !== seen || polls % judgedEvery === 0) {
      const release = take(path, path, limits)
      if (release !== undefined) return release
    }
    seen = text
    if ((process.uptime() - start) * 1000 >= limits.waitMs) throw heldTooLong(path, limits)
    await sleep(20 + 60 * Math.random())
  }
}

/** Never tells anybody to end the holder: it most likely waits for a network or a keychain, and is well. */
function heldTooLong(path: string, limits: LockLimits): Failure {
  const text = read(path) ?? ''
  const holder = traceIn(text)
  const here = holder?.machine === pidSpace()
  const who = `process ${holder?.pid ?? 'unknown'}${holder && !here ? ` on ${holder.machine.split(' ')[0]}` : ''}`
  return new Failure(
    'retry',
    `another awsmfa (${who}) has held the lock ${path} for more than ${limits.waitMs / 1000} s`,
    here
      ? `run this again when process ${holder.pid} is done; it may be waiting for a network or a keychain`
      : `run this again later: if nobody holds it any more, it is freed after ${Math.ceil(longest(text, limits) / 60_000)} min`,
  )
}

/**
 * Takes the lock at `path` if it is free or left over.
 *
 * @param base - the lock that this is about, beside which temporary files are made
 * @returns releases it; `undefined` when another one holds it
 * @throws Failure `act` when the folder does not allow it
 */
function take(path: string, base: string, limits: LockLimits): (() => void) | undefined {
  // Unlike the text of any other lock, ever
  const mine = JSON.stringify({ ...ownTrace(), random: crypto().randomBytes(16).toString('hex') })
  if (!place(path, base, mine) && !(removeLeftOver(path, base, limits) && place(path, base, mine))) return undefined
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
function place(path: string, base: string, mine: string): boolean {
  const temp = join(dirname(path), tempName(`${basename(base)}.`))
  // It tells no secret, and the person must be able to judge what a killed `sudo awsmfa` left.
  const how = { flag: 'wx', mode: 0o644 }
  try {
    writeFileSync(temp, mine, how)
    try {
      // The umask may have taken bits that we need.
      chmodSync(temp, how.mode)
      linkSync(temp, path)
    } catch (error) {
      if (codeOf(error) === 'EEXIST') throw error
      // No hard links or modes here, as on FAT
      writeFileSync(path, mine, how)
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
function removeLeftOver(path: string, base: string, limits: LockLimits): boolean {
  const text = leftOver(path, limits)
  if (text === undefined) return false
  const hash = crypto().createHash('sha256').update(text).digest('hex').slice(0, 16)
  const release = take(`${base}.break-${hash}`, base, limits)
  if (release === undefined) return false
  try {
    if (leftOver(path, limits) !== text) return false
    unlinkSync(path)
    return true
  } catch (error) {
    // Waiting would not help: nobody will ever release it.
    throw fileFailure('remove the left-over lock', path, error)
  } finally {
    release()
  }
}

/** @returns the text of the lock if nobody holds it any more */
function leftOver(path: string, limits: LockLimits): string | undefined {
  const text = read(path)
  if (text === undefined) return undefined
  const holder = traceIn(text)
  const old = ageMs(path) > longest(text, limits)
  return (holder === undefined ? old : isGone(holder, old)) ? text : undefined
}

/** How old a lock may become whose holder cannot be judged. */
function longest(text: string, { unjudgedMs, namelessMs }: LockLimits): number {
  return text === unreadable || traceIn(text) !== undefined ? unjudgedMs : namelessMs
}

/**
 * By the clock of the file system, which other machines share: the folder has just been changed by {@link place}. A lock
 * from the future is as old, for a clock that was set back must not keep it for ever.
 */
function ageMs(path: string): number {
  try {
    return Math.abs(statSync(dirname(path)).mtimeMs - lstatSync(path).mtimeMs)
  } catch {
    return 0
  }
}

/** Removes what killed runs left in the folder. Only the holder of the lock may: nobody is breaking it then. */
function sweep(path: string, limits: LockLimits): void {
  const folder = dirname(path)
  sweepTempNames(folder, `${basename(path)}.`)
  for (const name of namesIn(folder).filter((each) => each.startsWith(`${basename(path)}.break-`))) {
    removeIf(join(folder, name), () => leftOver(join(folder, name), limits) !== undefined)
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

/** @returns {@link unreadable} for what this user cannot read, or is no file */
function read(path: string): string | undefined {
  try {
    return lstatSync(path).isFile() ? readFileSync(path).toString() : unreadable
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? undefined : unreadable
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}
