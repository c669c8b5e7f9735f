import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { Seed, type SeedKey } from '../../src/core/seed.js'
import { type LongTermKeys, Session } from '../../src/core/session.js'
import { CannotStart, Failure, IamFailure } from '../../src/errors.js'
import type { RoleRequest, SessionRequest, Sts } from '../../src/outside/aws.js'
import type { Terminal } from '../../src/outside/terminal.js'
import type { AwsFile, StateName, World } from '../../src/world.js'

/** The keys of AWS's documentation, and a made-up device. */
export const alice = {
  serialNumber: 'arn:aws:iam::123456789012:mfa/alice',
  seed: Seed.parse('JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'),
  credentials:
    '[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n',
  config: '[default]\nregion = eu-west-1\n',
  enrolled: '\n[profile mfa]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\nawsmfa_source_profile = default\n',
}

/** A World of plain objects, and what the test wants to see of it. */
export interface FakeWorld extends World {
  readonly files: Record<AwsFile, string>
  readonly states: Partial<Record<StateName, string>>
  readonly seeds: Map<string, Seed>
  /** the seeds in encrypted files, by serial number and key */
  readonly seedFiles: Map<string, { readonly seed: Seed; readonly key: SeedKey }>
  /** the long-term keys that were moved: in the keychain by account, in encrypted files by path */
  readonly keys: Map<string, LongTermKeys>
  /** the identities made for them */
  readonly identities: Set<string>
  /** what the person's programs print, by command line; others fail */
  readonly prints: Record<string, string>
  /** the commands that were run */
  readonly ran: string[]
  clipped: string | undefined
  readonly requests: SessionRequest[]
  readonly roleRequests: RoleRequest[]
  /** the sign-ins to the console, and the addresses that the browser got */
  readonly signIns: { readonly endpoint: string; readonly session: Session }[]
  readonly opened: string[]
  /** the stamp that shells read, `undefined` until one was written */
  stamp: { readonly text: string; readonly due: Date } | undefined
  /** what shells read at their start, by its name in the home */
  readonly dotfiles: Record<string, string>
  /** desktop notifications, each with its title and its text on a line of its own */
  readonly notified: string[]
  /** everything that was said, with a mark for how: `say`, `warn`, `fail`, `hint`, `answer`, `countdown`, `ask` */
  readonly heard: string[]
  /** this machine's clock; sleeping moves it */
  nowMs: number
  /** AWS's clock minus this machine's */
  offsetMs: number
  interactive: boolean
  /** what the person types, in order */
  readonly typing: string[]
  /** whether what is given a limit takes longer */
  late: boolean
  /** the programs that a process has become, with the variables that they got */
  readonly became: { readonly command: readonly string[]; readonly variables: Readonly<Record<string, string>> }[]
  /** the exit code with which it has ended early */
  left: number | undefined
  /** what is piped in */
  input: string | Uint8Array | undefined
  /** the texts of the QR codes in pictures, by path; the clipboard's is under `clipboard` */
  readonly pictures: Record<string, readonly string[]>
}

export interface FakeParts {
  readonly env?: World['env']
  readonly sts?: Sts['getSessionToken']
}

/** Everything enrolled and nothing fresh, with a clock that stands at 2026-11-22 10:00:05 UTC until somebody sleeps. */
export function fakeWorld({ env = {}, sts }: FakeParts = {}): FakeWorld {
  const owners = new Map<string, string>()
  const world: FakeWorld = {
    program: { version: '1.2.3', nodeVersion: '24.11.0' },
    env,
    files: { credentials: alice.credentials, config: alice.config + alice.enrolled },
    states: {},
    seeds: new Map([[alice.serialNumber, alice.seed]]),
    seedFiles: new Map(),
    keys: new Map(),
    identities: new Set(),
    prints: {},
    ran: [],
    clipped: undefined,
    requests: [],
    roleRequests: [],
    signIns: [],
    opened: [],
    stamp: undefined,
    dotfiles: {},
    notified: [],
    heard: [],
    typing: [],
    input: undefined,
    late: false,
    became: [],
    left: undefined,
    pictures: {},
    nowMs: Date.parse('2026-11-22T10:00:05Z'),
    offsetMs: 0,
    interactive: false,
    clock: {
      now: () => new Date(world.nowMs),
      sleep: async (ms) => {
        world.nowMs += ms
      },
      within: async (ms, work) => {
        if (!world.late) return await work
        world.nowMs += ms
        return undefined
      },
      bootedAt: () => new Date(Date.parse('2026-11-22T08:00:00Z')),
      mending: 'set the clock',
    },
    standardInput: {
      get isTerminal() {
        return world.input === undefined
      },
      read: async () => Buffer.from(world.input ?? ''),
    },
    qrCodes: {
      inFile: async (path) => world.pictures[path] ?? [],
      inClipboard: async () => world.pictures.clipboard ?? [],
    },
    terminal: fakeTerminal(() => world),
    awsFiles: {
      path: (file) => `~/.aws/${file}`,
      read: async (file) => world.files[file],
      checkWritable: async () => [],
      inspect: async (file) => ({
        path: `/home/alice/.aws/${file}`,
        name: `~/.aws/${file}`,
        exists: world.files[file] !== '',
        mode: '0600',
        othersCanRead: false,
        gitWorkTree: undefined,
      }),
      edit: async (file, change) => {
        world.files[file] = change(world.files[file])
      },
    },
    state: {
      folder: '~/.local/state/awsmfa',
      other: async () => undefined,
      read: async (name) => world.states[name],
      edit: async (name, change) => {
        world.states[name] = change(world.states[name] ?? '')
      },
      remove: async (name) => void delete world.states[name],
    },
    hookStamp: {
      write: async (text, due) => {
        world.stamp = { text, due }
      },
    },
    startUpFiles: { read: async (name) => world.dotfiles[name] },
    notifier: { notify: async (title, text) => void world.notified.push(`${title}\n${text}`) },
    schedule: {
      schedulers: async () => [],
      facts: async () => ({
        node: { path: '/usr/bin/node', kind: 'stable' },
        program: { path: '/usr/lib/node_modules/awsmfa/dist/main.js', kind: 'stable' },
        key: 'machine/alice',
        home: '/home/alice',
        uid: 1000,
        absolute: (path) => `/home/alice/${path}`,
      }),
    },
    lock: fakeLock(),
    keychain: {
      get: async (serialNumber) => world.seeds.get(serialNumber),
      set: async (serialNumber, seed) => void world.seeds.set(serialNumber, seed),
      getKeys: async (account) => world.keys.get(account),
      setKeys: async (account, keys) => void world.keys.set(account, keys),
      delete: async (account) => world.seeds.delete(account) || world.keys.delete(account),
    },
    keychainProbe: {
      holdsSeed: async (serialNumber) => world.seeds.has(serialNumber),
      provider: async () => 'gnome-keyring-d',
    },
    seedFile: {
      defaultPath: (account) => `${seedFolder}${account}.age`,
      absolute: (path) => (/^[/~]/.test(path) ? path : `/home/alice/${path}`),
      absence: (path) => new Failure('act', `there is no seed file ${path}`, 'it was removed'),
      get: async ({ path, key }) => {
        const kept = world.seedFiles.get(ofFile(path))
        if (kept !== undefined) assert.deepEqual(kept.key, key)
        return kept?.seed
      },
      set: async ({ path, key }, seed) => void world.seedFiles.set(ofFile(path), { seed, key }),
      getKeys: async ({ path }) => world.keys.get(path),
      setKeys: async ({ path }, keys) => void world.keys.set(path, keys),
      delete: async ({ path }) => world.seedFiles.delete(ofFile(path)) || world.keys.delete(path),
      check: async () => {},
      makeIdentity: async (path, owner, mayAdopt) => {
        const adopted = mayAdopt && owners.get(path) === owner && world.identities.has(path)
        if (!adopted && world.identities.has(path)) throw new Failure('usage', `${path} exists already`, 'use it')
        world.identities.add(path)
        owners.set(path, owner)
        return { adopted, keep: () => {}, remove: () => void (adopted || world.identities.delete(path)) }
      },
      removeIdentity: async (path) => void world.identities.delete(path),
    },
    programs: {
      output: async (command) => {
        const line = command.join(' ')
        world.ran.push(line)
        const printed = world.prints[line]
        if (printed === undefined) throw new Failure('act', `${command[0]} failed (exit code 1)`, 'mend it')
        return printed
      },
    },
    exec: {
      find: async (name) => {
        if (name === 'absent') throw new CannotStart(127, 'cannot run absent: there is no such program', 'look again')
        return { path: `/usr/bin/${name}`, sure: true }
      },
      become: async (_, command, variables) => {
        world.became.push({ command, variables })
        return 0
      },
      leave: async (exitCode) => {
        world.left = exitCode
      },
    },
    clipboard: {
      copy: async (text) => {
        world.clipped = text
      },
    },
    sts: {
      getSessionToken: async (request) => {
        world.requests.push(request)
        if (sts !== undefined) return await sts(request)
        return { session: session(world, request.durationSeconds), clockOffsetMs: world.offsetMs }
      },
      assumeRole: async (request) => {
        world.roleRequests.push(request)
        return { session: session(world, request.durationSeconds), clockOffsetMs: world.offsetMs }
      },
      getCallerIdentity: async () => ({
        arn: 'arn:aws:iam::123456789012:user/alice',
        account: '123456789012',
        clockOffsetMs: world.offsetMs,
      }),
    },
    iam: {
      listDevices: denied,
      listAccessKeys: denied,
      lastUseOf: denied,
      createAccessKey: denied,
      setKeyActive: denied,
      deleteAccessKey: denied,
      getRole: denied,
      createVirtualDevice: denied,
      enableDevice: denied,
      resync: denied,
      deactivateDevice: denied,
      deleteVirtualDevice: denied,
    },
    federation: {
      signInToken: async (endpoint, given) => {
        world.signIns.push({ endpoint, session: given })
        return 'VCQgs5qZZt3Q6fn8Tr5EXAMPLEmLnwB7JjUc-SHwnUUWabcRdnWsi4DBn-dvCEXAMPLE'
      },
    },
    opener: { open: async (url) => void world.opened.push(url) },
    hostName: 'laptop.example',
  }
  return world
}

const seedFolder = '~/.local/share/awsmfa/seeds/'

/** the device of a seed file in the usual place */
const ofFile = (path: string) => path.slice(seedFolder.length, -'.age'.length)

/** A user whose policies allow nothing of IAM. */
async function denied(): Promise<never> {
  throw new IamFailure('act', 'denied', 'ask an administrator', { reason: 'denied', mayHaveWorked: false })
}

/** A session that ends when AWS says: at AWS's clock. */
export function session(world: FakeWorld, durationSeconds: number): Session {
  const end = new Date(Math.floor((world.nowMs + world.offsetMs) / 1000 + durationSeconds) * 1000)
  const count = String(world.requests.length + world.roleRequests.length).padStart(4, '0')
  return new Session(`ASIAIOSFODNN7EXA${count}`, `secret/${count}+`, `IQoToken/${count}+==`, end)
}

/** Never waits, but fails where the real ones would wait for themselves, or two runs for each other. */
function fakeLock(): World['lock'] {
  const order = ['devices', 'session', 'ledger']
  const held = new AsyncLocalStorage<number>()
  return {
    async hold(what, work) {
      const rank = order.indexOf(what)
      assert.ok(rank > (held.getStore() ?? -1), `the lock ${what} is taken under ${order[held.getStore() ?? 0]}`)
      return await held.run(rank, work)
    },
  }
}

function fakeTerminal(world: () => FakeWorld): Terminal {
  const hear = (how: string) => (line: string) => void world().heard.push(`${how} ${line}`)
  const answerTo = (how: string) => async (question: string) => {
    hear(how)(question)
    return world().typing.shift() ?? ''
  }
  return {
    get interactive() {
      return world().interactive
    },
    columns: 80,
    answersToTerminal: false,
    paint: (text) => text,
    answer: hear('answer'),
    say: hear('say'),
    warn: hear('warn'),
    detail: hear('detail'),
    fail: (failure: Failure) => {
      hear('fail')(failure.message)
      failure.hints.forEach(hear('hint'))
    },
    ifEnded: () => () => {},
    countdown: async (ms, why) => {
      hear('countdown')(why)
      world().nowMs += ms
    },
    ask: answerTo('ask'),
    askHidden: answerTo('hidden'),
    confirm: async (question) => (await answerTo('confirm')(question)) === 'y',
  }
}
