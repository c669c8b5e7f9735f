import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startOf } from '../../src/world/alive.js'
import { makeLock } from '../../src/world/lock.js'
import { asOrdinaryUser, isRoot } from '../support/ordinaryUser.js'
import { tempFolder } from '../support/tempFolder.js'

const holder = fileURLToPath(new URL('../support/crashHolder.js', import.meta.url))
const driver = fileURLToPath(new URL('../support/crashDriver.js', import.meta.url))
const lockModule = new URL('../../src/world/lock.js', import.meta.url)

/** The text of a lock that this process holds. */
async function ownText(folder: string): Promise<string> {
  return await makeLock(folder).hold(async () => readFileSync(join(folder, 'lock'), 'utf8'))
}

/** Leaves a lock file as another holder would have. */
async function leave(folder: string, changes: object): Promise<void> {
  const text = JSON.stringify({ ...JSON.parse(await ownText(folder)), ...changes })
  writeFileSync(join(folder, 'lock'), text)
}

/** A process that holds the lock until it is ended. */
async function holderProcess(t: TestContext, folder: string): Promise<ChildProcess & { pid: number }> {
  const program = `
    const { makeLock } = await import(${JSON.stringify(lockModule.href)})
    process.on('SIGTERM', () => process.exit(143))
    await makeLock(process.argv[1]).hold(async () => {
      process.stdout.write('held')
      await new Promise((resolve) => setTimeout(resolve, 60_000))
    })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, folder])
  t.after(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child as typeof child & { pid: number }
}

describe('the lock', () => {
  it('lets the second work begin when the first is done', async (t) => {
    const lock = makeLock(tempFolder(t))
    const story: string[] = []
    const tell = (name: string) => async () => {
      story.push(`${name} begins`)
      await sleep(30)
      story.push(`${name} ends`)
      return name
    }
    assert.deepEqual(await Promise.all([lock.hold(tell('one')), lock.hold(tell('two'))]), ['one', 'two'])
    assert.deepEqual(story, ['one begins', 'one ends', 'two begins', 'two ends'])
  })

  it('is free again when the work fails, and leaves no file', async (t) => {
    const folder = join(tempFolder(t), 'made', 'when absent')
    const lock = makeLock(folder, { waitMs: 0 })
    const failure = new Error('work')
    await assert.rejects(
      lock.hold(() => Promise.reject(failure)),
      failure,
    )
    assert.equal(await lock.hold(async () => 'free'), 'free')
    assert.deepEqual(readdirSync(folder), [])
    if (process.platform !== 'win32') assert.equal(statSync(folder).mode & 0o777, 0o700)
  })

  it('asks to try again later, naming the process, while a living one holds it', async (t) => {
    const folder = tempFolder(t)
    const { pid } = await holderProcess(t, folder)
    let worked = false
    await assert.rejects(
      makeLock(folder, { waitMs: 300, namelessMs: 0, otherMachineMs: 0 }).hold(async () => {
        worked = true
      }),
      (error: { kind: string; message: string; hints: string[] }) => {
        assert.equal(error.kind, 'retry')
        assert.match(error.message, new RegExp(`process ${pid}\\b`))
        assert.match(error.hints[0] ?? '', new RegExp(`kill ${pid}\\b`))
        return true
      },
    )
    assert.ok(!worked)
  })

  it('is free at once when its holder is killed, or ends in order', async (t) => {
    const folder = tempFolder(t)
    const killed = await holderProcess(t, folder)
    killed.kill('SIGKILL')
    await once(killed, 'exit')
    assert.deepEqual(readdirSync(folder), ['lock'])
    assert.equal(await makeLock(folder, { waitMs: 0 }).hold(async () => 'free'), 'free')
    assert.deepEqual(readdirSync(folder), [])

    const ended = await holderProcess(t, folder)
    ended.kill('SIGTERM')
    await once(ended, 'exit')
    assert.deepEqual(readdirSync(folder), [])
  })

  it('is free when its holder is dead and another process has the number now', {
    skip: startOf(process.pid) === undefined && 'start times are known on Linux only',
  }, async (t) => {
    const folder = tempFolder(t)
    await leave(folder, { pid: process.pid, start: '1' })
    assert.equal(await makeLock(folder, { waitMs: 0 }).hold(async () => 'free'), 'free')
  })

  it('is free when the run that was freeing it died too', async (t) => {
    const folder = tempFolder(t)
    const dead = await holderProcess(t, folder)
    dead.kill('SIGKILL')
    await once(dead, 'exit')
    const { createHash } = await import('node:crypto')
    const hash = createHash('sha256')
      .update(readFileSync(join(folder, 'lock')))
      .digest('hex')
      .slice(0, 16)
    const lock = readFileSync(join(folder, 'lock'), 'utf8')
    writeFileSync(join(folder, `lock.break-${hash}`), JSON.stringify({ ...JSON.parse(lock), random: 'another' }))
    assert.equal(await makeLock(folder, { waitMs: 0 }).hold(async () => 'free'), 'free')
    assert.deepEqual(readdirSync(folder), [])
  })

  it('of another machine is respected until it is old or from the future', async (t) => {
    const folder = tempFolder(t)
    const lock = makeLock(folder, { waitMs: 0, otherMachineMs: 100_000 })
    await leave(folder, { machine: 'elsewhere', pid: 1 })
    await assert.rejects(
      lock.hold(async () => 'free'),
      (error: { kind: string; message: string; hints: string[] }) => {
        assert.equal(error.kind, 'retry')
        assert.match(error.message, /process 1 on elsewhere/)
        assert.ok(!error.hints[0]?.includes('kill 1'))
        return true
      },
    )
    for (const seconds of [-200, 200]) {
      await makeLock(folder, { waitMs: 0, otherMachineMs: -1 }).hold(async () => undefined)
      await leave(folder, { machine: 'elsewhere', pid: 1 })
      const when = new Date(Date.now() + seconds * 1000)
      utimesSync(join(folder, 'lock'), when, when)
      assert.equal(await lock.hold(async () => 'free'), 'free')
    }
  })

  it('that names nobody is respected for a while', async (t) => {
    for (const text of ['', '{"pi', 'null', '[]']) {
      const folder = tempFolder(t)
      const lock = makeLock(folder, { waitMs: 0, namelessMs: 5000 })
      writeFileSync(join(folder, 'lock'), text)
      await assert.rejects(
        lock.hold(async () => 'free'),
        { kind: 'retry', message: /process unknown/ },
      )
      const when = new Date(Date.now() - 10_000)
      utimesSync(join(folder, 'lock'), when, when)
      assert.equal(await lock.hold(async () => 'free'), 'free')
    }
  })

  it('tells what is in the way when the folder cannot be used', async (t) => {
    const folder = tempFolder(t)
    writeFileSync(join(folder, 'file'), '')
    await assert.rejects(
      makeLock(join(folder, 'file')).hold(async () => undefined),
      { kind: 'act', message: /EEXIST|ENOTDIR/ },
    )
  })

  it('tells what is in the way when the folder is read-only or of another user', {
    skip: process.platform === 'win32',
  }, async (t) => {
    const folder = tempFolder(t)
    mkdirSync(join(folder, 'of root'))
    await asOrdinaryUser(folder, async () => {
      mkdirSync(join(folder, 'read-only'))
      chmodSync(join(folder, 'read-only'), 0o500)
      await assert.rejects(
        makeLock(join(folder, 'read-only')).hold(async () => undefined),
        { kind: 'act', message: /EACCES/ },
      )
      if (!isRoot) return
      await assert.rejects(
        makeLock(join(folder, 'of root')).hold(async () => undefined),
        { kind: 'act', message: /belongs to another user \(uid 0\)/ },
      )
    })
  })

  it('never has two holders, however often one is killed', async (t) => {
    const folder = tempFolder(t)
    // Below the ports that systems hand out by themselves
    const port = 20_000 + (process.pid % 10_000)

    let killed = 0
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let generation = 0; generation < 5; generation++) {
          const child = spawn(process.execPath, [holder, folder, String(port), '10'], {
            stdio: ['ignore', 'ignore', 'inherit'],
          })
          const [code, signal] = await once(child, 'exit')
          if (signal === 'SIGKILL') killed++
          else assert.equal(code, 0, 'two held the lock at once')
        }
      }),
    )
    assert.ok(killed > 0, 'none was killed')
    await makeLock(folder).hold(async () => undefined)
    assert.deepEqual(readdirSync(folder), [])
  })

  it('keeps the changes of all runs that change one file at once, and readers never see less', async (t) => {
    const folder = tempFolder(t)
    const file = join(folder, 'credentials')
    const first = '[default]\n'
    writeFileSync(file, first, { mode: 0o600 })
    const profiles = Array.from({ length: 12 }, (_, n) => `[profile-${String(n).padStart(2, '0')}]`)
    let running = true
    const reader = (async () => {
      let lines = 0
      for (; running; await sleep(1)) {
        const text = readFileSync(file, 'utf8')
        assert.ok(text.startsWith(first) && text.endsWith('\n'), `a reader saw ${JSON.stringify(text)}`)
        assert.ok(text.split('\n').length >= lines, 'a reader saw a profile vanish')
        lines = text.split('\n').length
      }
    })()
    const codes = await Promise.all(
      profiles.map(async (line) => {
        const child = spawn(process.execPath, [driver, join(folder, 'state'), file, line], { stdio: 'ignore' })
        return (await once(child, 'exit'))[0]
      }),
    )
    running = false
    await reader
    assert.deepEqual(new Set(codes), new Set([0]))
    assert.deepEqual(readFileSync(file, 'utf8').trim().split('\n').sort(), ['[default]', ...profiles])
    assert.deepEqual(readdirSync(folder).sort(), ['credentials', 'state'])
  })
})
