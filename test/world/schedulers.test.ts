import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Job, SchedulerName } from '../../src/core/schedule/job.js'
import { makeCron } from '../../src/world/schedulers/cron.js'
import { makeLaunchd } from '../../src/world/schedulers/launchd.js'
import { makeSchtasks } from '../../src/world/schedulers/schtasks.js'
import { makeSystemd } from '../../src/world/schedulers/systemd.js'
import { failsWith } from '../support/failsWith.js'
import { tempFolder } from '../support/tempFolder.js'

/** A home with a `bin` of stand-ins for the platform's programs, and nothing else on the PATH. */
function makePlatform(t: TestContext) {
  const folder = tempFolder(t)
  const home = join(folder, 'home')
  const bin = join(folder, 'bin')
  const log = join(folder, 'log')
  for (const path of [home, bin]) mkdirSync(path)
  writeFileSync(log, '')
  const env = { PATH: bin, HOME: home }
  const [proc, run, lingerFolder] = [join(folder, 'proc'), join(folder, 'run'), join(folder, 'linger')]
  return {
    home,
    env,
    systemd: { env, home, user: 'alice', lingerFolder },
    cron: { env, proc, run },
    /** A process, or anything else that is to be found there. */
    file(path: string, text: string) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    },
    folder,
    /** Puts a program there that writes down its arguments, then does what `script` says, with `cat` and the like. */
    tool(name: string, script = '') {
      const path = join(bin, name)
      const logging = `{ printf '%s' "${name}"; for a; do printf ' [%s]' "$a"; done; echo; } >> '${log}'`
      writeFileSync(path, `#!/bin/sh\n${logging}\nPATH=/usr/bin:/bin\ncd '${folder}'\n${script}\n`)
      chmodSync(path, 0o700)
    },
    /** what was called since the last time */
    calls() {
      const lines = readFileSync(log, 'utf8').trimEnd().split('\n')
      writeFileSync(log, '')
      return lines
    },
    files: () => readdirSync(home, { recursive: true }).map(String).sort(),
  }
}

const installedAt = new Date('2026-11-22T10:00:05Z')

function job(name: SchedulerName, everyMinutes = 30): Job {
  return {
    command: [process.execPath, '/nowhere/awsmfa/main.js', 'refresh'],
    env: { AWSMFA_RUN_BY: name },
    timetable: { everyMinutes, offsetMinutes: 4 },
    installedAt,
  }
}

test('systemd gets units of mode 0600, a reload, and a timer that starts anew', async (t) => {
  const platform = makePlatform(t)
  platform.tool('systemctl')
  const systemd = makeSystemd(platform.systemd)
  await systemd.install(job('systemd'))
  assert.deepEqual(platform.calls(), [
    'systemctl [--user] [daemon-reload]',
    'systemctl [--user] [enable] [awsmfa.timer]',
    'systemctl [--user] [restart] [awsmfa.timer]',
  ])
  const units = join(platform.home, '.config/systemd/user')
  for (const name of ['awsmfa.service', 'awsmfa.timer']) {
    assert.equal((statSync(join(units, name)).mode & 0o777).toString(8), '600')
  }
  await systemd.install(job('systemd', 60))
  assert.equal((await systemd.installed())?.timetable.everyMinutes, 60)
})

test('systemd is asked when the timer fires next and how the service ended, in UTC', async (t) => {
  const platform = makePlatform(t)
  platform.tool(
    'systemctl',
    `case "$TZ $LC_ALL $*" in
    "UTC C --user show awsmfa.timer "*) echo ActiveState=active; echo "NextElapseUSecRealtime=Sun 2026-11-22 09:07:00 UTC";;
    "UTC C --user show awsmfa.service "*) echo "ExecMainExitTimestamp=Sun 2026-11-22 08:37:02 UTC"; echo ExecMainStatus=3;;
    esac`,
  )
  const systemd = makeSystemd(platform.systemd)
  assert.equal(await systemd.installed(), undefined)
  await systemd.install(job('systemd'))
  const where = join(platform.home, '.config/systemd/user/awsmfa.timer')
  assert.deepEqual(await systemd.installed(), {
    timetable: { everyMinutes: 30, offsetMinutes: 4 },
    installedAt,
    where,
    missing: ['/nowhere/awsmfa/main.js'],
    nextRun: new Date('2026-11-22T09:07:00Z'),
    lastRun: { at: new Date('2026-11-22T08:37:02Z'), exitCode: 3 },
    trouble: undefined,
    doubt: undefined,
  })
  platform.tool('systemctl', 'echo ActiveState=inactive')
  assert.match((await systemd.installed())?.trouble ?? '', /systemctl --user start awsmfa.timer/)
  platform.tool('systemctl', 'echo "Failed to connect to bus" >&2; exit 1')
  const unknown = await systemd.installed()
  assert.deepEqual([unknown?.nextRun, unknown?.lastRun, unknown?.trouble], [undefined, undefined, undefined])
})

test('systemd is left without a trace: units, link, stamp and empty folders go', async (t) => {
  const platform = makePlatform(t)
  platform.tool(
    'systemctl',
    `w=home/.config/systemd/user/timers.target.wants
    s=home/.local/share/systemd/timers
    case "$*" in *enable*) mkdir -p $w $s; ln -sf ../awsmfa.timer $w/awsmfa.timer; touch $s/stamp-awsmfa.timer;; esac`,
  )
  mkdirSync(join(platform.home, '.config'))
  mkdirSync(join(platform.home, '.local/share'), { recursive: true })
  const before = platform.files()
  const systemd = makeSystemd(platform.systemd)
  await systemd.install(job('systemd'))
  platform.calls()
  // as without a user manager: what systemctl does not do is done to the files
  platform.tool('systemctl', 'exit 1')
  assert.equal(await systemd.remove(), true)
  assert.deepEqual(platform.calls(), [
    'systemctl [--user] [disable] [--now] [awsmfa.timer]',
    'systemctl [--user] [daemon-reload]',
    'systemctl [--user] [reset-failed] [awsmfa.service]',
  ])
  assert.deepEqual(platform.files(), before)
  assert.equal(await systemd.remove(), false)
})

test("systemd keeps the person's own units: other ones, and one of our name", async (t) => {
  const platform = makePlatform(t)
  platform.tool('systemctl')
  const units = join(platform.home, '.config/systemd/user')
  mkdirSync(units, { recursive: true })
  writeFileSync(join(units, 'mine.timer'), '[Timer]\n')
  const systemd = makeSystemd(platform.systemd)
  await systemd.install(job('systemd'))
  await systemd.remove()
  assert.deepEqual(readdirSync(units), ['mine.timer'])
  writeFileSync(join(units, 'awsmfa.timer'), '[Timer]\n')
  await failsWith('act', /awsmfa\.timer is there/, () => systemd.install(job('systemd')))
  assert.equal(await systemd.remove(), false)
  assert.deepEqual(readdirSync(units).sort(), ['awsmfa.timer', 'mine.timer'])
})

test('systemd is in the way of nothing where it is absent or nobody answers', async (t) => {
  const platform = makePlatform(t)
  const systemd = makeSystemd(platform.systemd)
  assert.equal(await systemd.obstacle(), 'systemctl is not installed')
  platform.tool('systemctl', 'echo "Failed to connect to bus: No medium found" >&2; exit 1')
  assert.match((await systemd.obstacle()) ?? '', /no systemd user manager answers: .*No medium found/)
  platform.tool('systemctl')
  assert.equal(await systemd.obstacle(), undefined)
})

test('systemd whose user manager ends with the login is found out, by the file or by loginctl', async (t) => {
  const platform = makePlatform(t)
  platform.tool('systemctl')
  const systemd = makeSystemd(platform.systemd)
  await systemd.install(job('systemd'))
  const doubt = async () => (await systemd.installed())?.doubt
  assert.equal(await doubt(), undefined, 'nobody can tell')
  for (const [script, wanted] of [
    ['echo Linger=no', /only while you are logged in/],
    ['echo Linger=yes', undefined],
    ['echo "Failed to get user: User ID 1000 is not logged in or lingering" >&2; exit 1', /only while/],
    ['echo "Failed to connect to bus" >&2; exit 1', undefined],
  ] as const) {
    platform.tool('loginctl', script)
    if (wanted === undefined) assert.equal(await doubt(), undefined, script)
    else assert.match((await doubt())?.what ?? '', wanted, script)
  }
  assert.match(platform.calls().join('\n'), /^loginctl \[show-user\] \[alice\] \[--property=Linger\]$/m)
  platform.tool('loginctl', 'echo Linger=no')
  assert.match((await doubt())?.cure ?? '', /^loginctl enable-linger /)
  platform.file('linger/alice', '')
  assert.equal(await doubt(), undefined)
})

test('what a scheduler complains about is told', async (t) => {
  const platform = makePlatform(t)
  platform.tool('systemctl', 'case "$*" in *enable*) echo "Unit is masked." >&2; exit 1;; esac')
  const systemd = makeSystemd(platform.systemd)
  await failsWith('act', /enable awsmfa\.timer failed: Unit is masked\./, () => systemd.install(job('systemd')))
})

test("launchd is given the agent anew in the person's session at the screen, when it has let go of the old one", async (t) => {
  const platform = makePlatform(t)
  platform.tool('launchctl', 'case "$1" in bootstrap) [ -e tried ] || { touch tried; exit 5; };; esac')
  const launchd = makeLaunchd(platform.env, platform.home, 501)
  const path = join(platform.home, 'Library/LaunchAgents/awsmfa.refresh.plist')
  mkdirSync(join(platform.home, 'Library'))
  const before = platform.files()
  await launchd.install(job('launchd'))
  assert.deepEqual(platform.calls(), [
    'launchctl [bootout] [gui/501/awsmfa.refresh]',
    'launchctl [enable] [gui/501/awsmfa.refresh]',
    `launchctl [bootstrap] [gui/501] [${path}]`,
    `launchctl [bootstrap] [gui/501] [${path}]`,
  ])
  assert.deepEqual((await launchd.installed())?.timetable, { everyMinutes: 30, offsetMinutes: 4 })
  assert.deepEqual((await launchd.installed())?.installedAt, installedAt)
  assert.equal(await launchd.remove(), true)
  assert.deepEqual(platform.files(), before)
  assert.equal(await launchd.remove(), false)
})

test('launchd that has not loaded the agent is a trouble', async (t) => {
  const platform = makePlatform(t)
  platform.tool('launchctl', 'case "$1" in print) exit 113;; esac')
  const launchd = makeLaunchd(platform.env, platform.home, 501)
  await launchd.install(job('launchd'))
  assert.match((await launchd.installed())?.trouble ?? '', /launchctl bootstrap gui\/501/)
  assert.match((await launchd.obstacle()) ?? '', /nobody is logged in at the screen/)
})

test('Task Scheduler is given UTF-16 in a file that is gone afterwards, and the variables in one that stays', async (t) => {
  const platform = makePlatform(t)
  platform.tool(
    'schtasks',
    `case "$1" in
    /Create) cp "$5" task.xml;;
    /Query) [ -e task.xml ] || exit 1; cat task.xml;;
    /Delete) rm task.xml;;
    esac`,
  )
  const schtasks = makeSchtasks(platform.env, 'OFFICE\\zoë', join(platform.home, 'state'))
  assert.equal(await schtasks.installed(), undefined)
  await schtasks.install(job('schtasks'))
  const [, create = ''] = platform.calls()
  const [, definition = ''] =
    /^schtasks \[\/Create\] \[\/TN\] \[awsmfa refresh \(OFFICE-zoë\)\] \[\/XML\] \[(.*)\] \[\/F\]$/.exec(create) ?? []
  assert.notEqual(definition, '')
  assert.throws(() => statSync(definition), { code: 'ENOENT' })
  const written = readFileSync(join(platform.folder, 'task.xml'))
  assert.deepEqual([...written.subarray(0, 4)], [0xff, 0xfe, 0x3c, 0])
  assert.equal(readFileSync(join(platform.home, 'state/schedule.env'), 'utf8'), "AWSMFA_RUN_BY='schtasks'\n")
  assert.deepEqual((await schtasks.installed())?.timetable, { everyMinutes: 30, offsetMinutes: 4 })
  assert.deepEqual((await schtasks.installed())?.installedAt, installedAt)
  assert.equal(await schtasks.remove(), true)
  assert.deepEqual(platform.files(), ['state'])
  assert.equal(await schtasks.remove(), false)
})

/** As Debian's crontab: `-l` fails when there is none, `-` reads one, `-r` removes it. */
const crontab = `case "$1" in
-l) [ -e tab ] || { echo "no crontab for alice" >&2; exit 1; }; cat tab;;
-) cat > tab;;
-r) rm tab;;
esac`

test("cron gets no line of root's for the home of somebody else, as after sudo -E", {
  skip: process.geteuid?.() !== 0 && 'only root may give a folder away',
}, async (t) => {
  const platform = makePlatform(t)
  platform.tool('crontab', crontab)
  chownSync(platform.home, 12_345, 12_345)
  const { HOME } = process.env
  t.after(() => {
    process.env.HOME = HOME
  })
  process.env.HOME = platform.home
  await failsWith('act', /you are root, and HOME/, () => makeCron(platform.cron).install(job('cron')))
  assert.deepEqual(platform.calls(), [''])
})

test("cron gets a line more, and the person's bytes stay as they are", async (t) => {
  const platform = makePlatform(t)
  platform.tool('crontab', crontab)
  const tab = join(platform.folder, 'tab')
  const mine = Buffer.from('MAILTO=\xfcber\n\t# caf\xe9 \xff\n@daily x\\%\r\n', 'latin1')
  writeFileSync(tab, mine)
  const cron = makeCron(platform.cron)
  await cron.install(job('cron'))
  await cron.install(job('cron', 60))
  const installed = readFileSync(tab)
  assert.deepEqual(installed.subarray(0, mine.length), mine)
  assert.equal(installed.toString('latin1').match(/AWSMFA_RUN_BY/g)?.length, 1)
  assert.deepEqual(await cron.installed(), {
    timetable: { everyMinutes: 60, offsetMinutes: 4 },
    installedAt,
    where: 'the crontab (crontab -l)',
    missing: ['/nowhere/awsmfa/main.js'],
    doubt: undefined,
  })
  assert.equal(await cron.remove(), true)
  assert.deepEqual(readFileSync(tab), mine)
  assert.equal(await cron.remove(), false)
})

test('cron is left without a crontab when there was none', async (t) => {
  const platform = makePlatform(t)
  platform.tool('crontab', crontab)
  const cron = makeCron(platform.cron)
  await cron.install(job('cron'))
  assert.ok(statSync(join(platform.folder, 'tab')))
  await cron.remove()
  assert.throws(() => statSync(join(platform.folder, 'tab')), { code: 'ENOENT' })
})

test('cron that cannot be read is not written: an unreadable crontab is no empty one', async (t) => {
  const platform = makePlatform(t)
  platform.tool('crontab', 'echo "You (alice) are not allowed to use this program (crontab)" >&2; exit 1')
  const cron = makeCron(platform.cron)
  assert.match((await cron.obstacle()) ?? '', /not allowed/)
  await failsWith('act', /not allowed/, () => cron.install(job('cron')))
  await failsWith('act', /not allowed/, () => cron.remove())
  assert.deepEqual([...new Set(platform.calls())], ['crontab [-l]'])
})

test('cron that says yes and keeps something else is found out', async (t) => {
  const platform = makePlatform(t)
  platform.tool('crontab', '[ "$1" = - ] || { echo "no crontab for alice" >&2; exit 1; }')
  await failsWith('act', /not what was written/, () => makeCron(platform.cron).install(job('cron')))
})

test('cron without a daemon is found out, with the cure for the machine at hand', async (t) => {
  const platform = makePlatform(t)
  platform.tool('crontab', crontab)
  const cron = makeCron(platform.cron)
  await cron.install(job('cron'))
  const doubt = async (scheduler = cron) => (await scheduler.installed())?.doubt
  assert.equal(await doubt(), undefined, 'without /proc nobody can tell')
  platform.file('proc/1/comm', 'init\n')
  platform.file('proc/77/comm', 'crontab\n')
  platform.file('proc/78/comm', 'my-cron-viewer\n')
  platform.file('run/crond.pid', `${goneProcess()}\n`)
  assert.match((await doubt())?.what ?? '', /no cron daemon is seen/)
  assert.match((await doubt())?.cure ?? '', /^sudo service cron start/)
  platform.file('run/systemd/system/x', '')
  assert.match((await doubt())?.cure ?? '', /^sudo systemctl enable --now cron/)
  const wsl = makeCron({ ...platform.cron, env: { ...platform.env, WSL_DISTRO_NAME: 'Ubuntu' } })
  assert.match((await doubt(wsl))?.cure ?? '', /sudo service cron start.*systemd=true/)
  platform.file('proc/sys/kernel/osrelease', '5.15.90.1-microsoft-standard-WSL2\n')
  assert.match((await doubt())?.cure ?? '', /systemd=true/)
})

const daemons: Record<string, Readonly<Record<string, string>>> = {
  "Debian's": { 'proc/99/comm': 'cron\n' },
  "cronie's": { 'proc/99/comm': 'crond\n' },
  "BusyBox's": { 'proc/99/comm': 'busybox\n', 'proc/99/cmdline': 'busybox\0crond\0-f\0' },
  'one that only its pid file tells of': { 'run/crond.pid': `${process.pid}\n` },
}
for (const [what, files] of Object.entries(daemons)) {
  test(`cron with a daemon is in no doubt: ${what}`, async (t) => {
    const platform = makePlatform(t)
    platform.tool('crontab', crontab)
    const cron = makeCron(platform.cron)
    await cron.install(job('cron'))
    platform.file('proc/1/comm', 'init\n')
    assert.notEqual((await cron.installed())?.doubt, undefined)
    for (const [path, text] of Object.entries(files)) platform.file(path, text)
    assert.equal((await cron.installed())?.doubt, undefined)
  })
}

/** The number of a process that has ended. */
function goneProcess(): number {
  return spawnSync('true').pid
}
