import assert from 'node:assert/strict'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Home, makeHome, type Snapshot } from './home.js'
import { startOf } from './program.js'
import { openPty, type Pty } from './pty.js'
import { type CliRun, type StartedCli, startCli, watchProcesses } from './runCli.js'
import { SecretScan } from './secretScan.js'
import type { SecretService } from './secretService.js'
import { alice, type StrictSts, type StrictStsOptions, startStrictSts } from './strictSts.js'

const throwAwayItems = '.throw-away-keychain.json'

/** AWS's documented example keys, which belong to {@link alice}, as a person would have written them. */
export const aliceFiles: Readonly<Record<string, string>> = {
  '.aws/credentials': `[default]\naws_access_key_id = ${alice.accessKeyId}\naws_secret_access_key = ${alice.secretAccessKey}\n`,
  '.aws/config': '[default]\nregion = eu-west-1\noutput = json\n',
}

/** The same after an enrolment in profile `mfa` with the throw-away keychain, before its first session. */
export const enrolledFiles: Readonly<Record<string, string>> = {
  ...aliceFiles,
  '.aws/config': `${aliceFiles['.aws/config']}
[profile mfa]
region = eu-west-1
output = json
mfa_serial = ${alice.serialNumber}
awsmfa_source_profile = default
`,
  [throwAwayItems]: JSON.stringify({ [`awsmfa ${alice.serialNumber}`]: alice.seed }),
}

export interface SandboxOptions {
  /** the home's files, mode 0600, by path; default: {@link aliceFiles} */
  readonly files?: Readonly<Record<string, string>>
  /** `throw-away`: a JSON file in the home; `none`: keytar itself, and no session bus that it could find */
  readonly keychain?: 'throw-away' | 'none' | SecretService
  /** of the strict STS that comes with the sandbox */
  readonly sts?: StrictStsOptions
  /** added to the environment, which is otherwise as empty as cron's; `undefined` takes a variable away */
  readonly env?: Environment
  /** the files in which secrets are at home, besides the keychain; default: the credentials file's usual place */
  readonly secretsIn?: readonly string[]
}

type Environment = Readonly<Record<string, string | undefined>>

export interface RunOptions {
  /** what stands on standard input, usually a seed; without it standard input is `/dev/null` */
  readonly input?: string | Buffer
  /** for this run alone */
  readonly env?: Environment
  /** what was asked for is the session: its secrets are at home on stdout, and in the environment of what runs below */
  readonly handsOut?: boolean
  /** a command that runs the program, which follows it as further arguments */
  readonly within?: readonly string[]
}

/**
 * A throw-away home with a strict STS in place of AWS, in which the built program runs. Every run is searched for leaked
 * secrets: what it printed, argv and environment of its processes, and all files but the keychain and the credentials.
 */
export interface Sandbox {
  readonly home: Home
  readonly sts: StrictSts
  readonly env: Readonly<Record<string, string>>
  /** the program, without arguments: for a test that starts it in another way */
  readonly command: readonly string[]
  readonly secrets: SecretScan
  /** Runs `awsmfa …args` to its end. Throws AssertionError when a secret has leaked. */
  run(args: readonly string[], options?: RunOptions): Promise<CliRun>
  /** The same, for a test that acts while it runs. */
  start(args: readonly string[], options?: RunOptions): StartedCli
  /** The same on a pseudo-terminal; call `end()`, which searches for leaks. */
  terminal(args: readonly string[], options?: TerminalOptions): Promise<Pty>
  /** The keychain's items by serial number. */
  seed(serialNumber?: string): string | undefined
  /**
   * Everything that a refused command must leave alone: all files with their modes, the seed, the codes that the ledger
   * holds for spent, and how often STS was asked. Not the record of what failed last, which `status` shows.
   */
  state(): SandboxState
  /** Enrols alice's device in profile `mfa`, and checks that it worked. */
  enroll(...args: string[]): Promise<void>
  close(): Promise<void>
}

export interface SandboxState {
  readonly files: Snapshot
  readonly seed: string | undefined
  readonly spentSteps: readonly number[]
  readonly requests: number
}

export interface TerminalOptions {
  readonly env?: Environment
  readonly handsOut?: boolean
  /** what the test types at an open prompt, where the terminal's own echo is no leak */
  readonly echoes?: readonly string[]
}

/** Something with an `after` hook: a TestContext, or `{ after }` of node:test for a whole suite. */
export interface Cleaner {
  after(work: () => Promise<void>): void
}

/** @param t - closes the sandbox after the test or suite */
export async function openSandbox(t: Cleaner, options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await makeSandbox(options)
  t.after(() => sandbox.close())
  return sandbox
}

/** The same for a caller that closes it itself. */
export async function makeSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { files = aliceFiles, keychain = 'throw-away' } = options
  const secretsIn = [throwAwayItems, ...(options.secretsIn ?? ['.aws/credentials'])]
  const sts = await startStrictSts(options.sts)
  const home = makeHome(mkdtempSync(join(realpathSync(tmpdir()), 'awsmfa-home-')))
  for (const [name, text] of Object.entries(files)) home.write(name, text)
  const service = typeof keychain === 'string' ? undefined : keychain
  const { command, env: needed } = startOf({ throwAway: keychain === 'throw-away' })
  const env = merge(
    needed,
    { HOME: home.path, LOGNAME: 'alice', PATH: '/usr/bin:/bin', SHELL: '/bin/sh' },
    { AWS_ENDPOINT_URL_STS: sts.url, AWS_ENDPOINT_URL_IAM: sts.url, AWS_ENDPOINT_URL_SIGNIN: sts.url },
    // Where temporary files of libraries would be seen by the search for secrets.
    { TMPDIR: home.path },
    service && { XDG_RUNTIME_DIR: service.env.XDG_RUNTIME_DIR },
    options.env,
  )

  const secrets = new SecretScan()
  for (const { keys, devices } of options.sts?.users ?? [{ keys: [alice], devices: [alice] }]) {
    for (const { secretAccessKey } of keys) secrets.add('long-term secret', secretAccessKey)
    for (const { seed } of devices) secrets.add('seed', seed)
  }
  let running = 0
  const started = new Set<StartedCli>()
  /** Called at a run's end. While others still run, their temporary files are none of our business. */
  const search = (
    output: Record<string, string>,
    args: readonly string[],
    processes: CliRun['processes'],
    handsOut = false,
  ) => {
    running -= 1
    for (const { params } of sts.log) {
      const { TokenCode, AuthenticationCode1, AuthenticationCode2 } = params
      for (const code of [TokenCode, AuthenticationCode1, AuthenticationCode2]) if (code) secrets.addCode(code)
    }
    for (const { seed } of sts.iam.devices) secrets.add('seed', seed)
    for (const { secretAccessKey } of sts.iam.keys) secrets.add('long-term secret', secretAccessKey)
    const all = home.snapshot()
    for (const content of Object.values(all)) {
      const found = content.matchAll(/^aws_(?:secret_access_key|session_token)\s*=\s*(\S+)/gim)
      for (const [, secret = ''] of found) secrets.add('session secret', secret)
    }
    const places = { output, processes, files: running === 0 ? all : {} }
    const isAtHome = (find: string) => /^session secret in (stdout|terminal|environment of )/.test(find)
    const finds = secrets.finds(places, args, secretsIn).filter((find) => !(handsOut && isAtHome(find)))
    assert.deepEqual(finds, [], `awsmfa ${args.join(' ')} leaks`)
  }

  const sandbox: Sandbox = {
    home,
    sts,
    env,
    command,
    secrets,
    run: async (args, runOptions) => await sandbox.start(args, runOptions).ended,
    start(args, { input, env: more, handsOut, within = [] } = {}) {
      if (input !== undefined) secrets.addInput(input.toString())
      running += 1
      const run = startCli([...within, ...command, ...args], { env: merge(env, more), cwd: home.path, input })
      const ended = run.ended.then((result) => {
        started.delete(run)
        search({ stdout: result.stdout, stderr: result.stderr }, args, result.processes, handsOut)
        return result
      })
      started.add(run)
      // Told to whoever waits for it; a test that fails before it waits must not die of this instead.
      ended.catch(() => {})
      return { ...run, ended }
    },
    async terminal(args, { env: more, handsOut, echoes = [] } = {}) {
      running += 1
      const [node = '', ...rest] = command
      const pty = await openPty(node, [...rest, ...args], { env: merge(env, { TERM: 'xterm' }, more), cwd: home.path })
      const watch = watchProcesses(pty.pid)
      return {
        pid: pty.pid,
        get output() {
          return pty.output
        },
        waitFor: (wanted) => pty.waitFor(wanted),
        type: (keys) => pty.type(keys),
        resize: (cols, rows) => pty.resize(cols, rows),
        signal: (name) => pty.signal(name),
        set: (modes) => pty.set(modes),
        async end() {
          const end = await pty.end()
          search(
            { terminal: echoes.reduce((text, typed) => text.replace(typed, ''), end.output) },
            args,
            watch.stop(),
            handsOut,
          )
          return end
        },
      }
    },
    seed(serialNumber = alice.serialNumber) {
      if (service !== undefined) return service.lookup(serialNumber)
      const items = JSON.parse(home.read(throwAwayItems) ?? '{}') as Record<string, string>
      return items[`awsmfa ${serialNumber}`]
    },
    state: () => ({
      files: home.snapshot(/^\.local(\/|$)/),
      seed: sandbox.seed(),
      spentSteps: spentSteps(home.read('.local/state/awsmfa/ledger.json')),
      requests: sts.log.length,
    }),
    async enroll(...args) {
      const serial = args.includes('--serial-number') ? [] : ['--serial-number', alice.serialNumber]
      const { code, stderr } = await sandbox.run(['enroll', ...serial, ...args], { input: `${alice.seed}\n` })
      assert.equal(code, 0, stderr)
    },
    async close() {
      // After a failed test something may still run, and would write into a home that is gone.
      for (const run of started) run.kill('SIGKILL')
      await Promise.all([...started].map((run) => run.ended))
      await sts.close()
      rmSync(home.path, { recursive: true, force: true })
    },
  }
  return sandbox
}

/** Asserts that a run failed as failures must: nothing on stdout, what happened, at least one hint, no stack trace. */
export function assertRefused({ code, stdout, stderr }: CliRun, expectedCode: number, message: RegExp): void {
  const lines = stderr.trimEnd().split('\n')
  const refusal = lines.findIndex((line) => line.startsWith('awsmfa: hint: ')) - 1
  assert.ok(refusal >= 0, `no hint after a message:\n${stderr}`)
  assert.match(lines[refusal] ?? '', message)
  assert.deepEqual([code, stdout], [expectedCode, ''], stderr)
  for (const line of lines) assert.match(line, /^awsmfa: (?!.*\bat .*:\d+:\d+)/, stderr)
}

function spentSteps(ledger: string | undefined): number[] {
  const { devices } = JSON.parse(ledger ?? '{"devices":{}}') as { devices: Record<string, { step: number }[]> }
  return Object.values(devices).flatMap((sent) => sent.map(({ step }) => step))
}

function merge(...all: (Environment | undefined)[]): Record<string, string> {
  const merged = Object.entries(Object.assign({}, ...all) as Environment)
  return Object.fromEntries(merged.filter((entry): entry is [string, string] => entry[1] !== undefined))
}
