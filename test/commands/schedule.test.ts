import assert from 'node:assert/strict'
import { test } from 'node:test'
import { installSchedule, removeSchedule, scheduleStatus } from '../../src/commands/schedule.js'
import type { Job, SchedulerName } from '../../src/core/schedule/job.js'
import { Failure } from '../../src/errors.js'
import type { InstalledJob, Scheduler, World } from '../../src/world.js'
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
    installed: async () =>
      scheduler.job && { timetable: scheduler.job.timetable, where: `the ${name}`, missing: [], ...scheduler.news },
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
    await install({ command: ['/node'], env: {}, timetable: { everyMinutes: 5, offsetMinutes: 0 } })
    await installSchedule(world, {})
  })
  assert.ok(systemd.job)
})

test('status tells of runs that did not happen', async () => {
  const { world } = makeWorld()
  await installSchedule(world, {})
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
