import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type Scenario, scenarios } from '../support/killScenarios.js'
import { absent } from '../support/parts.js'
import { type CliRun, startCli } from '../support/runCli.js'
import { makeSandbox, type Sandbox } from '../support/sandbox.js'
import { type Call, callsIn, changesSomething, tracing, untraceable } from '../support/strace.js'
import { alice } from '../support/strictSts.js'

/*
 * Every command that writes is killed, interrupted, or refused by the system at its writing calls; then the very same
 * command is typed again. A sample of the calls with a fixed seed; AWSMFA_FUZZ=1 takes all of them.
 */

const fuzz = process.env.AWSMFA_FUZZ === '1'
const errors = ['ENOSPC', 'EROFS', 'EACCES', 'EIO']
/** How many calls of each scenario are taken. */
const sample = fuzz ? { kills: Infinity, refusals: Infinity, signals: Infinity } : { kills: 2, refusals: 1, signals: 1 }
/** One for each core of most machines, and one more, as codes of a program have to wait for each other. */
const atOnce = 3

type Fault = `signal=${string}` | `error=${string}`
interface Trial {
  readonly scenario: Scenario
  readonly files: Record<string, string>
  readonly call: Call
  readonly fault: Fault
  /** whether it is asked for a session before the command is typed again */
  readonly refreshFirst: boolean
}

describe('whatever a command is cut short by, typed again it goes on', {
  skip: absent('strace', 'crontab') || untraceable(),
}, () => {
  const top = mkdtempSync(join(tmpdir(), 'awsmfa-kill-'))
  after(() => rmSync(top, { recursive: true }))
  const trials: Trial[] = []
  let number = 0

  before(async () => {
    const wanted = scenarios.filter(({ name }) => name.includes(process.env.AWSMFA_KILL ?? ''))
    await inParallel(wanted, async (scenario) => {
      const random = randomFrom([...scenario.name].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7))
      const oneOf = <T>(all: readonly T[]) => all[Math.floor(random() * all.length)] as T
      const files = await prepared(scenario)
      const points = (await whole(scenario, files)).filter(changesSomething)
      assert.ok(points.length > 0, `${scenario.name}: nothing was written`)
      const add = (most: number, fault: () => Fault) => {
        for (const call of spread(points, most, random)) {
          trials.push({ scenario, files, call, fault: fault(), refreshFirst: random() < 0.5 })
        }
      }
      add(sample.kills, () => 'signal=SIGKILL')
      add(sample.refusals, () => `error=${oneOf(errors)}`)
      add(sample.signals, () => `signal=${oneOf(['SIGINT', 'SIGTERM'])}`)
    })
  })

  it('after a SIGKILL, SIGINT or SIGTERM, a full or read-only disk, a refusal or an error of it', async (t) => {
    const failures: string[] = []
    await inParallel(trials, async (trial) => {
      const failure = await attempted(trial)
      if (failure !== undefined) failures.push(failure)
    })
    t.diagnostic(`${trials.length} trials`)
    assert.deepEqual(failures, [])
  })

  /** The files that a scenario starts with. What its first command has made names the home, which is another each time. */
  async function prepared(scenario: Scenario): Promise<Record<string, string>> {
    if (scenario.first === undefined) return { ...scenario.files }
    const sandbox = await open(scenario, scenario.files)
    try {
      const { code, stderr } = await run(sandbox, scenario.first, `${alice.seed}\n`)
      assert.equal(code, 0, stderr)
      const { path, read, snapshot } = sandbox.home
      const names = Object.entries(snapshot(/^bin|ledger\.json$/)).filter(([, text]) => text.startsWith('file '))
      return Object.fromEntries(names.map(([name]) => [name, (read(name) ?? '').replaceAll(path, '@HOME@')]))
    } finally {
      await sandbox.close()
    }
  }

  async function open({ tools, secretsIn }: Scenario, files: Readonly<Record<string, string>>): Promise<Sandbox> {
    const sandbox = await makeSandbox({
      files: {},
      secretsIn: ['.aws/credentials', 'code.mjs', ...(secretsIn ?? [])],
    })
    for (const [name, text] of Object.entries(files)) {
      sandbox.home.write(name, text.replaceAll('@HOME@', sandbox.home.path))
    }
    for (const [name, text] of Object.entries(tools ?? {})) sandbox.home.write(`bin/${name}`, text, 0o755)
    return sandbox
  }

  async function whole(scenario: Scenario, files: Record<string, string>): Promise<Call[]> {
    const sandbox = await open(scenario, files)
    try {
      const { run, calls } = await traced(scenario, sandbox)
      assert.equal(run.code, 0, run.stderr)
      scenario.reached(sandbox)
      return calls
    } finally {
      await sandbox.close()
    }
  }

  async function traced(
    { args, input }: Scenario,
    { home, command, env }: Sandbox,
    inject?: string,
  ): Promise<{ run: CliRun; calls: Call[] }> {
    const log = join(top, `${number++}.log`)
    const all = [...tracing(log, inject), ...command, ...placed(args, home.path)]
    const run = await startCli(all, { env: { ...env, PATH: pathOf(home.path) }, cwd: home.path, input }).ended
    const calls = callsIn(log).filter(({ rest }) => rest.includes(home.path))
    return { run, calls }
  }

  async function attempted(trial: Trial): Promise<string | undefined> {
    const { scenario, files, call, fault } = trial
    const sandbox = await open(scenario, files)
    let last: CliRun | undefined
    try {
      const start = bothFiles(sandbox)
      const { run, calls } = await traced(scenario, sandbox, `${call.name}:${fault}:when=${call.nth}`)
      last = run
      if (fault.startsWith('error=') && !calls.some(({ rest }) => rest.includes('(INJECTED)'))) return undefined
      assertHonest(run, fault)
      assertSafe(scenario, sandbox, run, start)
      if (/SIGINT|SIGTERM/.test(fault)) assertNoLock(sandbox)
      const refreshFirst = trial.refreshFirst && scenario.typed !== true && scenario.halfway !== true
      if (refreshFirst) await usable(scenario, sandbox)
      last = await again(scenario, sandbox)
      assertSafe(scenario, sandbox, last, start)
      scenario.reached(sandbox)
      if (!refreshFirst) await usable(scenario, sandbox)
      assertLedger(sandbox)
      // A run that had nothing to do took no lock, and swept nothing.
      if (last.code === 0) assertNothingLeft(scenario, sandbox)
      return undefined
    } catch (error) {
      const { message } = error as Error
      const at = `${call.name} ${call.nth} (${call.rest.replaceAll(/\/\S*awsmfa-home-\w+/g, '~')})`
      return `${scenario.name}: ${fault} at ${at}: ${message}\n${last?.stderr}`
    } finally {
      await sandbox.close()
    }
  }

  async function again({ args, input, ended }: Scenario, sandbox: Sandbox): Promise<CliRun> {
    const end = await run(sandbox, args, input)
    // What had ended before the kill cannot end again.
    if (ended?.test(end.stderr) !== true) assert.equal(end.code, 0, `typed again: exit ${end.code}: ${end.stderr}`)
    return end
  }

  /** Whatever is enrolled can refresh. */
  async function usable({ profile, typed }: Scenario, sandbox: Sandbox): Promise<void> {
    if (!isEnrolled(profile, sandbox)) return
    const args = typed
      ? ['--mfa-profile-name', profile, sandbox.sts.code(alice.serialNumber, 1)]
      : ['refresh', '--force', '--mfa-profile-name', profile]
    const { code, stderr } = await run(sandbox, args)
    assert.equal(code, 0, `${args[0]}: exit ${code}: ${stderr}`)
  }
})

function isEnrolled(profile: string, { home }: Sandbox): boolean {
  return new RegExp(`\\[profile ${profile}\\][^[]*awsmfa_source_profile`).test(home.read('.aws/config') ?? '')
}

function assertHonest(run: CliRun, fault: Fault): void {
  if (fault === 'signal=SIGKILL') return
  const codes = fault.startsWith('error=') ? [0, 3, 4] : [0, 130, 143]
  assert.ok(codes.includes(run.code ?? -1), `exit ${run.code} ${run.signal}: ${run.stderr}`)
  if (run.code === 3 || run.code === 4) assert.match(run.stderr, /^awsmfa: hint: /m)
}

/** The AWS files are whole, what is not awsmfa's is as it was, and no secret is for others to read. */
function assertSafe({ profile }: Scenario, sandbox: Sandbox, run: CliRun, start: readonly string[]): void {
  const now = bothFiles(sandbox)
  assert.deepEqual(
    now.map((text) => without(profile, text)),
    start.map((text) => without(profile, text)),
  )
  const session = now[0]?.match(new RegExp(`^\\[${profile}\\]\n((?:[^[\n].*\n)*)`, 'm'))?.[1]
  if (session !== undefined) {
    const keys = [...session.matchAll(/^(\w+) = \S+$/gm)].map(([, key]) => key).sort()
    assert.deepEqual(keys, [
      'aws_access_key_id',
      'aws_secret_access_key',
      'aws_session_token',
      'x_security_token_expires',
    ])
  }
  assert.deepEqual(sandbox.secrets.in(run.stdout + run.stderr), [])
  for (const [name, content] of Object.entries(sandbox.home.snapshot(/^code\.mjs$/))) {
    const open = !/^file [0-7]00\n/.test(content) && content.startsWith('file ')
    assert.deepEqual(open ? sandbox.secrets.in(content) : [], [], `others may read ${name}`)
  }
}

/** A signal that can be caught leaves no lock and no temporary file. */
function assertNoLock({ home }: Sandbox): void {
  const left = Object.keys(home.snapshot()).filter((name) => /lock|\.tmp$/.test(name))
  assert.deepEqual(left, [])
}

function assertNothingLeft({ leaves }: Scenario, { home }: Sandbox): void {
  const named =
    /^(bin(\/.*)?|code\.mjs|\.(aws(\/(credentials|config))?|throw-away-keychain\.json|local(\/(state|share)(\/awsmfa(\/[a-z]+\.json|\/stamp|\/seeds)?)?)?))$/
  const left = Object.keys(home.snapshot(named)).filter((name) => leaves?.test(name) !== true)
  assert.deepEqual(left, [])
}

/** No code is sent twice, and each that reached STS is in the ledger. */
function assertLedger({ sts, state }: Sandbox): void {
  const codes = sts.log.flatMap(({ params }) => params.TokenCode ?? [])
  assert.equal(new Set(codes).size, codes.length, 'a code was sent twice')
  assert.ok(state().spentSteps.length >= codes.length, 'a code is missing in the ledger')
}

function bothFiles({ home }: Sandbox): string[] {
  return ['.aws/credentials', '.aws/config'].map((name) => home.read(name) ?? '')
}

function without(profile: string, text: string): string {
  return text.replace(new RegExp(`^\\[(profile )?${profile}\\]\n(?:[^[].*\n|\n)*`, 'm'), '').trimEnd()
}

async function inParallel<T>(all: readonly T[], work: (each: T) => Promise<void>): Promise<void> {
  const waiting = [...all]
  const worker = async () => {
    for (let each = waiting.shift(); each !== undefined; each = waiting.shift()) await work(each)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

async function run(sandbox: Sandbox, args: readonly string[], input?: string): Promise<CliRun> {
  const { path } = sandbox.home
  return await sandbox.run(placed(args, path), {
    env: { PATH: pathOf(path) },
    ...(input === undefined ? {} : { input }),
  })
}

function placed(args: readonly string[], home: string): string[] {
  return args.map((arg) => arg.replaceAll('@HOME@', home))
}

function pathOf(home: string): string {
  return `${home}/bin:/usr/bin:/bin`
}

function spread<T>(all: readonly T[], most: number, random: () => number): T[] {
  if (most >= all.length) return [...all]
  return Array.from({ length: most }, (_, nth) => all[Math.floor(((nth + random()) * all.length) / most)] as T)
}

/** mulberry32: small, and the same everywhere. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
