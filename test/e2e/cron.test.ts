import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { absent } from '../support/parts.js'
import { openSandbox } from '../support/sandbox.js'
import { secretServiceParts, startSecretService } from '../support/secretService.js'
import { alice } from '../support/strictSts.js'
import { tempFolder } from '../support/tempFolder.js'
import { until } from '../support/until.js'

const skip = process.geteuid?.() === 0 ? absent('cron', 'crontab', ...secretServiceParts) : 'only root may start cron'

describe('a real cron', { skip }, () => {
  /** The crontab of the user who runs the tests, as it was; `undefined` when there was none. */
  const before = skip === false ? readCrontab() : undefined
  const restore = () => {
    if (before === undefined) spawnSync('crontab', ['-r'])
    else execFileSync('crontab', ['-'], { input: before })
  }
  let daemon: ChildProcess | undefined
  if (skip === false) process.once('exit', cleanUp)

  function cleanUp(): void {
    daemon?.kill('SIGKILL')
    restore()
  }

  after(() => {
    process.removeListener('exit', cleanUp)
    if (skip === false) cleanUp()
  })

  test('refreshes from the real keychain with what schedule install has written, and is left without a trace', async (t) => {
    const service = await startSecretService()
    t.after(() => service.stop())
    // carried over by the job, so that cron itself judges the quoting
    const state = join(tempFolder(t), `it's 100% "awsmfa" here, ünï`)
    const sandbox = await openSandbox(t, { keychain: service, env: { XDG_STATE_HOME: state } })
    await sandbox.enroll()
    const firstSession = sandbox.home.read('.aws/credentials')
    const calls = sandbox.sts.log.length
    // the session is nearly over, so that the next run has something to do
    sandbox.home.write(
      '.aws/credentials',
      firstSession?.replace(/(x_security_token_expires\s*=\s*)\S+/, '$12026-01-01T00:00:00Z') ?? '',
    )

    const mine = Buffer.from('# of the person: caf\xe9\n@yearly true \\% %x\n', 'latin1')
    execFileSync('crontab', ['-'], { input: mine })
    const install = await sandbox.run(['schedule', 'install', '--using', 'cron', '--every', '5m'])
    assert.equal(install.code, 0, install.stderr)
    assert.match(install.stderr, /carried over: XDG_RUNTIME_DIR=/)
    const installed = readCrontab() ?? assert.fail('there is no crontab')
    assert.deepEqual(installed.subarray(0, mine.length), mine)

    // Nobody wants to wait for five minutes: the same command, each minute.
    const eachMinute = installed.toString('latin1').replace(/^[0-9,]+(?= \* \* \* \* ulimit)/m, '*')
    assert.notEqual(eachMinute, installed.toString('latin1'))
    execFileSync('crontab', ['-'], { input: Buffer.from(eachMinute, 'latin1') })
    // It ends at once when a cron is running already, which then does the work.
    daemon = spawn('cron', ['-f'], { stdio: 'ignore' })

    const runs = join(state, 'awsmfa', 'runs.json')
    // Cron wakes once a minute.
    await until('a run by cron', () => existsSync(runs))
    const { cron } = JSON.parse(readFileSync(runs, 'utf8')) as { cron: { exitCode: number } }
    assert.equal(cron.exitCode, 0, readFileSync(join(state, 'awsmfa', 'outcomes.json'), 'utf8'))
    const [call, ...more] = sandbox.sts.log.slice(calls)
    assert.deepEqual([call?.action, call?.outcome, more.length], ['GetSessionToken', 'ok', 0])
    assert.equal(call?.params.SerialNumber, alice.serialNumber)
    const session = sandbox.home.read('.aws/credentials') ?? ''
    assert.notEqual(session, firstSession)
    assert.doesNotMatch(session, /2026-01-01T00:00:00Z/)

    const status = await sandbox.run(['schedule', 'status'])
    assert.equal(status.code, 0, status.stdout + status.stderr)
    assert.match(status.stdout, /cron runs awsmfa refresh every 5 min\n.*\n {2}last run .*: all good/)

    const remove = await sandbox.run(['schedule', 'remove'])
    assert.equal(remove.code, 0, remove.stderr)
    assert.deepEqual(readCrontab(), mine)
    const none = await sandbox.run(['schedule', 'status', '--json'])
    assert.deepEqual([none.code, (JSON.parse(none.stdout) as { schedules: unknown[] }).schedules], [3, []])
  })
})

function readCrontab(): Buffer | undefined {
  const { status, stdout } = spawnSync('crontab', ['-l'])
  return status === 0 ? stdout : undefined
}
