import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from './until.js'

/** Names of the commands that {@link startSecretService} needs, for `absent`. */
export const secretServiceParts = ['gnome-keyring-daemon', 'dbus-daemon', 'busctl', 'secret-tool'] as const

export interface SecretService {
  /** for programs that are to use this keychain and no other: HOME, the bus, PATH, and nothing else */
  readonly env: { readonly [name: string]: string }
  /** GNOME Keyring's process id at the moment */
  pid(): number | undefined
  /** Locks the keyring, as the screen of "Passwords and Keys" does. */
  lock(): Promise<void>
  /** Unlocks it again. The daemon is another process afterwards. */
  unlock(): Promise<void>
  /** Stops the daemon in its tracks (SIGSTOP): it neither answers nor goes away. */
  freeze(): void
  thaw(): void
  /** Ends the daemon: the bus is there, and no Secret Service on it. */
  kill(): Promise<void>
  /** What another program reads with the attributes that keytar uses; `undefined` when there is nothing. */
  lookup(account: string): string | undefined
  /** Stores `password` as another program would. */
  store(account: string, password: string): void
  /** Ends all processes and removes all files. */
  stop(): Promise<void>
}

/**
 * A real GNOME Keyring on a D-Bus of its own, in a home of its own: no display, no service activation, nothing shared with
 * the machine's session. Works as root and as an ordinary user.
 *
 * @param options - `locked`: the keyring is there and locked; `keyring: false`: GNOME Keyring without any keyring, as in a
 *   fresh home; `provider: false`: a bus without any Secret Service
 */
export async function startSecretService(
  options: { locked?: boolean; keyring?: boolean; provider?: boolean } = {},
): Promise<SecretService> {
  const folder = mkdtempSync(join(tmpdir(), 'awsmfa-keyring-'))
  const home = join(folder, 'home')
  const runtime = join(folder, 'run')
  const socket = join(runtime, 'bus')
  for (const path of [home, runtime]) mkdirSync(path, { mode: 0o700 })
  const configuration = join(folder, 'bus.conf')
  writeFileSync(configuration, busConfiguration(socket))
  const env = {
    HOME: home,
    XDG_RUNTIME_DIR: runtime,
    XDG_DATA_HOME: join(home, '.local', 'share'),
    DBUS_SESSION_BUS_ADDRESS: `unix:path=${socket}`,
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    LC_ALL: 'C',
  }
  const busctl = (...args: string[]) => execFileSync('busctl', ['--user', ...args], { env, stdio: 'pipe' }).toString()
  const daemonOfBus = ['org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus'] as const
  const provided = () => busctl('call', ...daemonOfBus, 'NameHasOwner', 's', 'org.freedesktop.secrets') === 'b true\n'

  const bus = spawn('dbus-daemon', [`--config-file=${configuration}`, '--nofork', '--print-address'], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let daemon: ChildProcess | undefined
  const killAll = () => {
    daemon?.kill('SIGKILL')
    bus.kill('SIGKILL')
  }
  process.once('exit', killAll)

  const start = async (password: string | undefined) => {
    const how = password === undefined ? [] : ['--unlock']
    daemon = spawn('gnome-keyring-daemon', ['--foreground', '--components=secrets', ...how], {
      env,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    daemon.stdin?.end(password)
    await until('GNOME Keyring on the bus', provided)
  }
  const service: SecretService = {
    env,
    pid: () => daemon?.pid,
    async lock() {
      busctl(
        ...['call', 'org.freedesktop.secrets', '/org/freedesktop/secrets', 'org.freedesktop.Secret.Service', 'Lock'],
        ...['ao', '1', '/org/freedesktop/secrets/collection/login'],
      )
    },
    async unlock() {
      await service.kill()
      await start('password of a test')
    },
    freeze: () => void daemon?.kill('SIGSTOP'),
    thaw: () => void daemon?.kill('SIGCONT'),
    async kill() {
      await ended(daemon)
      daemon = undefined
      await until('the bus without GNOME Keyring', () => !provided())
    },
    lookup(account) {
      try {
        return execFileSync('secret-tool', ['lookup', 'service', 'awsmfa', 'account', account], {
          env,
          stdio: 'pipe',
        }).toString()
      } catch {
        return undefined
      }
    },
    store(account, password) {
      // secret-tool itself gives the schema now and then only (seen with 0.20.5), and keytar asks for it.
      const args = ['store', '--label=by another program', 'xdg:schema', 'org.freedesktop.Secret.Generic']
      args.push('service', 'awsmfa', 'account', account)
      execFileSync('secret-tool', args, { env, input: password, stdio: ['pipe', 'pipe', 'pipe'] })
    },
    async stop() {
      await ended(daemon)
      await ended(bus)
      process.removeListener('exit', killAll)
      rmSync(folder, { recursive: true, force: true })
    },
  }
  try {
    // it tells its address once it listens
    const failed = once(bus, 'close').then(() => Promise.reject(new Error('dbus-daemon did not start')))
    await Promise.race([once(bus.stdout, 'data'), failed])
    if (options.provider !== false) {
      await start(options.keyring === false ? undefined : 'password of a test')
      if (options.locked === true) await service.lock()
    }
  } catch (error) {
    await service.stop()
    throw error
  }
  return service
}

/** Without service folders nothing is started on demand: neither a second daemon nor a dialog. */
function busConfiguration(socket: string): string {
  return `<busconfig>
  <type>session</type>
  <listen>unix:path=${socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
  </policy>
</busconfig>
`
}

async function ended(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exit = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await exit
}
