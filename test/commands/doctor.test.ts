import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { doctor } from '../../src/commands/doctor.js'
import { refresh } from '../../src/commands/refresh.js'
import type { ListedKey } from '../../src/core/keyPair.js'
import type { RoleRules } from '../../src/core/role.js'
import { LongTermKeys } from '../../src/core/session.js'
import { Failure, type FailureKind, IamFailure, StsFailure } from '../../src/errors.js'
import type { Signer } from '../../src/outside/aws.js'
import type { InstalledJob, Scheduler } from '../../src/outside/schedule.js'
import { recordFailure } from '../../src/runs/outcome.js'
import type { World } from '../../src/world.js'
import { alice, type FakeWorld, fakeWorld } from '../support/fakeWorld.js'
import { runOf } from '../support/runOf.js'

interface Found {
  readonly about: string
  readonly name: string
  readonly verdict: string
  readonly text: string
  readonly cures: readonly string[]
}

/** What a test changes about a machine on which all is well. */
interface Change {
  readonly env?: World['env']
  /** beside the ones of the fake world */
  readonly parts?: (world: FakeWorld) => Partial<World>
  readonly files?: (world: FakeWorld) => void
}

/** A machine with a fresh session, a policy that asks for MFA, and cron. */
async function healthy({ env = {}, parts, files }: Change = {}): Promise<FakeWorld> {
  const world = fakeWorld({ env })
  await refresh(world, { mfaProfiles: [], force: false, quiet: true })
  const cron = scheduler('cron', { lastRun: { at: new Date(world.nowMs - 60_000), exitCode: 0 } })
  Object.assign(world, {
    schedule: { ...world.schedule, schedulers: async () => [cron] },
    iam: { ...world.iam, listAccessKeys: async (signer: Signer) => denyKeysAlone(signer) },
  })
  // A copy: what is replaced may call what was there before.
  Object.assign(world, parts?.({ ...world }))
  files?.(world)
  world.heard.length = 0
  return world
}

function denyKeysAlone({ credentials }: Signer): readonly ListedKey[] {
  if (credentials instanceof LongTermKeys) throw denial('with an explicit deny in an identity-based policy')
  return []
}

function denial(why: string): IamFailure {
  const facts = { reason: 'denied', mayHaveWorked: false } as const
  return new IamFailure(
    'act',
    'AWS denied iam:ListAccessKeys',
    'ask',
    facts,
    new Error(`alice is not authorized ${why}`),
  )
}

function scheduler(name: Scheduler['name'], news: Partial<InstalledJob> = {}): Scheduler {
  const timetable = { everyMinutes: 30, offsetMinutes: 3 }
  return {
    name,
    obstacle: async () => undefined,
    install: async () => assert.fail('installs'),
    installed: async () => ({ timetable, where: `the ${name}`, missing: [], ...news }),
    remove: async () => assert.fail('removes'),
  }
}

/** Runs doctor and gives back its verdict and its checks. */
async function examine(world: World & Pick<FakeWorld, 'heard'>): Promise<[FailureKind | undefined, readonly Found[]]> {
  const verdict = await doctor(world, { json: true })
  const answers = world.heard.filter((line) => line.startsWith('answer '))
  assert.equal(answers.length, 1)
  const { schemaVersion, checks } = JSON.parse(answers[0]?.slice('answer '.length) ?? '') as {
    schemaVersion: number
    checks: Found[]
  }
  assert.equal(schemaVersion, 1)
  for (const { verdict, cures, text } of checks)
    if (verdict !== 'ok') assert.ok(cures.length > 0 || /untested/.test(text), text)
  return [verdict, checks]
}

const unreachable = new StsFailure('retry', 'sts.example refused the connection', 'check the network', {
  reason: 'unreachable',
  codeMayBeSpent: false,
  clockOffsetMs: undefined,
})

describe('all is well', () => {
  it('says so of every link of the chain, and needs nobody', async () => {
    const [verdict, checks] = await examine(await healthy())
    assert.equal(verdict, undefined)
    assert.deepEqual(
      checks.filter((check) => check.verdict !== 'ok'),
      [],
    )
    assert.deepEqual(
      checks.map(({ about, name }) => `${about}: ${name}`),
      [
        'program: awsmfa',
        'program: node',
        'files: credentials',
        'files: config',
        'environment: environment',
        'way to AWS: endpoint',
        'way to AWS: proxy',
        'way to AWS: certificates',
        'source profile default: keys',
        'source profile default: clock',
        'source profile default: policy',
        'profile mfa: settings',
        'profile mfa: keychain',
        'profile mfa: keychain-unattended',
        'profile mfa: session',
        'schedule: schedule',
      ],
    )
  })

  it('changes nothing: no file, no state, no seed, no lock, no device, and gets no session', async () => {
    const touched = (what: string) => () => assert.fail(`touched: ${what}`)
    const world = await healthy({
      parts: (fake) => ({
        awsFiles: { ...fake.awsFiles, edit: touched('file'), checkWritable: touched('temporary file') },
        state: { ...fake.state, edit: touched('state') },
        lock: { hold: touched('lock') },
        keychain: { ...fake.keychain, get: touched('get'), set: touched('set'), delete: touched('delete') },
        hookStamp: { write: touched('stamp') },
        sts: { ...fake.sts, getSessionToken: touched('GetSessionToken'), assumeRole: touched('AssumeRole') },
        iam: {
          ...fake.iam,
          listDevices: touched('ListMFADevices'),
          listAccessKeys: async (signer) => denyKeysAlone(signer),
          getRole: touched('GetRole'),
          createVirtualDevice: touched('create'),
          enableDevice: touched('enable'),
          resync: touched('resync'),
          deactivateDevice: touched('deactivate'),
          deleteVirtualDevice: touched('delete'),
        },
      }),
    })
    // A clock that is off is what other commands would remember.
    world.offsetMs = 90_000
    const [verdict] = await examine(world)
    assert.equal(verdict, undefined)
  })

  it('reads well in 80 columns, as an answer', async () => {
    const world = await healthy()
    await doctor(world, { json: false })
    assert.equal(world.heard.length, 1)
    const report = world.heard[0]?.slice('answer '.length) ?? ''
    assert.match(report, /^program\n {2}ok {4}awsmfa 1\.2\.3\n/)
    assert.match(report, /\n\nall is well$/)
    for (const line of report.split('\n')) assert.ok(line.length <= 80 && /^[ -~]*$/.test(line), line)
  })

  it('holds no secret', async () => {
    const world = await healthy()
    await doctor(world, { json: true })
    for (const secret of [alice.seed.reveal(), 'wJalr', 'IQoToken', 'secret/', 'ASIA', 'AKIA']) {
      assert.ok(!world.heard.join('\n').includes(secret), secret)
    }
  })
})

describe('a role profile', () => {
  const arn = 'arn:aws:iam::210987654321:role/admin'
  const settings = (seconds: number) =>
    `\n[profile prod]\nmfa_serial = ${alice.serialNumber}\nawsmfa_source_profile = default\n` +
    `awsmfa_duration_seconds = ${seconds}\nawsmfa_role_arn = ${arn}\n`

  /** @param rules - what IAM says of the role, where it does */
  async function withRole(seconds: number, rules?: RoleRules): Promise<readonly Found[]> {
    const world = await healthy({
      parts: (fake) => (rules === undefined ? {} : { iam: { ...fake.iam, getRole: async () => rules } }),
    })
    world.files.config += settings(seconds)
    await refresh(world, { mfaProfiles: ['prod'], force: false, quiet: true })
    world.heard.length = 0
    const [, checks] = await examine(world)
    return checks.filter(({ about }) => about === 'profile prod')
  }
  const shown = (checks: readonly Found[]) => checks.map(({ name, verdict }) => `${name} ${verdict}`)

  it('is shown with what it is taken with, and what IAM says of it', async () => {
    const checks = await withRole(3600, { maxSeconds: 3600, wantsMfa: true })
    assert.deepEqual(shown(checks), [
      'settings ok',
      'keychain ok',
      'keychain-unattended ok',
      'session ok',
      'role-source ok',
      'role-duration ok',
      'role-trust ok',
    ])
    assert.match(
      checks.map(({ text }) => text).join('\n'),
      /role\/admin by arn:.*taken with the MFA session of profile mfa/s,
    )
  })

  it('is bad when the role lasts shorter than is asked for, and warned of when it needs no MFA', async () => {
    const checks = await withRole(43_200, { maxSeconds: 7200, wantsMfa: false })
    assert.deepEqual(shown(checks).slice(-2), ['role-duration bad', 'role-trust warn'])
    assert.match(checks.map(({ text }) => text).join('\n'), /lasts 2 h at most, and 12 h are asked for/)
  })

  it('is none the worse for a role that may not ask IAM about itself', async () => {
    assert.deepEqual(shown(await withRole(3600)).slice(-2), ['role-source ok', 'role-rules ok'])
  })

  it('does not lend its session to the question whether a policy asks for MFA', async () => {
    const world = await healthy()
    world.files.config = world.files.config.replace(alice.enrolled, settings(7200))
    await refresh(world, { mfaProfiles: [], force: false, quiet: true })
    world.heard.length = 0
    const [, checks] = await examine(world)
    assert.match(checks.find(({ name }) => name === 'policy')?.text ?? '', /shows only beside a session/)
  })
})

interface Row extends Change {
  readonly check: string
  readonly verdict: 'ok' | 'warn' | 'bad'
  readonly text: RegExp
  readonly exit: FailureKind | undefined
}

const credentialsFacts = (facts: object) => (world: FakeWorld) => ({
  awsFiles: {
    ...world.awsFiles,
    inspect: async (file: 'credentials' | 'config') => ({ ...(await world.awsFiles.inspect(file)), ...facts }),
  },
})

const rows: Record<string, Row> = {
  'a file that the AWS CLI cannot read': {
    files: (world) => {
      world.files.config += 'no key\n'
    },
    check: 'config',
    verdict: 'bad',
    text: /~\/\.aws\/config/,
    exit: 'act',
  },
  'a file that cannot be written': {
    parts: (world) => ({
      awsFiles: {
        ...world.awsFiles,
        inspect: async () => Promise.reject(new Failure('act', '~/.aws/credentials is read-only', 'chmod u+w')),
      },
    }),
    check: 'credentials',
    verdict: 'bad',
    text: /read-only/,
    exit: 'act',
  },
  'keys that others can read': {
    parts: credentialsFacts({ othersCanRead: true, mode: '0644' }),
    check: 'credentials',
    verdict: 'warn',
    text: /mode 0644/,
    exit: undefined,
  },
  'keys in a git work tree': {
    parts: credentialsFacts({ gitWorkTree: '/home/alice/dotfiles' }),
    check: 'credentials',
    verdict: 'warn',
    text: /git work tree \/home\/alice\/dotfiles/,
    exit: undefined,
  },
  'nothing enrolled': {
    files: (world) => {
      world.files.config = alice.config
    },
    check: 'enrolments',
    verdict: 'bad',
    text: /no MFA profile is enrolled/,
    exit: 'act',
  },
  'the ARN of a user as serial number': {
    files: (world) => {
      world.files.config = world.files.config.replace(':mfa/alice', ':user/alice')
    },
    check: 'settings',
    verdict: 'bad',
    text: /is the ARN of a user/,
    exit: 'act',
  },
  'a source profile with temporary keys': {
    files: (world) => {
      world.files.credentials = world.files.credentials.replace('AKIA', 'ASIA')
    },
    check: 'settings',
    verdict: 'bad',
    text: /holds temporary keys/,
    exit: 'act',
  },
  'long-term keys in the MFA profile': {
    files: (world) => {
      world.files.credentials = `${alice.credentials}\n${alice.credentials.replace('[default]', '[mfa]')}`
    },
    check: 'settings',
    verdict: 'bad',
    text: /holds long-term keys/,
    exit: 'act',
  },
  'a device of another account': {
    files: (world) => {
      world.files.config = world.files.config.replace('123456789012', '210987654321')
      world.seeds.set(alice.serialNumber.replace('123456789012', '210987654321'), alice.seed)
    },
    check: 'serial-number',
    verdict: 'bad',
    text: /in account 210987654321 \(aws\), the keys in 123456789012 \(aws\)/,
    exit: 'act',
  },
  'a role profile that still asks for codes': {
    files: (world) => {
      world.files.config += '\n[profile admin]\nrole_arn = x\nsource_profile = mfa\nmfa_serial = y\n'
    },
    check: 'role',
    verdict: 'warn',
    text: /admin .* mfa_serial/,
    exit: undefined,
  },
  'a variable that chooses other keys': {
    env: { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE' },
    check: 'keys-in-environment',
    verdict: 'warn',
    text: /AWS_ACCESS_KEY_ID is set/,
    exit: undefined,
  },
  'a locked keyring': {
    parts: () => probe(async () => Promise.reject(new Failure('act', 'the keyring is locked', 'unlock it'))),
    check: 'keychain',
    verdict: 'bad',
    text: /locked/,
    exit: 'act',
  },
  'an open keyring without the seed': {
    files: (world) => world.seeds.clear(),
    check: 'keychain',
    verdict: 'bad',
    text: /\(gnome-keyring-d\) is open and holds no seed/,
    exit: 'act',
  },
  'a keyring that cron would not find': {
    env: { DISPLAY: ':0' },
    parts: () =>
      probe(async (env) => env.DISPLAY !== undefined || Promise.reject(new Failure('act', 'no bus', 'log in'))),
    check: 'keychain-unattended',
    verdict: 'warn',
    text: /bare environment of a cron job it cannot be read: no bus/,
    exit: undefined,
  },
  'another keyring under cron': {
    env: { DISPLAY: ':0' },
    parts: () => probe(async (env) => env.DISPLAY !== undefined),
    check: 'keychain-unattended',
    verdict: 'warn',
    text: /another keychain answers/,
    exit: undefined,
  },
  'codes that are typed': {
    files: (world) => {
      world.files.config += 'awsmfa_seed_store = none\n'
      world.seeds.clear()
    },
    check: 'codes',
    verdict: 'ok',
    text: /typed/,
    exit: undefined,
  },
  'codes from a command, which is not run': {
    files: (world) => {
      world.files.config += 'mfa_process = pass otp aws\n'
      world.seeds.clear()
    },
    check: 'mfa-process',
    verdict: 'ok',
    text: /come from pass /,
    exit: undefined,
  },
  'a command that only a shell could run': {
    files: (world) => {
      world.files.config += 'mfa_process = pass otp aws | head -1\n'
    },
    check: 'mfa-process',
    verdict: 'bad',
    text: /mfa_process/,
    exit: 'act',
  },
  'a seed file that is gone': {
    files: (world) => {
      world.files.config += 'awsmfa_seed_store = file\nawsmfa_seed_identity = /home/alice/key.txt\n'
    },
    check: 'seed-file',
    verdict: 'bad',
    text: /there is no seed file/,
    exit: 'act',
  },
  'a clock that is off': {
    files: (world) => {
      world.offsetMs = -90_000
    },
    check: 'clock',
    verdict: 'warn',
    text: /2 min ahead of AWS's/,
    exit: undefined,
  },
  'a session that has ended': {
    files: (world) => {
      world.nowMs += 13 * 3_600_000
    },
    check: 'session',
    verdict: 'bad',
    text: /ended 1 h ago/,
    exit: 'act',
  },
  "a session that has ended by AWS's clock": {
    files: (world) => {
      world.offsetMs = 13 * 3_600_000
    },
    check: 'session',
    verdict: 'bad',
    text: /ended 1 h ago/,
    exit: 'act',
  },
  'a device whose making was cut short': {
    files: (world) => {
      const userArn = 'arn:aws:iam::123456789012:user/alice'
      const creation = { serialNumber: `${alice.serialNumber}-2`, userArn, sourceProfile: 'default', phase: 'created' }
      world.states['creation.json'] = JSON.stringify(creation)
    },
    check: 'creation',
    verdict: 'warn',
    text: /mfa\/alice-2 was cut short/,
    exit: undefined,
  },
  'a session that AWS does not accept': {
    parts: (world) => ({
      sts: {
        ...world.sts,
        getCallerIdentity: async (signer) => {
          if (signer.credentials instanceof LongTermKeys) return await world.sts.getCallerIdentity(signer)
          throw new Failure('act', 'AWS does not accept the key', 'look')
        },
      },
    }),
    check: 'session',
    verdict: 'bad',
    text: /AWS does not accept the session/,
    exit: 'act',
  },
  'long-term keys that need no MFA': {
    parts: (world) => ({ iam: { ...world.iam, listAccessKeys: async () => [] } }),
    check: 'policy',
    verdict: 'bad',
    text: /MFA protects nothing/,
    exit: 'act',
  },
  'a user who may list no keys at all': {
    parts: (world) => ({ iam: { ...world.iam, listAccessKeys: async () => Promise.reject(denial('')) } }),
    check: 'policy',
    verdict: 'warn',
    text: /cannot tell/,
    exit: undefined,
  },
  'an IAM that cannot be reached': {
    parts: (world) => ({ iam: { ...world.iam, listAccessKeys: async () => Promise.reject(unreachable) } }),
    check: 'policy',
    verdict: 'warn',
    text: /could not be tested: sts\.example refused/,
    exit: undefined,
  },
  'keys of the root user, whom no policy binds': {
    parts: (world) => ({
      sts: {
        ...world.sts,
        getCallerIdentity: async () => ({
          arn: 'arn:aws:iam::123456789012:root',
          account: '123456789012',
          clockOffsetMs: 0,
        }),
      },
    }),
    check: 'keys',
    verdict: 'warn',
    text: /root user/,
    exit: undefined,
  },
  'a failure that still stands': {
    parts: () => ({}),
    check: 'last-refresh',
    verdict: 'bad',
    text: /0 s ago, failed: AWS refused the code/,
    exit: 'act',
  },
  'no schedule': {
    parts: (world) => ({ schedule: { ...world.schedule, schedulers: async () => [] } }),
    check: 'schedule',
    verdict: 'warn',
    text: /nothing runs awsmfa refresh by itself/,
    exit: undefined,
  },
  'a schedule whose program is gone': {
    parts: (world) => schedules(world, { missing: ['/opt/node'] }),
    check: 'schedule',
    verdict: 'bad',
    text: /\/opt\/node is gone/,
    exit: 'act',
  },
  'a schedule whose last run needs a person': {
    parts: (world) => schedules(world, { lastRun: { at: new Date(world.nowMs), exitCode: 3 } }),
    check: 'schedule',
    verdict: 'bad',
    text: /exit code 3/,
    exit: 'act',
  },
  'a schedule that does not run': {
    parts: (world) => schedules(world, { lastRun: { at: new Date(world.nowMs - 7_200_000), exitCode: 0 } }),
    check: 'schedule',
    verdict: 'warn',
    text: /the last run was 2 h ago/,
    exit: undefined,
  },
  'a login hook that needs a person': {
    files: (world) => {
      world.states['runs.json'] = JSON.stringify({ hook: { at: '2026-11-22T09:00:05Z', exitCode: 3 } })
    },
    check: 'hook',
    verdict: 'bad',
    text: /a login hook last ran it 1 h ago: you are needed/,
    exit: 'act',
  },
  'an endpoint for STS alone, beside which IAM is not asked at AWS': {
    env: { AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:4566' },
    parts: (world) => ({ iam: { ...world.iam, listAccessKeys: async () => assert.fail('asked') } }),
    check: 'policy',
    verdict: 'warn',
    text: /untested: STS has an endpoint of its own/,
    exit: undefined,
  },
  'an endpoint that would send codes unencrypted': {
    env: { AWS_ENDPOINT_URL: 'http://aws.example' },
    check: 'endpoint',
    verdict: 'bad',
    text: /unencrypted to aws\.example/,
    exit: 'act',
  },
  'a proxy, without its password': {
    env: { HTTPS_PROXY: 'http://alice:hunter2@proxy.example:3128' },
    check: 'proxy',
    verdict: 'ok',
    text: /^proxy: proxy\.example:3128$/,
    exit: undefined,
  },
}

function probe(holdsSeed: (env: World['env']) => Promise<boolean>): Partial<World> {
  return { keychainProbe: { holdsSeed: (_, env) => holdsSeed(env), provider: async () => undefined } }
}

function schedules(world: FakeWorld, news: Partial<InstalledJob>): Partial<World> {
  return { schedule: { ...world.schedule, schedulers: async () => [scheduler('systemd', news)] } }
}

describe('tells of', () => {
  for (const [what, row] of Object.entries(rows)) {
    it(what, async () => {
      const world = await healthy(row)
      if (row.check === 'last-refresh') {
        await recordFailure(await runOf(world), ['mfa'], new Failure('act', 'AWS refused the code', 'look'))
      }
      const [verdict, checks] = await examine(world)
      const found = checks.find(({ name }) => name === row.check)
      assert.ok(found !== undefined, `no check ${row.check}: ${JSON.stringify(checks)}`)
      assert.equal(found.verdict, row.verdict, found.text)
      assert.match(found.text, row.text)
      assert.equal(verdict, row.exit, JSON.stringify(checks.filter((check) => check.verdict === 'bad')))
    })
  }
})

describe('without AWS', () => {
  const offline = (world: FakeWorld): Partial<World> => ({
    sts: { ...world.sts, getCallerIdentity: async () => Promise.reject(unreachable) },
    iam: { ...world.iam, listAccessKeys: async () => assert.fail('asked all the same') },
  })

  it('asks once, tests what it can, and says that it may pass', async () => {
    const [verdict, checks] = await examine(await healthy({ parts: offline }))
    assert.equal(verdict, 'retry')
    assert.deepEqual(
      checks.filter((check) => check.verdict !== 'ok').map(({ name, text }) => [name, text]),
      [
        ['keys', 'sts.example refused the connection'],
        ['session', 'the session lasts another 12 h; whether AWS accepts it is untested'],
      ],
    )
  })

  it('calls nobody for a session that ended in the meantime', async () => {
    const world = await healthy({ parts: offline })
    world.nowMs += 13 * 3_600_000
    Object.assign(world, { schedule: { ...world.schedule, schedulers: async () => [] } })
    assert.equal((await examine(world))[0], 'retry')
  })
})

it('tells of unusable keys once, and asks AWS for nothing with them', async () => {
  const world = await healthy({
    parts: (fake) => ({ sts: { ...fake.sts, getCallerIdentity: async () => assert.fail('asked') } }),
    files: (fake) => {
      fake.files.credentials = ''
    },
  })
  const [verdict, checks] = await examine(world)
  assert.equal(verdict, 'act')
  assert.deepEqual(
    checks.filter((check) => check.verdict === 'bad').map(({ name }) => name),
    ['settings'],
  )
})

it("asks again at AWS's time when the clock is so wrong that AWS refuses the signature", async () => {
  const asked: number[] = []
  const world = await healthy({
    parts: (fake) => ({
      sts: {
        ...fake.sts,
        getCallerIdentity: async (signer) => {
          asked.push(signer.clockOffsetMs)
          if (signer.clockOffsetMs !== 0)
            return { ...(await fake.sts.getCallerIdentity(signer)), clockOffsetMs: 3_600_000 }
          const facts = { reason: 'clock-refused', codeMayBeSpent: false, clockOffsetMs: 3_600_000 } as const
          throw new StsFailure('act', 'the clock', 'set it', facts)
        },
      },
    }),
  })
  const [verdict, checks] = await examine(world)
  assert.equal(verdict, undefined)
  assert.deepEqual(asked, [0, 3_600_000, 3_600_000])
  assert.match(checks.find(({ name }) => name === 'clock')?.text ?? '', /1 h behind AWS's/)
})

it('asks AWS once for profiles of one source, and for each of several sources', async () => {
  const asked: string[] = []
  const world = await healthy({
    parts: (fake) => ({
      sts: {
        ...fake.sts,
        getCallerIdentity: async (signer) => {
          if (signer.credentials instanceof LongTermKeys) asked.push(signer.credentials.accessKeyId.slice(-7))
          return await fake.sts.getCallerIdentity(signer)
        },
      },
    }),
    files: (fake) => {
      fake.files.credentials +=
        '\n[work]\naws_access_key_id = AKIAI44QH8DHBEXAMPLE\naws_secret_access_key = je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY\n'
      for (const [name, source] of [
        ['mfa2', 'default'],
        ['mfa3', 'work'],
      ]) {
        fake.files.config += `${alice.enrolled.replace('profile mfa', `profile ${name}`).replace('= default', `= ${source}`)}`
      }
    },
  })
  const [, checks] = await examine(world)
  assert.deepEqual(asked.sort(), ['EXAMPLE', 'EXAMPLE'])
  assert.equal(checks.filter(({ name }) => name === 'policy').length, 2)
  assert.deepEqual(
    checks.filter(({ name }) => name === 'session').map(({ about, verdict }) => `${about} ${verdict}`),
    ['profile mfa ok', 'profile mfa2 bad', 'profile mfa3 bad'],
  )
})

it('looks once at what several profiles share: the session of one refresh, and the seed of one device', async () => {
  const [sessions, seeds]: [string[], string[]] = [[], []]
  const world = await healthy({
    parts: (fake) => ({
      sts: {
        ...fake.sts,
        getCallerIdentity: async (signer) => {
          if (!(signer.credentials instanceof LongTermKeys)) sessions.push(signer.credentials.reveal().accessKeyId)
          return await fake.sts.getCallerIdentity(signer)
        },
      },
      keychainProbe: {
        ...fake.keychainProbe,
        holdsSeed: async (serialNumber, env) => {
          if (env.AWSMFA_RUN_BY === undefined) seeds.push(serialNumber)
          return true
        },
      },
    }),
    files: (fake) => {
      const written = /\[mfa\]\n[^[]*/.exec(fake.files.credentials ?? '')?.[0] ?? assert.fail('no session')
      for (const name of ['mfa2', 'mfa3']) {
        fake.files.config += alice.enrolled.replace('profile mfa', `profile ${name}`)
        fake.files.credentials += `\n${written.replace('[mfa]', `[${name}]`)}`
      }
    },
  })
  const [verdict, checks] = await examine(world)
  assert.equal(verdict, undefined)
  assert.deepEqual([sessions.length, seeds.length], [1, 1])
  for (const name of ['session', 'keychain']) assert.equal(checks.filter((check) => check.name === name).length, 3)
})

it("gives a scheduler's environment nothing of the desktop and no keys, only what the job would carry", async () => {
  const seen: World['env'][] = []
  const env = {
    DISPLAY: ':0',
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    XDG_RUNTIME_DIR: '/run/elsewhere',
    PATH: '/bin',
  }
  const world = await healthy({
    env,
    parts: () =>
      probe(async (given) => {
        seen.push(given)
        return true
      }),
  })
  await examine(world)
  assert.equal(seen.length, 2)
  assert.deepEqual(seen[0], env)
  assert.deepEqual(seen[1], {
    AWSMFA_RUN_BY: 'cron',
    HOME: '/home/alice',
    LOGNAME: undefined,
    PATH: '/bin',
    SHELL: '/bin/sh',
    XDG_RUNTIME_DIR: '/run/elsewhere',
  })
})
