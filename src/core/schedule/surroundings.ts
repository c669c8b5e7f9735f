import { expandPath } from '../fileSystem.js'
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

type Env = Readonly<Record<string, string | undefined>>

const files = ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE', 'AWS_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS']
/** Where awsmfa's state and seed files are, and what the programs of `mfa_process` commonly keep elsewhere by: pass, gpg. */
const places = ['XDG_STATE_HOME', 'XDG_DATA_HOME', 'XDG_CONFIG_HOME', 'GNUPGHOME', 'PASSWORD_STORE_DIR']
const endpoints = [
  ...['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_STS'],
  ...['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS', 'AWS_USE_DUALSTACK_ENDPOINT', 'AWS_USE_FIPS_ENDPOINT'],
  'NODE_USE_SYSTEM_CA',
]
/** HTTP_PROXY is not among them: awsmfa speaks `http:` to this machine only. */
const proxies = ['https_proxy', 'HTTPS_PROXY', 'no_proxy', 'NO_PROXY']

/** Vixie cron takes about 990 bytes a line, of which the program's own paths need some. */
const mostBytesForCron = 600

/**
 * The variables of the moment that change what `awsmfa refresh` does, and that a scheduler would not pass on. Never a
 * secret: keys and tokens are not among them, and an address with a password is left out.
 *
 * @param env - the environment of the person who installs the job
 * @param runsPrograms - whether a code or a passphrase comes from a program, which may start others by the PATH
 * @throws Failure `usage` when a value holds a control character
 */
export function carriedEnv(env: Env, scheduler: SchedulerName, facts: HomeFacts, runsPrograms = false): CarriedEnv {
  const carried: Record<string, string> = {}
  const warnings: string[] = []
  const carry: Carry = (name, value) => {
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
    } else if (value.startsWith('~')) carry(name, value)
    // The job does not have the variables that stand in the path.
    else carry(name, facts.absolute(expandPath(name, value, { env, windows: facts.uid < 0, homeOf: () => facts.home })))
  }
  for (const name of [...places, ...endpoints, ...proxies]) {
    const value = env[name]
    if (value) carry(name, value)
  }
  if (facts.uid >= 0 && env.HOME && env.HOME !== facts.home) carry('HOME', env.HOME)
  if (scheduler === 'cron') carryBus(env, facts.uid, carry, warnings)
  // Windows gives a task the PATH of the user, and Node's --env-file does not replace what is there.
  if (!runsPrograms || scheduler === 'schtasks') return { env: carried, warnings }
  const path = carriedPath(env.PATH ?? '')
  const fits = scheduler !== 'cron' || Buffer.byteLength(JSON.stringify(carried) + path) < mostBytesForCron
  if (!fits) warnings.push('the PATH is too long for cron: the job finds programs in /usr/bin and /bin alone')
  else if (path !== '') carry('PATH', path)
  return { env: carried, warnings }
}

/**
 * The environment in which the job will run, as far as awsmfa and its keychain look at it: what the scheduler gives by
 * itself, and what is carried over.
 *
 * @throws Failure `usage` as {@link carriedEnv} does
 * @see crontab(5), environment.d(5), launchd.plist(5)
 */
export function jobEnv(env: Env, scheduler: SchedulerName, facts: HomeFacts, runsPrograms = false): Env {
  const carried = { ...carriedEnv(env, scheduler, facts, runsPrograms).env, AWSMFA_RUN_BY: scheduler }
  if (scheduler === 'schtasks') return { ...env, ...carried }
  const name = env.LOGNAME ?? env.USER
  const bare = { HOME: facts.home, LOGNAME: name, SHELL: '/bin/sh' }
  if (scheduler === 'cron') return { ...bare, PATH: '/usr/bin:/bin', ...carried }
  if (scheduler === 'launchd') return { ...bare, USER: name, PATH: '/usr/bin:/bin:/usr/sbin:/sbin', ...carried }
  const runtime = `/run/user/${facts.uid}`
  const session = { XDG_RUNTIME_DIR: runtime, DBUS_SESSION_BUS_ADDRESS: `unix:path=${runtime}/bus` }
  const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
  return { ...bare, USER: name, PATH, ...session, ...carried }
}

type Carry = (name: string, value: string) => void

/** cron knows nothing of the session; awsmfa finds the bus in `/run/user/<uid>` by itself, so only others are carried. */
function carryBus(env: Env, uid: number, carry: Carry, warnings: string[]): void {
  const runtime = `/run/user/${uid}`
  if (env.XDG_RUNTIME_DIR && env.XDG_RUNTIME_DIR !== runtime) carry('XDG_RUNTIME_DIR', env.XDG_RUNTIME_DIR)
  const bus = env.DBUS_SESSION_BUS_ADDRESS
  if (!bus || bus.replace(/,guid=[0-9a-f]*$/, '') === `unix:path=${runtime}/bus`) return
  carry('DBUS_SESSION_BUS_ADDRESS', bus)
  warnings.push(
    `the session bus is not ${runtime}/bus but ${bus}: if that changes at the next login, install the schedule again`,
  )
}

/**
 * `pass` is a script that starts `gpg`, which Homebrew has where no scheduler looks: the folders in which it was proved.
 * Not those of Windows, which WSL adds, nor what a format might refuse.
 */
function carriedPath(path: string): string {
  const folders = path.split(':').filter((folder) => /^\/(?!mnt\/[a-z]\/)[^\\%\p{Cc}\p{Zl}\p{Zp}]*$/u.test(folder))
  return [...new Set(folders)].join(':')
}

/** `user:password@` in front of a host; a value without a scheme is a proxy's too. */
function holdsPassword(value: string): boolean {
  return /^([a-z][a-z0-9+.-]*:\/\/)?[^/@\s]*:[^/\s]*@/i.test(value)
}

/** What the file system says; passed in, so that the layouts of other machines can be tested. */
export interface PathFacts {
  readonly home: string
  readonly user: string
  /** the names by which the program is found now: as it was called, and in the folders of the PATH */
  readonly names: readonly string[]
  /** where a path leads behind all symbolic links, `undefined` when there is nothing */
  realPath(path: string): string | undefined
}

export interface StablePath {
  readonly path: string
  /**
   * `versioned`: gone when that version of something is removed; `cache`: gone when a tool such as npx tidies up;
   * `stable`: otherwise
   */
  readonly kind: 'stable' | 'versioned' | 'cache'
}

/**
 * The path of a program that will still lead to it next month, for jobs and start-up files.
 *
 * Package managers keep each version in a folder of its own and remove it on upgrade, but hold a link to the current one:
 * the link is taken where it leads to the same file now. Links that live as long as a shell (fnm's `fnm_multishells`) are
 * followed to their end. Version managers (nvm, fnm, volta, asdf, mise) keep old versions until told otherwise, and have a
 * program installed in one of them only: there the versioned path is the right one.
 *
 * @param path - absolute, as the running program knows it
 */
export function stablePath(path: string, facts: PathFacts): StablePath {
  const real = facts.realPath(path) ?? path
  // the archives are those of Yarn's Plug'n'Play, which only a Node that yarn has started can look into
  if (/[\\/](_npx|dlx(-[^\\/]*)?|xfs-[^\\/]*|bunx-[^\\/]*|[^\\/]+\.zip)[\\/]/.test(real))
    return { path: real, kind: 'cache' }
  const isStable = !hasVersion(real)
  const names = isStable ? [] : facts.names.filter((name) => !hasVersion(name) && !isPassing(name))
  const link = [...currentLinks(real, facts), ...names].find((candidate) => facts.realPath(candidate) === real)
  if (link !== undefined) return { path: link, kind: 'stable' }
  return { path: real, kind: isStable ? 'stable' : 'versioned' }
}

/** Where each package manager keeps its link to what is installed now, best first, where that need not be on the PATH. */
function currentLinks(real: string, { home, user }: PathFacts): string[] {
  const rules: readonly (readonly [RegExp, ...string[]])[] = [
    // Homebrew: the link in `opt` is there for formulae that are not linked into `bin`, such as node@22, too
    [/^(.*)\/Cellar\/([^/]+)\/[^/]+\/(.*)$/, '$1/opt/$2/$3'],
    [
      /^\/nix\/store\/[^/]+\/(.*)$/,
      ...[`${home}/.nix-profile`, `/etc/profiles/per-user/${user}`].map(
        (profile) => `${profile.replace(/\$/g, '$$$$')}/$1`,
      ),
      '/run/current-system/sw/$1',
      '/nix/var/nix/profiles/default/$1',
    ],
    [/^\/snap\/([^/]+)\/[^/]+\/(.*)$/, '/snap/$1/current/$2'],
    // pnpm up to 10; pnpm 11 calls the program by its link, whose name cannot be told from the store's
    [/^(.*)\/\.pnpm\/[^/]+\/node_modules\/(.*)$/, '$1/node_modules/$2'],
    [/^(.*\\scoop\\apps\\[^\\]+)\\[^\\]+\\(.*)$/i, '$1\\current\\$2'],
    // mise moves the link of `npm:` tools, which stand alone; node's own folder holds packages that do not move along
    [/^(.*\/mise\/installs\/npm-[^/]+)\/[^/]+\/(.*)$/, '$1/latest/$2'],
  ]
  return rules.flatMap(([pattern, ...links]) =>
    pattern.test(real) ? links.map((link) => real.replace(pattern, link)) : [],
  )
}

/** A folder that is named after a version, such as `v22.1.0`, `awsmfa@0.1.0`, or after a hash in Nix's store. */
function hasVersion(path: string): boolean {
  return /[\\/]([^\\/]*[@-])?v?\d+\.\d+\.\d+[^\\/]*[\\/]|^\/nix\/store\/|[\\/]\.pnpm[\\/]/.test(path)
}

/** Gone with the shell, the login, or the next start of the machine. */
function isPassing(path: string): boolean {
  return /[\\/]fnm_multishells[\\/]|^(\/private)?\/(tmp|run\/user|var\/folders|dev\/shm)\//.test(path)
}
