import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { KeychainOptions } from './keychain.js'
import { statIfAny } from './target.js'

/** At most one dialog a day that nobody has asked for. */
const pauseMs = 24 * 3_600_000

/**
 * A note that an unattended run had no answer in time. On macOS that may have been a dialog, which comes when the item's
 * access list does not know this Node, such as after an upgrade, and which only SecKeychainSetUserInteractionAllowed could
 * forbid: keytar does not call it (src/keychain_mac.cc), nor does `security find-generic-password`. While the note is
 * fresh, no unattended run raises another one; a run with a person there takes it away. Not tried on macOS.
 */
export function dialogNote({ platform, stateFolder }: Pick<KeychainOptions, 'platform' | 'stateFolder'>) {
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
