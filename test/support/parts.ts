import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where `command` is on the PATH, or `undefined`. */
export function which(command: string): string | undefined {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, command)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // not in this folder
    }
  }
  return undefined
}

/**
 * For the `skip` option of a suite that needs real parts: `false` when all of `commands` are installed, else the reason.
 * Under `AWSMFA_REQUIRE_PARTS=1` (CI) an absent part is an error instead, so that nothing is skipped unnoticed.
 */
export function absent(...commands: string[]): string | false {
  const missing = commands.filter((command) => which(command) === undefined)
  if (missing.length === 0) return false
  const reason = `not installed: ${missing.join(', ')}`
  if (process.env.AWSMFA_REQUIRE_PARTS === '1') throw new Error(reason)
  return reason
}
