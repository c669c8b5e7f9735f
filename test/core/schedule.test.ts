import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { formatRecord } from '../../src/core/json.js'
import { findJob, withJob, withoutJob } from '../../src/core/schedule/crontab.js'
import {
  clockTimes,
  findMarker,
  formatMarker,
  type Job,
  nextRun,
  parseEvery,
  parsePlan,
  timetableFor,
} from '../../src/core/schedule/job.js'
import { launchAgent } from '../../src/core/schedule/launchAgent.js'
import { readSystemdNews, systemdUnits } from '../../src/core/schedule/systemdUnits.js'
import { envFileText, taskXml } from '../../src/core/schedule/taskXml.js'
import { failsWith } from '../support/failsWith.js'
import { top } from '../support/program.js'
import { tempFolder } from '../support/tempFolder.js'

const fixtures = join(top, 'test', 'fixtures', 'schedule')

const installedAt = new Date('2026-11-22T10:00:05Z')

/** The job that the golden files hold: an ordinary one. */
function usual(scheduler: string, timetable = { everyMinutes: 30, offsetMinutes: 7 }): Job {
  return {
    command: ['/usr/bin/node', '/usr/lib/node_modules/awsmfa/dist/main.js', 'refresh', '--no-input', '--quiet'],
    env: { AWSMFA_RUN_BY: scheduler, AWS_CONFIG_FILE: '/home/alice/my aws/config' },
    timetable,
    installedAt,
  }
}

const onWindows: Job = {
  ...usual('schtasks'),
  command: ['C:\\Program Files\\nodejs\\node.exe', 'C:\\Users\\Zoë\\npm\\awsmfa\\dist\\main.js', 'refresh'],
}

describe('what a person finds on their system', () => {
  const units = systemdUnits(usual('systemd'))
  const sixHours = { everyMinutes: 360, offsetMinutes: 137 }
  const texts: Record<string, string> = {
    'awsmfa.service': units.service,
    'awsmfa.timer': units.timer,
    'every6h.timer': systemdUnits(usual('systemd', sixHours)).timer,
    'awsmfa.refresh.plist': launchAgent(usual('launchd')),
    'every6h.plist': launchAgent(usual('launchd', sixHours)),
    'task.xml': taskXml(onWindows, 'OFFICE\\zoë', 'C:\\Users\\Zoë\\AppData\\awsmfa\\schedule.env'),
    'schedule.env': envFileText(onWindows.env),
    crontab: withJob('', usual('cron')),
    'every6h.crontab': withJob('', usual('cron', sixHours)),
  }
  for (const [name, text] of Object.entries(texts)) {
    test(`is exactly ${name}`, () => {
      if (process.env.AWSMFA_WRITE_GOLDEN === '1') writeFileSync(join(fixtures, name), text)
      assert.equal(text, readFileSync(join(fixtures, name), 'utf8'))
    })
  }
})

describe('a job with a line end or another control character is refused by every format', () => {
  const formats: Record<string, (job: Job) => unknown> = {
    systemd: systemdUnits,
    launchd: launchAgent,
    schtasks: (job) => taskXml(job, 'alice', 'C:\\schedule.env'),
    cron: (job) => withJob('', job),
  }
  for (const [name, format] of Object.entries(formats)) {
    for (const evil of ['a\nExecStart=/bin/evil', 'a\r', 'a\0b', 'a\u001b', 'a\u2028b', 'a\u0085b', 'a\ud800']) {
      test(`${name}: ${JSON.stringify(evil)}`, async () => {
        const { command, ...rest } = usual(name)
        await failsWith('usage', /control character/, () => format({ ...rest, command: [`/${evil}`, ...command] }))
        await failsWith('usage', /AWS_CONFIG_FILE/, () => format({ command, ...rest, env: { AWS_CONFIG_FILE: evil } }))
      })
    }
  }
})

describe('the marker', () => {
  test('is found again in every format, whatever the paths are', () => {
    const path = fc.stringMatching(/^[ -~é日🔐]{1,20}$/u).map((text) => `/${text}`)
    fc.assert(
      fc.property(path, path, (node, main) => {
        const job: Job = { ...usual('x'), command: [node, main, 'refresh'] }
        const expected = { timetable: job.timetable, paths: [node, main], installedAt }
        assert.deepEqual(findMarker(formatMarker(job)), expected)
        assert.match(formatMarker(job), /^[ -~]+$/)
        assert.deepEqual(findMarker(systemdUnits(job).timer), expected)
        assert.deepEqual(findMarker(launchAgent(job)), expected)
      }),
    )
  })

  test('has no two hyphens, which XML forbids in comments', () => {
    const job: Job = { ...usual('launchd'), command: ['/opt/a--b---c/node'] }
    assert.doesNotMatch(formatMarker(job), /--/)
    assert.deepEqual(findMarker(launchAgent(job))?.paths, ['/opt/a--b---c/node'])
  })

  test('of an older job, which does not say when it was installed, is one of ours still', () => {
    for (const other of ['', '"installedAt":"yesterday",', '"installedAt":1,', '"installedAt":"2026-11-22 (noon)",']) {
      const text = formatMarker(usual('cron')).replace(/"installedAt":"[^"]*",/, other)
      assert.deepEqual(findMarker(text), { ...findMarker(formatMarker(usual('cron'))), installedAt: undefined }, text)
    }
  })

  test('is nothing that anybody else would write, nor a broken one', () => {
    const marker = formatMarker(usual('cron'))
    for (const text of [
      '',
      '# awsmfa schedule',
      '# awsmfa schedule {}',
      marker.slice(0, -2),
      marker.replace('30', '29'),
    ]) {
      assert.equal(findMarker(text), undefined, text)
    }
  })
})

test('what schedule.json says is believed when it can be so, and is nothing otherwise', () => {
  const plan = { using: 'cron', everyMinutes: 30, installedAt: '2026-11-22T10:00:05Z' } as const
  assert.deepEqual(parsePlan(formatRecord(plan)), plan)
  const odd = [
    { using: 'at' },
    { everyMinutes: 7 },
    { everyMinutes: 1e300 },
    { installedAt: 'now' },
    { installedAt: 5 },
  ]
  for (const text of [
    undefined,
    '',
    '{',
    '[]',
    'null',
    '5',
    ...odd.map((part) => JSON.stringify({ ...plan, ...part })),
  ]) {
    assert.equal(parsePlan(text), undefined, text)
  }
})

describe('the timetable', () => {
  test('takes what divides the hour or the day, and nothing else', async () => {
    const given = ['5m', '30m', '1800', '1h', '60m', '6h', '24h', '1d']
    assert.deepEqual(given.map(parseEvery), [5, 30, 30, 60, 60, 360, 1440, 1440])
    for (const text of ['45m', '7m', '1m', '0', '90s', '5h', '2d', '', 'soon', '-30m']) {
      await failsWith('usage', /--every/, () => parseEvery(text))
    }
  })

  test('is the same each time on one machine, and spread over the minutes of many', () => {
    assert.deepEqual(timetableFor(30, 'laptop/alice'), timetableFor(30, 'laptop/alice'))
    const offsets = Array.from({ length: 3000 }, (_, index) => timetableFor(30, `laptop-${index}/alice`).offsetMinutes)
    for (let minute = 0; minute < 30; minute++) {
      const share = offsets.filter((offset) => offset === minute).length
      assert.ok(share > 50 && share < 150, `${share} of 3000 machines strike at minute ${minute}`)
    }
  })

  test('names the next run as the clock times that schedulers are given do', () => {
    const timetables = fc
      .constantFrom(5, 10, 30, 60, 120, 360, 1440)
      .chain((every) => fc.record({ everyMinutes: fc.constant(every), offsetMinutes: fc.nat(every - 1) }))
    const midnight = new Date(2026, 10, 22).getTime()
    fc.assert(
      fc.property(timetables, fc.nat(86_399), (timetable, seconds) => {
        const { minutes, hours } = clockTimes(timetable)
        const starts = (hours ?? Array.from({ length: 24 }, (_, hour) => hour)).flatMap((hour) =>
          minutes.map((minute) => (hour * 60 + minute) * 60),
        )
        assert.equal(starts.length, 1440 / timetable.everyMinutes)
        const next = starts.find((start) => start > seconds) ?? (starts[0] ?? Number.NaN) + 86_400
        const now = new Date(midnight + seconds * 1000)
        assert.equal(nextRun(timetable, now).getTime(), midnight + next * 1000)
      }),
    )
  })
})

describe('the crontab', () => {
  const line = fc.oneof(
    fc.stringMatching(/^[ -~\t\x80-\xff]{0,30}$/),
    fc.constantFrom(
      'MAILTO=alice@example.com',
      '# awsmfa schedule',
      '*/5 * * * * AWSMFA_RUN_BY=cron x',
      '@daily \\%',
      '\r',
    ),
  )
  const crontabs = fc.array(line).map((lines) => lines.map((each) => `${each}\n`).join(''))

  test("keeps the person's other lines byte for byte, before and after the job is changed and removed", () => {
    fc.assert(
      fc.property(crontabs, crontabs, (before, after) => {
        const installed = withJob(before, usual('cron'))
        assert.ok(installed.startsWith(before))
        assert.equal(withoutJob(installed), before)
        assert.equal(withJob(installed, usual('cron')), installed)

        const edited = installed + after
        const hourly = withJob(edited, usual('cron', { everyMinutes: 60, offsetMinutes: 3 }))
        assert.deepEqual(findJob(hourly)?.timetable, { everyMinutes: 60, offsetMinutes: 3 })
        assert.equal(withoutJob(hourly), before + after)
        assert.equal(hourly.match(/^# awsmfa schedule \{/gm)?.length, 1)
      }),
    )
  })

  test('ends the last line of a crontab that has no line end', () => {
    assert.equal(withoutJob(withJob('@daily x', usual('cron'))), '@daily x\n')
  })

  test('loses no line of the person when half of the job was deleted by hand', () => {
    const [marker = '', command = ''] = withJob('', usual('cron')).split('\n')
    assert.equal(withoutJob(`a\n${marker}\nb\n`), 'a\nb\n')
    assert.equal(withoutJob(`a\n${command}\nb\n`), `a\n${command}\nb\n`)
    assert.equal(withoutJob(`a\n${marker}\n#${command}\nb\n`), 'a\nb\n')
  })

  test('starts the very program with the very variables, through a real shell', (t) => {
    const folder = tempFolder(t)
    const script = join(folder, `it's 100% "full" of $HOME & ünï;.mjs`)
    const values = ["it's 100% %d", '$(touch /nowhere)`x`', '"; rm -rf', 'ünï 日本', '!! *', '-n']
    const env = Object.fromEntries(values.map((value, index) => [`V${index}`, value]))
    writeFileSync(script, 'console.log(JSON.stringify([process.argv.slice(1), process.env]))')
    const job: Job = { ...usual('cron'), command: [process.execPath, script, 'refresh'], env }
    const [, entry = ''] = Buffer.from(withJob('', job), 'latin1').toString().split('\n')
    const command = entry.split(' ').slice(5).join(' ')
    // what crontab(5) says cron does before the shell sees the line
    assert.doesNotMatch(command, /(^|[^\\])%/)
    const output = execFileSync('/bin/sh', ['-c', command.replace(/\\%/g, '%')], { env: {} }).toString()
    const [argv, seen] = JSON.parse(output) as [string[], Record<string, string>]
    assert.deepEqual(argv, [script, 'refresh'])
    for (const [name, value] of Object.entries(env)) assert.equal(seen[name], value)
  })

  test('refuses a backslash, on which the crons of this world do not agree, and a line that they would cut', async () => {
    await failsWith('usage', /backslash/, () => withJob('', { ...usual('cron'), command: ['/a\\b'] }))
    await failsWith('usage', /longer/, () => withJob('', { ...usual('cron'), env: { NO_PROXY: 'a,'.repeat(600) } }))
  })
})

describe('the task for Windows', () => {
  test('has its command line taken apart into the very words by the rules of the C runtime', () => {
    const words = fc.array(fc.stringMatching(/^[a-z "\\]{1,12}$/), { minLength: 1 })
    fc.assert(
      fc.property(words, (rest) => {
        const job: Job = { ...usual('schtasks'), command: ['C:\\node.exe', ...rest] }
        const [, text = ''] = /<Arguments>(.*)<\/Arguments>/.exec(taskXml(job, 'alice', 'C:\\a b.env')) ?? []
        assert.deepEqual(commandLineToWords(text), ['--headless', 'C:\\node.exe', '--env-file=C:\\a b.env', ...rest])
      }),
    )
  })

  test('is refused where Task Scheduler would put in a variable', async () => {
    for (const path of ['C:\\%TEMP%\\node.exe', 'C:\\$(Arg0)\\node.exe']) {
      await failsWith('usage', /variable/, () => taskXml({ ...onWindows, command: [path] }, 'alice', 'C:\\x.env'))
    }
    assert.match(taskXml({ ...onWindows, command: ['C:\\100% mine\\node.exe'] }, 'alice', 'C:\\x'), /100% mine/)
  })

  test('has its variables read by Node as they were', (t) => {
    const values = fc.sample(fc.stringMatching(/^[ -~é日]{1,20}$/), { numRuns: 300, seed: 1 })
    const usable = ['C:\\new\\temp', "it's", '"\\n"', '#x', ' a ', '$HOME', ...values].filter(isWritable)
    assert.ok(usable.length > 200)
    const env = Object.fromEntries(usable.map((value, index) => [`AWSMFA_V${index}`, value]))
    const file = join(tempFolder(t), 'schedule.env')
    writeFileSync(file, envFileText(env))
    const output = execFileSync(process.execPath, [`--env-file=${file}`, '-p', 'JSON.stringify(process.env)'])
    const seen = JSON.parse(output.toString()) as Record<string, string>
    for (const [name, value] of Object.entries(env)) assert.equal(seen[name], value)
  })

  function isWritable(value: string): boolean {
    try {
      envFileText({ value })
      return true
    } catch {
      return false
    }
  }
})

/** https://learn.microsoft.com/cpp/c-language/parsing-c-command-line-arguments */
function commandLineToWords(line: string): string[] {
  const result: string[] = []
  let current: string | undefined
  let quoted = false
  for (let index = 0; index < line.length; ) {
    const [slashes = ''] = /^\\*/.exec(line.slice(index)) ?? []
    const next = line[index + slashes.length]
    if (next === '"') {
      current = (current ?? '') + '\\'.repeat(Math.floor(slashes.length / 2))
      if (slashes.length % 2 === 1) current += '"'
      else quoted = !quoted
      index += slashes.length + 1
    } else if (slashes !== '') {
      current = (current ?? '') + slashes
      index += slashes.length
    } else if (next === ' ' && !quoted) {
      if (current !== undefined) result.push(current)
      current = undefined
      index += 1
    } else {
      current = (current ?? '') + next
      index += 1
    }
  }
  return current === undefined ? result : [...result, current]
}

describe('the news of systemd', () => {
  const timer = 'ActiveState=active\nNextElapseUSecRealtime=Sun 2026-11-22 09:07:00 UTC\n'
  const service =
    'ActiveState=inactive\nExecMainExitTimestamp=Sun 2026-11-22 08:37:02 UTC\nExecMainStatus=3\nNextElapseUSecRealtime=\n'

  test('says when the timer fires next and how the service ended last', () => {
    assert.deepEqual(readSystemdNews(timer, service), {
      active: true,
      nextRun: new Date('2026-11-22T09:07:00Z'),
      lastRun: { at: new Date('2026-11-22T08:37:02Z'), exitCode: 3 },
    })
  })

  test('counts a death by signal as shells do, not as the exit code of that number', () => {
    for (const [code, status, exitCode] of [
      [1, 4, 4],
      [2, 4, 132],
      [2, 9, 137],
      [3, 3, 131],
    ]) {
      const news = service.replace('ExecMainStatus=3', `ExecMainCode=${code}\nExecMainStatus=${status}`)
      assert.equal(readSystemdNews(timer, news).lastRun?.exitCode, exitCode)
    }
  })

  test('may lack everything', () => {
    const none = { active: false, nextRun: undefined, lastRun: undefined }
    assert.deepEqual(readSystemdNews('', ''), none)
    const empty = 'ActiveState=inactive\nNextElapseUSecRealtime=n/a\n'
    assert.deepEqual(readSystemdNews(empty, 'ExecMainExitTimestamp=\nExecMainStatus=0\n'), none)
  })
})
