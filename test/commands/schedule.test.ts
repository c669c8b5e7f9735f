import assert from 'node:assert/strict'
import { test } from 'node:test'
import { installSchedule, removeSchedule, scheduleStatus } from '../../src/commands/schedule.js'
import { type Job, parsePlan, type SchedulerName } from '../../src/core/schedule/job.js'
import { Failure } from '../../src/errors.js'
import type { InstalledJob, Scheduler } from '../../src/outside/schedule.js'
import { scheduleNote } from '../../src/runs/schedules.js'
import { firstStep } from '../../src/session/choose.js'
import type { World } from '../../src/world.js'
import { failsWith } from '../support/failsWith.js'
import { type FakeWorld, fakeWorld } from '../support/fakeWorld.js'

interface FakeScheduler extends Scheduler {
  job: Job | undefined
  blocked: string | undefined
  /** what it knows beside the job's timetable */
  news: Partial<InstalledJob>
}

function fakeScheduler(name: SchedulerName, order: string[] = []): FakeScheduler {
  const scheduler: FakeScheduler = {
    name,
    job: undefined,
    blocked: undefined,
    news: {},
    obstacle: async () => scheduler.blocked,
    install: async (job) => {
      order.push(`install ${name}`)
      scheduler.job = job
    },
    installed: async () => scheduler.job && { ...scheduler.job, where: `the ${name}`, missing: [], ...scheduler.news },
    remove: async () => {
      order.push(`remove ${name}`)
      const existed = scheduler.job !== undefined
      scheduler.job = undefined
      return existed
    },
  }
  return scheduler
}

/** A world with a systemd and a cron. */
function makeWorld(env: World['env'] = {}) {
  const order: string[] = []
  const systemd = fakeScheduler('systemd', order)
  const cron = fakeScheduler('cron', order)
  const fake = fakeWorld({ env })
  const world: FakeWorld = Object.assign(fake, {
    schedule: { ...fake.schedule, schedulers: async () => [systemd, cron] },
  })
  return { world, systemd, cron, order }
}

const said = (world: FakeWorld) => world.heard.join('\n')

test('the best scheduler runs refresh every 30 minutes, by absolute paths, and says who it is', async () => {
  const { world, systemd, cron } = makeWorld()
  await installSchedule(world, {})
  assert.equal(cron.job, undefined)
  const { command, env, timetable } = systemd.job ?? assert.fail('nothing is installed')
  assert.deepEqual(command, [
    ...['/usr/bin/node', '/usr/lib/node_modules/awsmfa/dist/main.js'],
    ...['refresh', '--no-input', '--quiet'],
  ])
  assert.deepEqual(env, { AWSMFA_RUN_BY: 'systemd' })
  assert.equal(timetable.everyMinutes, 30)
  assert.match(said(world), /say systemd runs awsmfa refresh every 30 min, next at 2026-11-22/)
  assert.doesNotMatch(said(world), /warn/)
})

test('the next best is taken where the best cannot be used, and none is an error with all reasons', async () => {
  const { world, systemd, cron } = makeWorld()
  systemd.blocked = 'no systemd user manager answers'
  await installSchedule(world, { everyMinutes: 60 })
  assert.equal(cron.job?.timetable.everyMinutes, 60)
  cron.blocked = 'crontab is not installed'
  const failure = await failsWith('act', /no scheduler/, () => installSchedule(world, {}))
  assert.match(failure.message, /systemd: no systemd user manager answers; cron: crontab is not installed/)
})

test('a scheduler that was asked for is taken or refused, never replaced by another', async () => {
  const { world, systemd, cron } = makeWorld()
  await installSchedule(world, { using: 'cron' })
  assert.ok(cron.job)
  await failsWith('usage', /launchd/, () => installSchedule(world, { using: 'launchd' }))
  systemd.blocked = 'not booted with systemd'
  await failsWith('act', /systemd cannot be used here: not booted/, () => installSchedule(world, { using: 'systemd' }))
  assert.equal(systemd.job, undefined)
})

test('an earlier schedule with another scheduler goes when the new one is there, not before', async () => {
  const { world, systemd, cron, order } = makeWorld()
  await installSchedule(world, { using: 'cron' })
  await installSchedule(world, { using: 'systemd' })
  assert.deepEqual(order, ['install cron', 'install systemd', 'remove cron'])
  assert.ok(systemd.job)
  assert.equal(cron.job, undefined)
  assert.match(said(world), /earlier schedule with cron is removed/)
})

test('what is carried over is shown, a password is not', async () => {
  const { world, systemd } = makeWorld({ AWS_REGION: 'eu-west-1', HTTPS_PROXY: 'http://alice:hidden@proxy:3128' })
  await installSchedule(world, {})
  assert.deepEqual(systemd.job?.env, { AWSMFA_RUN_BY: 'systemd', AWS_REGION: 'eu-west-1' })
  assert.match(said(world), /say carried over: AWS_REGION=eu-west-1/)
  assert.match(said(world), /warn HTTPS_PROXY holds a password/)
  assert.doesNotMatch(said(world), /hidden/)
})

test('paths that will not last, an empty enrolment and sessions shorter than the interval are warned about', async () => {
  const { world, systemd } = makeWorld()
  world.files.config = '[default]\nregion = eu-west-1\n'
  await installSchedule(world, {})
  assert.ok(systemd.job)
  assert.match(said(world), /warn no MFA profile is enrolled yet/)

  const other = makeWorld()
  other.world.files.config += 'awsmfa_duration_seconds = 3600\n'
  const facts = await other.world.schedule.facts()
  Object.assign(other.world.schedule, {
    facts: async () => ({
      ...facts,
      node: { path: '/home/alice/.nvm/versions/node/v22.1.0/bin/node', kind: 'versioned' },
      program: { path: '/home/alice/.npm/_npx/1/awsmfa/dist/main.js', kind: 'cache' },
    }),
  })
  await installSchedule(other.world, { everyMinutes: 60 })
  assert.match(said(other.world), /warn profile mfa lasts 1 h and can run out between two runs/)
  assert.match(said(other.world), /warn .*v22\.1\.0.* belongs to one version/)
  assert.match(said(other.world), /warn .*_npx.*npm install -g/)
})

test('a scheduler that took the job and will not run it is an error', async () => {
  const { world, systemd } = makeWorld()
  systemd.news = { trouble: 'the timer is not running' }
  await failsWith('act', /the timer is not running/, () => installSchedule(world, {}))
})

test('a job that was refused half-way leaves nothing, but an earlier one stays', async () => {
  const { world, systemd, order } = makeWorld()
  const { install } = systemd
  systemd.install = async (job) => {
    await install(job)
    throw new Failure('act', 'the unit is masked', 'unmask it')
  }
  await failsWith('act', /masked/, () => installSchedule(world, {}))
  assert.deepEqual(order, ['install systemd', 'remove systemd'])
  await failsWith('act', /masked/, async () => {
    await install({
      command: ['/node'],
      env: {},
      timetable: { everyMinutes: 5, offsetMinutes: 0 },
      installedAt: new Date(0),
    })
    await installSchedule(world, {})
  })
  assert.ok(systemd.job)
})

test('status tells of runs that did not happen', async () => {
  const { world } = makeWorld()
  world.nowMs -= 3 * 3_600_000
  await installSchedule(world, {})
  world.nowMs += 3 * 3_600_000
  for (const [at, overdue] of [
    ['2026-11-22T09:05:00Z', false],
    ['2026-11-22T08:55:00Z', true],
  ] as const) {
    world.states['runs.json'] = JSON.stringify({ systemd: { at, exitCode: 0 } })
    assert.equal((await statusOf(world)).status.schedules[0]?.overdue, overdue)
  }
  await scheduleStatus(world, { json: false })
  assert.match(said(world), /overdue: has this machine slept/)
})

test('a schedule that has never run is overdue after two intervals, and then needs a person', async () => {
  for (const earlier of [undefined, { at: '2026-11-22T09:59:00Z', exitCode: 0 }]) {
    const { world } = makeWorld()
    await installSchedule(world, { everyMinutes: 5, using: 'cron' })
    if (earlier !== undefined) world.states['runs.json'] = JSON.stringify({ cron: earlier })
    world.nowMs += 10 * 60_000
    const early = await statusOf(world)
    assert.deepEqual([early.kind, early.status.schedules[0]?.overdue], [undefined, false])
    world.nowMs += 60_000
    const late = await statusOf(world)
    assert.deepEqual([late.kind, late.status.schedules[0]?.overdue], ['act', true])
    assert.equal(late.status.schedules[0]?.installedAt, '2026-11-22T10:00:05Z')
  }
})

test('a run of long ago does not make a schedule overdue that was installed anew just now', async () => {
  const { world } = makeWorld()
  world.states['runs.json'] = JSON.stringify({ systemd: { at: '2026-11-01T09:00:00Z', exitCode: 0 } })
  await installSchedule(world, {})
  assert.equal((await statusOf(world)).status.schedules[0]?.overdue, false)
})

test('a run that is dated later than now, by a clock that was wrong, hides no schedule that does not run', async () => {
  const { world } = makeWorld()
  await installSchedule(world, {})
  world.states['runs.json'] = JSON.stringify({ systemd: { at: '2999-01-01T00:00:00Z', exitCode: 0 } })
  world.nowMs += 61 * 60_000
  assert.equal((await statusOf(world)).status.schedules[0]?.overdue, true)
})

test('a cron without a daemon is told of when it is installed and by status, and needs a person once it is late', async () => {
  const { world, cron } = makeWorld()
  cron.news = { doubt: { what: 'no cron daemon is seen', cure: 'sudo service cron start' } }
  await installSchedule(world, { using: 'cron' })
  assert.match(said(world), /warn no cron daemon is seen: sudo service cron start/)
  const { kind, status } = await statusOf(world)
  assert.equal(kind, undefined)
  assert.deepEqual(status.schedules[0]?.doubt, cron.news.doubt)
  world.states['runs.json'] = JSON.stringify({ cron: { at: '2026-11-22T10:05:00Z', exitCode: 0 } })
  world.nowMs += 66 * 60_000
  assert.equal(await scheduleStatus(world, { json: false }), 'act')
  assert.match(said(world), /note {10}no cron daemon is seen\n +sudo service cron start/)
})

test('a timer that ends with the login is a warning only where codes can be had without one', async () => {
  const noLinger = { what: 'only while you are logged in', cure: 'loginctl enable-linger', withoutLogin: true } as const
  for (const [setting, heard] of [
    ['', /say only while you are logged in$/m],
    ['awsmfa_seed_store = none\n', /say only while you are logged in$/m],
    ['mfa_process = /usr/bin/pass otp aws\n', /warn only while you are logged in: loginctl enable-linger/],
    ['awsmfa_seed_store = file\nawsmfa_seed_identity = /id\n', /warn only while you are logged in: loginctl enable/],
  ] as const) {
    const { world, systemd } = makeWorld()
    world.files.config += setting
    systemd.news = { doubt: noLinger }
    await installSchedule(world, {})
    assert.match(said(world), heard)
  }
})

test('a program that prints codes gets the PATH of the shell in which it was proved', async () => {
  const { world, systemd } = makeWorld({ PATH: '/opt/homebrew/bin:/usr/bin' })
  world.files.config += 'mfa_process = /opt/homebrew/bin/pass otp aws\n'
  await installSchedule(world, {})
  assert.equal(systemd.job?.env.PATH, '/opt/homebrew/bin:/usr/bin')
  const other = makeWorld({ PATH: '/opt/homebrew/bin:/usr/bin' })
  await installSchedule(other.world, {})
  assert.equal(other.systemd.job?.env.PATH, undefined)
})

test('how often it runs is kept where a refresh reads it cheaply, until the schedule is removed', async () => {
  const { world } = makeWorld()
  assert.equal(await scheduleNote(world), undefined)
  await installSchedule(world, { everyMinutes: 60 })
  const plan = { using: 'systemd', everyMinutes: 60, installedAt: '2026-11-22T10:00:05Z' }
  assert.deepEqual(parsePlan(world.states['schedule.json']), plan)
  assert.match((await scheduleNote(world)) ?? '', /systemd still runs awsmfa refresh every 1 h: awsmfa schedule remove/)
  await removeSchedule(world)
  assert.equal(world.states['schedule.json'], undefined)
  assert.equal(await scheduleNote(world), undefined)
})

test('a state folder that cannot be written costs no schedule', async () => {
  const { world, systemd } = makeWorld()
  const full = async () => Promise.reject(new Failure('act', 'schedule.json cannot be written: the disk is full'))
  Object.assign(world, { state: { ...world.state, edit: full, remove: full } })
  await installSchedule(world, {})
  assert.ok(systemd.job)
  assert.match(said(world), /warn schedule.json cannot be written/)
  await removeSchedule(world)
  assert.equal(systemd.job, undefined)
})

test('an installation ends with what is next', async () => {
  const { world } = makeWorld()
  await installSchedule(world, {})
  assert.equal(world.heard.at(-1), 'say next: aws s3 ls --profile mfa')
  const { world: empty } = makeWorld()
  empty.files.config = ''
  await installSchedule(empty, {})
  assert.equal(empty.heard.at(-1), `say next: ${firstStep}`)
})

test('a profile whose codes are typed is told to be none for a schedule', async () => {
  const { world } = makeWorld()
  world.files.config += 'awsmfa_seed_store = none\n'
  await installSchedule(world, {})
  assert.match(said(world), /warn the codes of profile mfa are typed, so no schedule can renew it/)
})

test('status drives no terminal: what is stored and what a scheduler says is spelled out', async () => {
  const evil = '\u001b]0;x\u0007\u001b[2J\u009b1m\u202e'
  const { world, systemd } = makeWorld()
  await installSchedule(world, {})
  world.files.config += `[profile m${evil}]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\nawsmfa_source_profile = default\n`
  systemd.news = { where: evil, trouble: evil, missing: [evil], doubt: { what: 'x', cure: 'y' } }
  const failure = { at: `2026-11-22T09:00:00Z (${evil})`, kind: 'act', message: evil, hints: [evil] }
  const run = { at: `2026-11-22T09:00:00Z (${evil})`, exitCode: 0 }
  world.states['outcomes.json'] = JSON.stringify({ mfa: { failure }, [`m${evil}`]: { failure } })
  world.states['runs.json'] = JSON.stringify({ systemd: run, hook: run })
  for (const json of [true, false]) {
    world.heard.length = 0
    await scheduleStatus(world, { json })
    assert.match(said(world), /u\{1b\}/)
    assert.doesNotMatch(said(world).replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u)
  }
})

test('a failure of a profile that is not enrolled is no business of the schedule', async () => {
  const { world } = makeWorld()
  await installSchedule(world, {})
  const failure = { at: '2026-11-22T09:00:00Z', kind: 'act', message: 'MFA profile typo is not enrolled', hints: [] }
  world.states['outcomes.json'] = JSON.stringify({ typo: { failure } })
  const { kind, status } = await statusOf(world)
  assert.deepEqual([kind, status.failures], [undefined, []])
  world.files.config = '[broken\n'
  assert.equal((await statusOf(world)).kind, 'act')
})

test('remove takes every schedule away, and says so when there is none', async () => {
  const { world, systemd, cron } = makeWorld()
  await installSchedule(world, { using: 'cron' })
  await removeSchedule(world)
  await removeSchedule(world)
  assert.deepEqual([systemd.job, cron.job], [undefined, undefined])
  assert.match(said(world), /say the schedule with cron is removed\nsay there is no schedule$/)
})

/** What `schedule status --json` says, and the kind that becomes the exit code. */
async function statusOf(world: FakeWorld) {
  world.heard.length = 0
  const kind = await scheduleStatus(world, { json: true })
  assert.equal(world.heard.length, 1)
  const text = said(world).replace(/^answer /, '')
  return { kind, status: JSON.parse(text) as { schedules: Record<string, unknown>[]; failures: unknown[] } }
}

test('status without a schedule needs a person', async () => {
  const { world } = makeWorld()
  assert.equal(await scheduleStatus(world, { json: false }), 'act')
  assert.match(said(world), /awsmfa schedule install/)
  assert.deepEqual((await statusOf(world)).status.schedules, [])
})

test('status tells the last run by its record and the next by the clock', async () => {
  const { world } = makeWorld()
  await installSchedule(world, { using: 'cron' })
  assert.deepEqual((await statusOf(world)).kind, undefined)
  for (const [exitCode, needed] of [
    [0, undefined],
    [4, undefined],
    [3, 'act'],
    [2, 'act'],
    [1, 'act'],
  ] as const) {
    world.states['runs.json'] = JSON.stringify({ cron: { at: '2026-11-22T09:51:00Z', exitCode }, hook: { at: 'x' } })
    const { kind, status } = await statusOf(world)
    assert.equal(kind, needed, `exit code ${exitCode}`)
    assert.deepEqual(status.schedules[0]?.lastRun, { at: '2026-11-22T09:51:00Z', exitCode })
    assert.match(String(status.schedules[0]?.nextRun), /^2026-11-22T10:[0-3]\d:00Z$/)
  }
  world.heard.length = 0
  await scheduleStatus(world, { json: false })
  assert.match(said(world), /cron runs awsmfa refresh every 30 min\n.*\n {2}last run .*\(9 min ago\): broke off/)
})

test('status believes the scheduler about a later run than refresh could write down, and about the next one', async () => {
  const { world, systemd } = makeWorld()
  await installSchedule(world, {})
  world.states['runs.json'] = JSON.stringify({ systemd: { at: '2026-11-22T09:01:02Z', exitCode: 0 } })
  systemd.news = {
    nextRun: new Date('2026-11-22T10:31:17Z'),
    lastRun: { at: new Date('2026-11-22T09:31:05Z'), exitCode: 127 },
  }
  const { kind, status } = await statusOf(world)
  assert.equal(kind, 'act')
  assert.deepEqual(status.schedules[0]?.lastRun, { at: '2026-11-22T09:31:05Z', exitCode: 127 })
  assert.equal(status.schedules[0]?.nextRun, '2026-11-22T10:31:17Z')
})

test('status finds out that node has gone, and tells the cure', async () => {
  const { world, systemd } = makeWorld()
  await installSchedule(world, {})
  systemd.news = { missing: ['/home/alice/.nvm/versions/node/v22.1.0/bin/node'] }
  assert.equal(await scheduleStatus(world, { json: false }), 'act')
  assert.match(said(world), /trouble .*v22\.1\.0\/bin\/node is gone: run awsmfa schedule install again/)
})

test('status shows a standing failure with its hint', async () => {
  const { world } = makeWorld()
  await installSchedule(world, {})
  const failure = { at: '2026-11-22T09:00:00Z', kind: 'act', message: 'the keychain is locked', hints: ['log in'] }
  world.states['outcomes.json'] = JSON.stringify({ mfa: { failure } })
  assert.equal(await scheduleStatus(world, { json: false }), 'act')
  assert.match(said(world), /profile mfa failed at 2026-11-22 .*: the keychain is locked\n {2}hint: log in/)
  assert.deepEqual((await statusOf(world)).status.failures, [{ mfaProfile: 'mfa', ...failure }])
  world.states['outcomes.json'] = JSON.stringify({ mfa: { failure: { ...failure, kind: 'retry' } } })
  assert.equal((await statusOf(world)).kind, undefined)
})
