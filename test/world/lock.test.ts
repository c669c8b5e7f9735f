import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname, uptime } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startOf } from '../../src/world/alive.js'
import { makeLock } from '../../src/world/lock.js'
import { tempName } from '../../src/world/tempFile.js'
import { asOrdinaryUser, isRoot } from '../support/ordinaryUser.js'
import { tempFolder } from '../support/tempFolder.js'

const holder = fileURLToPath(new URL('../support/crashHolder.js', import.meta.url))
const driver = fileURLToPath(new URL('../support/crashDriver.js', import.meta.url))
const lockModule = new URL('../../src/world/lock.js', import.meta.url)

/** The text of a lock that this process holds. */
async function ownText(folder: string): Promise<string> {
  return await makeLock(folder).hold('session', async () => readFileSync(join(folder, 'lock'), 'utf8'))
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
    await makeLock(process.argv[1]).hold('session',async () => {
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
    assert.deepEqual(await Promise.all([lock.hold('session', tell('one')), lock.hold('session', tell('two'))]), [
      'one',
      'two',
    ])
    assert.deepEqual(story, ['one begins', 'one ends', 'two begins', 'two ends'])
  })

  it('is free again when the work fails, and leaves no file', async (t) => {
    const folder = join(tempFolder(t), 'made', 'when absent')
    const lock = makeLock(folder, { waitMs: 0 })
    const failure = new Error('work')
    await assert.rejects(
      lock.hold('session', () => Promise.reject(failure)),
      failure,
    )
    assert.equal(await lock.hold('session', async () => 'free'), 'free')
    assert.deepEqual(readdirSync(folder), [])
    if (process.platform !== 'win32') assert.equal(statSync(folder).mode & 0o777, 0o700)
  })

  it('asks to try again later, naming the process, while a living one holds it', async (t) => {
    const folder = tempFolder(t)
    const { pid } = await holderProcess(t, folder)
    let worked = false
    await assert.rejects(
      makeLock(folder, { waitMs: 300, namelessMs: -1, unjudgedMs: -1 }).hold('session', async () => {
        worked = true
      }),
      (error: { kind: string; message: string; hints: string[] }) => {
        assert.equal(error.kind, 'retry')
        assert.match(error.message, new RegExp(`process ${pid}\\b`))
        assert.match(error.hints[0] ?? '', new RegExp(`when process ${pid} is done`))
        assert.doesNotMatch(error.hints.join(), /kill|end it/)
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
    assert.equal(await makeLock(folder, { waitMs: 0 }).hold('session', async () => 'free'), 'free')
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
    assert.equal(await makeLock(folder, { waitMs: 0 }).hold('session', async () => 'free'), 'free')
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
    assert.equal(await makeLock(folder, { waitMs: 0 }).hold('session', async () => 'free'), 'free')
    assert.deepEqual(readdirSync(folder), [])
  })

  it('of another machine is respected until it is old or from the future', async (t) => {
    const folder = tempFolder(t)
    const lock = makeLock(folder, { waitMs: 0, unjudgedMs: 100_000 })
    await leave(folder, { machine: 'elsewhere', pid: 1 })
    await assert.rejects(
      lock.hold('session', async () => 'free'),
      (error: { kind: string; message: string; hints: string[] }) => {
        assert.equal(error.kind, 'retry')
        assert.match(error.message, /process 1 on elsewhere/)
        assert.match(error.hints[0] ?? '', /run this again later: .* freed after 2 min$/)
        return true
      },
    )
    for (const seconds of [-200, 200]) {
      await makeLock(folder, { waitMs: 0, unjudgedMs: -1 }).hold('session', async () => undefined)
      await leave(folder, { machine: 'elsewhere', pid: 1 })
      const when = new Date(Date.now() + seconds * 1000)
      utimesSync(join(folder, 'lock'), when, when)
      assert.equal(await lock.hold('session', async () => 'free'), 'free')
    }
  })

  it('that names nobody is respected for a while', async (t) => {
    const odd = ['0', '-1', '1.5', '1e300', 'null', '"1"'].map((pid) => `{"pid":${pid},"machine":"elsewhere"}`)
    for (const text of ['', '{"pi', 'null', '[]', '{"pid":1,"machine":[]}', ...odd]) {
      const folder = tempFolder(t)
      const lock = makeLock(folder, { waitMs: 0, namelessMs: 5000 })
      writeFileSync(join(folder, 'lock'), text)
      await assert.rejects(
        lock.hold('session', async () => 'free'),
        { kind: 'retry', message: /process unknown/ },
      )
      const when = new Date(Date.now() - 10_000)
      utimesSync(join(folder, 'lock'), when, when)
      assert.equal(await lock.hold('session', async () => 'free'), 'free')
    }
  })

  it('of an earlier start of this machine is free at once, unless another machine has the same name', async (t) => {
    for (const [since, message] of [
      [new Date(Date.now() - (uptime() + 60) * 1000).toISOString(), undefined],
      [new Date().toISOString(), /process 1\b/],
      ['', /process 1\b/],
    ] as const) {
      const folder = tempFolder(t)
      // 1 runs always, and its start is another one
      await leave(folder, { pid: 1, boot: 'another', since })
      const free = makeLock(folder, { waitMs: 0 }).hold('session', async () => 'free')
      if (message === undefined) assert.equal(await free, 'free')
      else await assert.rejects(free, { kind: 'retry', message })
      assert.equal(await makeLock(folder, { waitMs: 0, unjudgedMs: -1 }).hold('session', async () => 'free'), 'free')
    }
  })

  it('is judged by the start of the machine, and then by its age, where there is no /proc', {
    skip:
      spawnSync('unshare', ['-Urm', 'mount', '-t', 'tmpfs', 'tmpfs', '/proc']).status !== 0 && 'cannot hide /proc here',
  }, async (t) => {
    const inTime = new Date().toISOString()
    for (const [trace, unjudgedMs, expected] of [
      [{ pid: 1, since: '2020-01-01T00:00:00.000Z' }, 60_000, 'free'],
      [{ pid: 1, since: inTime }, 60_000, 'retry'],
      [{ pid: 1, since: inTime }, -1, 'free'],
      [{ pid: 2 ** 31 - 1, since: inTime }, 60_000, 'free'],
    ] as const) {
      const folder = tempFolder(t)
      writeFileSync(join(folder, 'lock'), JSON.stringify({ ...trace, machine: `${hostname()} -` }))
      const program = `
        const { makeLock } = await import(${JSON.stringify(lockModule.href)})
        const lock = makeLock(process.argv[1], { waitMs: 0, unjudgedMs: ${unjudgedMs} })
        console.log(await lock.hold('session', async () => 'free').catch((error) => error.kind))`
      const hidden = 'mount -t tmpfs tmpfs /proc && exec "$0" "$@"'
      const run = spawnSync(
        'unshare',
        ['-Urm', '/bin/sh', '-c', hidden, process.execPath, '--input-type=module', '-e', program, folder],
        { encoding: 'utf8' },
      )
      assert.equal(run.stdout, `${expected}\n`, run.stderr)
    }
  })

  it('that cannot be read, or is no file, is respected for a while', {
    skip: process.platform === 'win32',
  }, async (t) => {
    const folder = tempFolder(t)
    const old = new Date(Date.now() - 60_000)
    const lockFile = join(folder, 'lock')
    const odd = {
      'of a root that let nobody read it': () => {
        writeFileSync(lockFile, '{}', { mode: 0 })
        utimesSync(lockFile, old, old)
      },
      'a link to nowhere': () => {
        symlinkSync('nowhere', lockFile)
        lutimesSync(lockFile, old, old)
      },
    }
    for (const [what, make] of Object.entries(odd)) {
      make()
      await asOrdinaryUser(folder, async () => {
        await assert.rejects(
          makeLock(folder, { waitMs: 0, namelessMs: -1 }).hold('session', async () => what),
          { kind: 'retry', message: /process unknown/ },
        )
        assert.equal(await makeLock(folder, { waitMs: 0, unjudgedMs: 30_000 }).hold('session', async () => what), what)
      })
    }
    assert.deepEqual(readdirSync(folder), [])
    mkdirSync(lockFile)
    utimesSync(lockFile, old, old)
    await assert.rejects(
      makeLock(folder, { unjudgedMs: 30_000 }).hold('session', async () => undefined),
      { kind: 'act', message: /cannot remove the left-over lock .*\/lock/ },
    )
  })

  it('can be judged by the person when root has left it, and by its owner under any umask', {
    skip: process.platform === 'win32',
  }, async (t) => {
    const folder = tempFolder(t)
    await leave(folder, { pid: 2 ** 31 - 1 })
    await asOrdinaryUser(folder, async () => {
      assert.equal(await makeLock(folder, { waitMs: 0 }).hold('session', async () => 'free'), 'free')
      const umask = process.umask(0o777)
      try {
        assert.match(await ownText(folder), /"pid"/)
      } finally {
        process.umask(umask)
      }
      assert.deepEqual(readdirSync(folder), [])
    })
  })

  it('of one name leaves the others alone', async (t) => {
    const folder = tempFolder(t)
    const lock = makeLock(folder, { waitMs: 0 })
    await lock.hold('devices', () =>
      lock.hold('session', () =>
        lock.hold('ledger', async () => {
          assert.deepEqual(readdirSync(folder).sort(), ['devices.lock', 'ledger.lock', 'lock'])
          for (const name of ['devices', 'session', 'ledger'] as const) {
            await assert.rejects(
              lock.hold(name, async () => undefined),
              { kind: 'retry' },
            )
          }
        }),
      ),
    )
    assert.deepEqual(readdirSync(folder), [])
  })

  it('takes away temporary files of runs that were killed here, and none of another machine or container', async (t) => {
    const folder = tempFolder(t)
    const dead = 2 ** 31 - 1
    const mine = tempName('lock.').replace(String(process.pid), String(dead))
    const elsewhere = mine.replace(/-\w{8}-/, '-00000000-')
    for (const name of [mine, elsewhere, 'lock.later.tmp']) writeFileSync(join(folder, name), '')
    await makeLock(folder).hold('session', async () => undefined)
    assert.deepEqual(readdirSync(folder), [elsewhere, 'lock.later.tmp'].sort())
  })

  it('tells what is in the way when the folder cannot be used', async (t) => {
    const folder = tempFolder(t)
    writeFileSync(join(folder, 'file'), '')
    await assert.rejects(
      makeLock(join(folder, 'file')).hold('session', async () => undefined),
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
        makeLock(join(folder, 'read-only')).hold('session', async () => undefined),
        { kind: 'act', message: /EACCES/ },
      )
      if (!isRoot) return
      await assert.rejects(
        makeLock(join(folder, 'of root')).hold('session', async () => undefined),
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
    await makeLock(folder).hold('session', async () => undefined)
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
