import { setTimeout as sleep } from 'node:timers/promises'
import { readTarget, statIfAny, type Target } from './target.js'

const longestMs = 2000
const pauseMs = 50

/**
 * Reads a file that another program may be rewriting in place: `aws configure` empties ~/.aws/credentials and then fills
 * it (awscli/customizations/configure/writer.py). Taking that moment for the whole file would lose every other profile.
 *
 * A file changed in the last two seconds must be equal in two readings and not blank; this takes two seconds at most.
 *
 * @param toEdit - also distrust a blank file that seems old (the clock of a file server may differ), and one with text
 *   (the rest may follow). Without it, a file with text is taken as it is.
 */
export async function readSettled(target: Target, toEdit: boolean): Promise<Buffer | undefined> {
  const start = performance.now()
  let bytes = readTarget(target)
  while (bytes !== undefined && performance.now() - start < longestMs) {
    const blank = bytes.toString('latin1').trim() === ''
    if (blank ? !toEdit && !isRecent(target) : !toEdit || !isRecent(target)) return bytes
    await sleep(pauseMs)
    const again = readTarget(target)
    if (!blank && again?.equals(bytes)) return again
    bytes = again
  }
  return bytes
}

function isRecent(target: Target): boolean {
  const changed = statIfAny(target.path)?.ctimeMs
  return changed !== undefined && Math.abs(Date.now() - changed) < longestMs
}
