import type { KeychainProbe, World } from '../world.js'
import { makeKeychain } from './keychain.js'
import { runTool } from './schedulers/runTool.js'
import { sessionBusAddress } from './sessionBus.js'

export interface KeychainProbeOptions {
  readonly platform: NodeJS.Platform
  /** how long the keychain may take; default five seconds */
  readonly limitMs?: number
}

/** Looks into the OS keychain without a dialog, as a run that nobody watches. */
export function makeKeychainProbe({ platform, limitMs = 5_000 }: KeychainProbeOptions): KeychainProbe {
  return {
    async holdsSeed(serialNumber, env) {
      const limits = { attended: limitMs, unattended: limitMs }
      const keychain = makeKeychain({ env, platform, attended: () => false, limitMs: limits })
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
    const run = await runTool('busctl', ['--user', 'status', 'org.freedesktop.secrets'], { env: { ...env, ...bus } })
    return /^Comm=(\S.*)$/m.exec(run?.stdout ?? '')?.[1]
  } catch {
    // No bus: the look for the seed tells why.
    return undefined
  }
}
