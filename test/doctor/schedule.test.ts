import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SchedulerName } from '../../src/core/schedule/job.js'
import { checkSchedule } from '../../src/doctor/schedule.js'
import type { InstalledJob } from '../../src/outside/schedule.js'
import { fakeWorld } from '../support/fakeWorld.js'

const noLinger = { what: 'only while you are logged in', cure: 'loginctl enable-linger', withoutLogin: true } as const
const noDaemon = { what: 'no cron daemon is seen', cure: 'sudo service cron start' }
const inFile = 'awsmfa_seed_store = file\nawsmfa_seed_identity = /id\n'
const minutesAgo = (minutes: number) => new Date(Date.parse('2026-11-22T10:00:05Z') - minutes * 60_000)

const rows: Record<string, { using?: SchedulerName; news: Partial<InstalledJob>; config?: string; found: RegExp }> = {
  'a schedule that was installed just now': {
    news: { installedAt: minutesAgo(59) },
    found: /^ok .*not yet run since it was installed 59 min ago$/,
  },
  'one that has not run for two intervals since it was installed': {
    news: { installedAt: minutesAgo(61) },
    found: /^bad .*not yet run since it was installed 1 h 1 min ago; it is overdue -> unless this machine has slept/,
  },
  'one that ran, and not of late': {
    news: { installedAt: minutesAgo(300), lastRun: { at: minutesAgo(61), exitCode: 0 } },
    found: /^warn .*the last run was 1 h 1 min ago: all good; it is overdue -> unless/,
  },
  'a cron without a daemon': {
    using: 'cron',
    news: { doubt: noDaemon, lastRun: { at: minutesAgo(10), exitCode: 0 } },
    found: /^warn .*all good; no cron daemon is seen -> sudo service cron start$/,
  },
  'a cron without a daemon that is overdue': {
    using: 'cron',
    news: { doubt: noDaemon, lastRun: { at: minutesAgo(100), exitCode: 0 } },
    found: /^bad .*no cron daemon is seen; it is overdue -> sudo service cron start -> unless/,
  },
  'a timer that ends with the login, where the keychain does so too': {
    news: { doubt: noLinger, lastRun: { at: minutesAgo(10), exitCode: 0 } },
    found: /^ok .*; only while you are logged in$/,
  },
  'a timer that ends with the login, where the seed is in a file': {
    news: { doubt: noLinger, lastRun: { at: minutesAgo(10), exitCode: 0 } },
    config: inFile,
    found: /^warn .*; only while you are logged in -> loginctl enable-linger$/,
  },
  'a run that was killed': {
    news: { lastRun: { at: minutesAgo(10), exitCode: 137 } },
    found: /^bad .*killed \(signal 9\)/,
  },
}

describe('doctor on', () => {
  for (const [what, { using = 'systemd', news, config = '', found }] of Object.entries(rows)) {
    it(what, async () => {
      const world = fakeWorld()
      world.files.config += config
      const job = { timetable: { everyMinutes: 30, offsetMinutes: 3 }, where: 'there', missing: [], ...news }
      const scheduler = {
        name: using,
        obstacle: async () => undefined,
        install: async () => assert.fail('installs'),
        installed: async () => job,
        remove: async () => assert.fail('removes'),
      }
      Object.assign(world, { schedule: { ...world.schedule, schedulers: async () => [scheduler] } })
      const { checks } = await checkSchedule(world)
      assert.equal(checks.length, 1)
      assert.match(
        checks.map(({ verdict, text, cures }) => [`${verdict} ${text}`, ...cures].join(' -> ')).join(),
        found,
      )
    })
  }
})
