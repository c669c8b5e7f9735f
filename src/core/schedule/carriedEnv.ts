import { refuseControlCharacters, type SchedulerName } from './job.js'

/** What the job will find by itself; only what differs has to be carried. */
export interface HomeFacts {
  /** the person's home by the user database, which is what cron and service managers set HOME to */
  readonly home: string
  /** -1 on Windows */
  readonly uid: number
  /** makes a file's name absolute, by the folder that the person stands in */
  absolute(path: string): string
}

export interface CarriedEnv {
  readonly env: Readonly<Record<string, string>>
  readonly warnings: readonly string[]
}

const files = ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE', 'AWS_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS']
const endpoints = [
  ...['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_STS'],
  ...['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS', 'AWS_USE_DUALSTACK_ENDPOINT', 'AWS_USE_FIPS_ENDPOINT'],
  ...['NODE_USE_SYSTEM_CA', 'XDG_STATE_HOME'],
]
/** HTTP_PROXY is not among them: awsmfa speaks `http:` to this machine only. */
const proxies = ['https_proxy', 'HTTPS_PROXY', 'no_proxy', 'NO_PROXY']

/**
 * The variables of the moment that change what `awsmfa refresh` does, and that a scheduler would not pass on. Never a
 * secret: keys and tokens are not among them, and an address with a password is left out.
 *
 * @param env - the environment of the person who installs the job
 * @throws Failure `usage` when a value holds a control character
 */
export function carriedEnv(
  env: Readonly<Record<string, string | undefined>>,
  scheduler: SchedulerName,
  facts: HomeFacts,
): CarriedEnv {
  const carried: Record<string, string> = {}
  const warnings: string[] = []
  const carry = (name: string, value: string) => {
    refuseControlCharacters(value, name)
    if (holdsPassword(value)) warnings.push(`${name} holds a password and is left out: the job runs without it`)
    else carried[name] = value
  }
  for (const name of files) {
    const value = env[name]
    if (!value) continue
    if (scheduler === 'schtasks' && name.startsWith('NODE_')) {
      // https://github.com/nodejs/node/issues/51426: too early for the file that Windows jobs get their variables from
      warnings.push(`${name} cannot be carried over: set it for your user with setx`)
    } else carry(name, /^~[/\\]/.test(value) ? value : facts.absolute(value))
  }
  for (const name of [...endpoints, ...proxies]) {
    const value = env[name]
    if (value) carry(name, value)
  }
  if (facts.uid >= 0 && env.HOME && env.HOME !== facts.home) carry('HOME', env.HOME)
  if (scheduler === 'cron') carryBus(env, facts.uid, carry, warnings)
  return { env: carried, warnings }
}

/** cron knows nothing of the session; awsmfa finds the bus in `/run/user/<uid>` by itself, so only others are carried. */
function carryBus(
  env: Readonly<Record<string, string | undefined>>,
  uid: number,
  carry: (name: string, value: string) => void,
  warnings: string[],
): void {
  const runtime = `/run/user/${uid}`
  if (env.XDG_RUNTIME_DIR && env.XDG_RUNTIME_DIR !== runtime) carry('XDG_RUNTIME_DIR', env.XDG_RUNTIME_DIR)
  const bus = env.DBUS_SESSION_BUS_ADDRESS
  if (!bus || bus.replace(/,guid=[0-9a-f]*$/, '') === `unix:path=${runtime}/bus`) return
  carry('DBUS_SESSION_BUS_ADDRESS', bus)
  warnings.push(
    `the session bus is not ${runtime}/bus but ${bus}: if that changes at the next login, install the schedule again`,
  )
}

/** `user:password@` in front of a host; a value without a scheme is a proxy's too. */
function holdsPassword(value: string): boolean {
  return /^([a-z][a-z0-9+.-]*:\/\/)?[^/@\s]*:[^/\s]*@/i.test(value)
}
