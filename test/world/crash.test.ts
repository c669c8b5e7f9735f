import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { makeLock } from '../../src/world/lock.js'
import { replaceFile } from '../../src/world/replaceFile.js'
import { absent } from '../support/parts.js'
import { type Call, changesSomething, strace, untraceable } from '../support/strace.js'
import { tempFolder } from '../support/tempFolder.js'

// After the model of SQLite's tests (https://www.sqlite.org/testing.html, section 3): let the n-th operation fail, or be
// the last, for every n; then look at what is left on the disk.

const driver = fileURLToPath(new URL('../support/crashDriver.js', import.meta.url))
const old = '[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n'
const line = '[mfa]'
const next = `${old}${line}\n`

/** Node's own calls before vary by one or two now and then, so that a count leads elsewhere. */
const missed = Symbol('missed')

describe('a change of a file under the lock', { skip: absent('strace') || untraceable() }, () => {
  const top = mkdtempSync(join(tmpdir(), 'awsmfa-crash-'))
  const model = join(top, 'model')
  let points: Call[]

  before(async () => {
    mkdirSync(model, { mode: 0o700 })
    writeFileSync(join(model, 'credentials'), old, { mode: 0o600 })
    // The model begins with what a killed run left, so that the cleaning up is tried as well.
    const killed = await strace(command(model), join(top, 'log'), 'rename,renameat,renameat2:signal=SIGKILL:when=1')
    assert.equal(killed.signal, 'SIGKILL', killed.stderr)
    assert.deepEqual(readdirSync(join(model, 'state')), ['lock'])
    assert.equal(readdirSync(model).filter((name) => name.endsWith('.tmp')).length, 1)

    const folder = freshFolder('whole')
    const whole = await strace(command(folder), join(top, 'log'))
    assert.equal(whole.code, 0, whole.stderr)
    assertWhole(folder)
    points = whole.calls.filter((call) => call.rest.includes(folder))
    assert.ok(points.length > 40, `only ${points.length} calls`)
  })
  after(() => rmSync(top, { recursive: true }))

  it('reaches the disk before it takes the place of the old file, and the folder after that', () => {
    const rename = points.findIndex(({ name }) => name.startsWith('rename'))
    const syncs = points.flatMap(({ name }, index) => (name === 'fsync' ? [index] : []))
    const [file = Infinity, folder = -Infinity] = syncs
    assert.equal(syncs.length, 2)
    assert.ok(points.slice(0, file).some(({ name, rest }) => name === 'write' && rest.includes('.credentials.awsmfa-')))
    assert.match(points[file]?.rest ?? '', /\.credentials\.awsmfa-/)
    assert.match(points[folder]?.rest ?? '', /\/whole>/)
    assert.ok(file < rename && rename < folder)
  })

  it('leaves the old or the new file when it is killed at any call that changes something', async () => {
    const outcomes = await each(points.filter(changesSomething), async ({ name, nth }, folder, log) => {
      const run = await strace(command(folder), log, `${name}:signal=SIGKILL:when=${nth}`)
      assert.equal(run.signal, 'SIGKILL', run.stderr)
      if (!run.calls.at(-1)?.rest.includes(folder)) return missed
      return readFileSync(join(folder, 'credentials'), 'latin1')
    })
    assert.ok(outcomes.includes(old) && outcomes.includes(next), 'killed on one side of the rename only')
  })

  for (const [error, concerns] of [
    ['EIO', () => true],
    ['ENOSPC', changesSomething],
  ] satisfies [string, (call: Call) => boolean][]) {
    it(`says failure and keeps the old file, or says success and has the new one, at ${error} from any call`, async () => {
      const outcomes = await each(points.filter(concerns), async ({ name, nth }, folder, log) => {
        const run = await strace(command(folder), log, `${name}:error=${error}:when=${nth}`)
        if (!run.calls.some(({ rest }) => rest.includes('(INJECTED)') && rest.includes(folder))) return missed
        assert.ok(run.code === 0 || run.code === 3, `exit ${run.code} ${run.signal}: ${run.stderr}`)
        assert.equal(readFileSync(join(folder, 'credentials'), 'latin1'), run.code === 0 ? next : old, run.stderr)
        return run.code
      })
      assert.ok(outcomes.includes(3), 'no error was noticed')
    })
  }

  function command(folder: string): string[] {
    return [process.execPath, driver, join(folder, 'state'), join(folder, 'credentials'), line]
  }

  function freshFolder(name: string): string {
    const folder = join(top, name)
    cpSync(model, folder, { recursive: true })
    return folder
  }

  /** Two at a time, as most machines have two cores. */
  async function each<T>(
    calls: Call[],
    run: (call: Call, folder: string, log: string) => Promise<T | typeof missed>,
  ): Promise<T[]> {
    const waiting = [...calls]
    const outcomes: T[] = []
    const failures: string[] = []
    async function work(): Promise<void> {
      for (let call = waiting.shift(); call !== undefined; call = waiting.shift()) {
        const folder = freshFolder(`${call.name}-${call.nth}`)
        try {
          const outcome = await run(call, folder, `${folder}.log`)
          if (outcome !== missed) outcomes.push(outcome)
          assert.match(readFileSync(join(folder, 'credentials'), 'latin1'), /^\[default\]\n.*\n(\[mfa\]\n)?$/)
          assert.equal(statSync(join(folder, 'credentials')).mode & 0o777, 0o600)
          await makeLock(join(folder, 'state'), { waitMs: 2000 }).hold('session', () =>
            replaceFile(join(folder, 'credentials'), () => Buffer.from(next)),
          )
          assertWhole(folder)
        } catch (error) {
          failures.push(`at ${call.name} ${call.nth} (${call.rest}): ${error instanceof Error ? error.message : error}`)
        }
        rmSync(folder, { recursive: true })
      }
    }
    await Promise.all([work(), work()])
    assert.deepEqual(failures, [])
    assert.ok(outcomes.length > 0.8 * calls.length, `only ${outcomes.length} of ${calls.length} calls were hit`)
    return outcomes
  }
})

describe('two runs that find the lock of a dead one', { skip: absent('strace') || untraceable() }, () => {
  it('do not free it at the same time', async (t) => {
    const { folder, slow } = await slowRun(t, 'unlink,unlinkat:delay_enter=1000000:when=3')
    await until(() => slow.ended || readdirSync(folder).some((name) => name.startsWith('lock.break-')))
    assert.ok(!slow.ended, 'it freed the lock without claiming that first')
    await assertKept(folder, () => slow.ended)
    assert.equal(await slow.code, 0)
  })

  it('do not free a lock that has got a new holder meanwhile', async (t) => {
    const { folder, slow } = await slowRun(t, 'link,linkat:delay_enter=1000000:when=2')
    // It has seen the dead lock and is about to claim the freeing.
    let [before, now] = ['', '']
    await until(() => {
      before = now
      now = readdirSync(folder).find((name) => name.endsWith('.tmp')) ?? ''
      return slow.ended || (now !== '' && now === before)
    })
    assert.ok(!slow.ended)
    await assertKept(folder, () => !readdirSync(folder).includes(now))
    assert.equal(await slow.code, 0)
  })

  /** A run that is delayed at one call while the lock of a dead one lies there. */
  async function slowRun(t: TestContext, inject: string) {
    const top = tempFolder(t)
    const folder = join(top, 'state')
    const command = [process.execPath, driver, folder, join(top, 'credentials'), line]
    const killed = await strace(command, join(top, 'log'), 'rename,renameat,renameat2:signal=SIGKILL:when=1')
    assert.equal(killed.signal, 'SIGKILL', killed.stderr)
    const slow = { ended: false, code: Promise.resolve<number | null>(null) }
    slow.code = strace(command, join(top, 'log'), inject).then(({ code }) => {
      slow.ended = true
      return code
    })
    return { folder, slow }
  }

  /** Takes the lock, and finds it its own still when the slow run has gone on. */
  async function assertKept(folder: string, goesOn: () => boolean): Promise<void> {
    await makeLock(folder, { waitMs: 10_000 }).hold('session', async () => {
      const lock = () => readFileSync(join(folder, 'lock'), 'utf8')
      const mine = lock()
      assert.equal(JSON.parse(mine).pid, process.pid)
      const start = performance.now()
      await until(() => goesOn() || performance.now() - start > 1500)
      await sleep(200)
      assert.equal(lock(), mine)
    })
  }

  async function until(condition: () => boolean): Promise<void> {
    while (!condition()) await sleep(20)
  }
})

function assertWhole(folder: string): void {
  assert.equal(readFileSync(join(folder, 'credentials'), 'latin1'), next)
  assert.equal(statSync(join(folder, 'credentials')).mode & 0o777, 0o600)
  assert.deepEqual(readdirSync(folder).sort(), ['credentials', 'state'])
  assert.deepEqual(readdirSync(join(folder, 'state')), [])
}
