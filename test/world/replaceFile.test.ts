import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Failure, ReadOnlyFailure } from '../../src/errors.js'
import { pidSpace } from '../../src/world/alive.js'
import { checkWritable, replaceFile } from '../../src/world/replaceFile.js'
import { makeState } from '../../src/world/state.js'
import { tempName } from '../../src/world/tempFile.js'
import { asOrdinaryUser, isRoot } from '../support/ordinaryUser.js'
import { absent } from '../support/parts.js'
import { tempFolder } from '../support/tempFolder.js'

const posix = process.platform !== 'win32'
const old = '[default]\nregion = eu-west-1\n'
const added = '[mfa]\n'

function add(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.from(added)])
}

function prepare(t: TestContext, mode = 0o600): { folder: string; file: string } {
  const folder = tempFolder(t)
  const file = join(folder, 'credentials')
  writeFileSync(file, old)
  chmodSync(file, mode)
  return { folder, file }
}

function text(file: string): string {
  return readFileSync(file, 'latin1')
}

function mode(path: string): number {
  return statSync(path).mode & 0o777
}

/** For the `skip` option: whether a small disk can be mounted here. */
function unmountable(): string | false {
  if (!isRoot) return 'needs root to mount'
  const folder = mkdtempSync(join(tmpdir(), 'awsmfa-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', folder], { stdio: 'ignore' })
    execFileSync('umount', [folder])
    return false
  } catch {
    return 'mounting is not permitted here'
  } finally {
    rmdirSync(folder)
  }
}

/** Expects both the check beforehand and the replacement itself to refuse, and nothing to change in the folder. */
async function refused(path: string, folder: string, message: RegExp): Promise<Failure> {
  const before = readdirSync(folder)
  let failure: unknown
  for (const attempt of [async () => checkWritable(path), () => replaceFile(path, add)]) {
    await assert.rejects(attempt, (error) => {
      failure = error
      assert.ok(error instanceof Failure, String(error))
      assert.equal(error.kind, 'act')
      assert.match(error.message, message)
      assert.ok(error.hints.length > 0)
      return true
    })
  }
  assert.deepEqual(readdirSync(folder), before)
  return failure as Failure
}

describe('replacing a file', () => {
  it('makes a new file for its owner only, whatever the umask', { skip: !posix }, async (t) => {
    const folder = tempFolder(t)
    for (const umask of [0o000, 0o022, 0o777]) {
      const file = join(folder, String(umask), 'credentials')
      const usual = process.umask(umask)
      try {
        await replaceFile(file, add)
      } finally {
        process.umask(usual)
      }
      assert.equal(text(file), added)
      assert.equal(mode(file), 0o600)
      assert.equal(mode(join(folder, String(umask))), 0o700)
    }
  })

  it('keeps the mode of a file that is there', { skip: !posix }, async (t) => {
    for (const wanted of [0o600, 0o644, 0o640, 0o700]) {
      const { file } = prepare(t, wanted)
      await replaceFile(file, add)
      assert.equal(text(file), old + added)
      assert.equal(mode(file), wanted)
    }
  })

  it('keeps the owner when root writes, and gives a new file to the owner of its folder', {
    skip: !isRoot,
  }, async (t) => {
    const { folder, file } = prepare(t, 0o640)
    chownSync(file, 65534, 65533)
    chownSync(folder, 65532, 65531)
    await replaceFile(file, add)
    await replaceFile(join(folder, 'config'), add)
    const [one, other] = [statSync(file), statSync(join(folder, 'config'))]
    assert.deepEqual([one.uid, one.gid, mode(file)], [65534, 65533, 0o640])
    assert.deepEqual([other.uid, other.gid], [65532, 65531])
  })

  it('takes rights from the group when it cannot keep the group', { skip: !isRoot && 'needs root' }, async (t) => {
    const { folder, file } = prepare(t, 0o640)
    chownSync(file, 65534, 65533)
    await asOrdinaryUser(folder, () => replaceFile(file, add))
    assert.equal(text(file), old + added)
    assert.equal(mode(file), 0o600)
  })

  it('keeps every byte', async (t) => {
    const { file } = prepare(t)
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 7) % 256))
    await replaceFile(file, () => bytes)
    await replaceFile(file, (all) => Buffer.concat([all, Buffer.from([0xff])]))
    assert.deepEqual(readFileSync(file), Buffer.concat([bytes, Buffer.from([0xff])]))
  })

  it('does not touch a file that is to stay the same, and makes none to be empty', async (t) => {
    const { folder, file } = prepare(t)
    const { ino } = statSync(file)
    await replaceFile(file, (bytes) => bytes)
    assert.equal(statSync(file).ino, ino)
    await replaceFile(join(folder, 'sub', 'config'), () => Buffer.alloc(0))
    assert.deepEqual(readdirSync(folder), ['credentials'])
  })

  it('leaves everything as it was when the change throws', async (t) => {
    const { folder, file } = prepare(t)
    const refusal = new Failure('act', 'duplicate section')
    await assert.rejects(
      replaceFile(file, () => {
        throw refusal
      }),
      refusal,
    )
    assert.equal(text(file), old)
    assert.deepEqual(readdirSync(folder), ['credentials'])
  })
})

describe('replacing a file behind symbolic links', { skip: !posix }, () => {
  it('changes the file at the end and leaves the links', async (t) => {
    const { folder, file } = prepare(t)
    mkdirSync(join(folder, 'real', 'deep'), { recursive: true })
    symlinkSync(join('real', 'deep'), join(folder, 'aws'))
    // Relative to the real folder, not to the link to it
    symlinkSync('../../credentials', join(folder, 'real', 'deep', 'second'))
    symlinkSync('second', join(folder, 'real', 'deep', 'first'))
    await replaceFile(join(folder, 'aws', 'first'), add)
    assert.equal(text(file), old + added)
    assert.ok(!lstatSync(file).isSymbolicLink())
    assert.equal(readlinkSync(join(folder, 'aws', 'first')), 'second')
    assert.equal(readlinkSync(join(folder, 'aws', 'second')), '../../credentials')
    assert.deepEqual(readdirSync(join(folder, 'real', 'deep')).sort(), ['first', 'second'])
  })

  it('makes the file that a dangling link names', async (t) => {
    const folder = tempFolder(t)
    symlinkSync(join(folder, 'dotfiles', 'credentials'), join(folder, 'credentials'))
    await replaceFile(join(folder, 'credentials'), add)
    assert.equal(text(join(folder, 'dotfiles', 'credentials')), added)
    assert.equal(mode(join(folder, 'dotfiles', 'credentials')), 0o600)
    assert.ok(lstatSync(join(folder, 'credentials')).isSymbolicLink())
  })

  it('follows forty links and refuses a circle', async (t) => {
    const { folder, file } = prepare(t)
    for (let n = 40; n >= 1; n--) symlinkSync(n === 40 ? file : `link${n + 1}`, join(folder, `link${n}`))
    await replaceFile(join(folder, 'link1'), add)
    assert.equal(text(file), old + added)
    symlinkSync('link1', join(folder, 'link0'))
    await refused(join(folder, 'link0'), folder, /circle of symbolic links/)
    symlinkSync('b', join(folder, 'a'))
    symlinkSync('a', join(folder, 'b'))
    await refused(join(folder, 'a'), folder, /circle of symbolic links/)
    await refused(join(folder, 'a', 'credentials'), folder, /\(ELOOP\)/)
  })

  it('names the end of the link when it cannot be written', async (t) => {
    const { folder, file } = prepare(t, 0o400)
    symlinkSync('credentials', join(folder, 'link'))
    const failure = await refused(join(folder, 'link'), folder, /link \(a link to .*credentials\) is read-only/)
    assert.ok(failure.hints[0]?.endsWith(`chmod u+w ${file}`))
  })
})

describe('what is refused before a code is spent', () => {
  it('is a folder, a pipe or a device, at once', { skip: !posix }, async (t) => {
    const folder = tempFolder(t)
    await refused(folder, folder, /not a regular file but a folder/)
    execFileSync('mkfifo', [join(folder, 'pipe')])
    await refused(join(folder, 'pipe'), folder, /not a regular file but a pipe/)
    await refused('/dev/null', folder, /not a regular file but a device/)
  })

  it('is a path through a file', async (t) => {
    const { folder, file } = prepare(t)
    await refused(join(file, 'credentials'), folder, /cannot (write|open) .*\((ENOTDIR|EEXIST)\)/)
  })

  it('is a file that is read-only or that others can write', { skip: !posix }, async (t) => {
    for (const wanted of [0o400, 0o444]) {
      const { folder, file } = prepare(t, wanted)
      await refused(file, folder, new RegExp(`is read-only \\(mode 0${wanted.toString(8)}\\)`))
    }
    for (const wanted of [0o620, 0o602, 0o666]) {
      const { folder, file } = prepare(t, wanted)
      // A group that is the owner's alone does not count.
      if (isRoot) chownSync(file, 0, 65533)
      else if (wanted === 0o620) continue
      await refused(file, folder, new RegExp(`can be written by others \\(mode 0${wanted.toString(8)}\\)`))
    }
  })

  it('is a file in a folder where everybody can write, unless it is sticky', { skip: !posix }, async (t) => {
    const { folder, file } = prepare(t)
    chmodSync(folder, 0o777)
    await refused(file, folder, /everybody can write in/)
    chmodSync(folder, 0o1777)
    checkWritable(file)
    await replaceFile(file, add)
    assert.equal(text(file), old + added)
  })

  it('is a file of another user', { skip: !isRoot && 'needs root' }, async (t) => {
    const { folder, file } = prepare(t)
    await asOrdinaryUser(folder, () => refused(file, folder, /belongs to another user \(uid 0\)/))
    assert.equal(text(file), old)
  })

  it('is a file in a read-only folder, or one whose folder cannot be made', { skip: !posix }, async (t) => {
    const { folder, file } = prepare(t)
    if (isRoot) chownSync(file, 65534, 65534)
    await asOrdinaryUser(folder, async () => {
      chmodSync(folder, 0o500)
      await refused(file, folder, /cannot write .*credentials: permission denied \(EACCES\)/)
      await refused(join(folder, 'sub', 'credentials'), folder, /permission denied \(EACCES\)/)
      chmodSync(folder, 0o700)
    })
    assert.equal(text(file), old)
  })

  it('is an immutable file', { skip: !isRoot ? 'needs root' : absent('chattr') }, async (t) => {
    const { folder, file } = prepare(t)
    try {
      execFileSync('chattr', ['+i', file], { stdio: 'ignore' })
    } catch {
      return t.skip('this file system knows no immutable files')
    }
    try {
      const failure = await refused(file, folder, /operation not permitted \(EPERM\)/)
      assert.match(failure.hints[0] ?? '', /lsattr/)
    } finally {
      execFileSync('chattr', ['-i', file])
    }
  })

  it('leaves nothing behind when nothing is in the way', async (t) => {
    const { folder, file } = prepare(t)
    const before = statSync(file)
    checkWritable(file)
    checkWritable(join(folder, 'one', 'two', 'credentials'))
    assert.deepEqual(readdirSync(folder), ['credentials'])
    assert.equal(statSync(file).mtimeMs, before.mtimeMs)
    assert.equal(text(file), old)
  })
})

describe('replacing a file on a small or read-only disk', { skip: unmountable() }, () => {
  it('fails with the old file intact, however much room is left', async (t) => {
    const disk = mount(t, 'size=64k,mode=700')
    const file = join(disk, 'credentials')
    const large = Buffer.alloc(9000, '#')
    let failures = 0
    for (let left = 0; left <= 7; left++) {
      rmSync(join(disk, 'filler'), { force: true })
      writeFileSync(file, large)
      fill(join(disk, 'filler'))
      truncateSync(join(disk, 'filler'), statSync(join(disk, 'filler')).size - left * 4096)
      try {
        await replaceFile(file, add)
        assert.equal(statSync(file).size, large.length + added.length)
      } catch (error) {
        failures++
        assert.ok(error instanceof Failure && error.kind === 'act', String(error))
        assert.match(error.message, /no space left on device \(ENOSPC\)/)
        assert.deepEqual(readFileSync(file), large)
        assert.throws(() => checkWritable(file), /\(ENOSPC\)/)
      }
      assert.deepEqual(readdirSync(disk).sort(), ['credentials', 'filler'])
    }
    assert.ok(failures > 0 && failures < 8, `${failures} of 8 failed`)
  })

  it('says that it is read-only', async (t) => {
    const disk = mount(t, 'size=64k,mode=700')
    writeFileSync(join(disk, 'credentials'), old)
    execFileSync('mount', ['-o', 'remount,ro', disk])
    const failure = await refused(join(disk, 'credentials'), disk, /read-only file system \(EROFS\)/)
    assert.ok(failure instanceof ReadOnlyFailure)
    // Node's recursive mkdir says ENOENT there (nodejs/node#47098).
    await assert.rejects(
      makeState(join(disk, '.local', 'state', 'awsmfa')).edit('ledger.json', () => '{}'),
      {
        kind: 'act',
        message: /^cannot make or write the state folder .*awsmfa: read-only file system \(EROFS\)$/,
        hints: ['set XDG_STATE_HOME to a folder that you can write'],
      },
    )
  })

  it('says that the folder must be mounted, when the file alone is', async (t) => {
    const disk = mount(t, 'size=64k,mode=700')
    const file = join(disk, 'a file')
    writeFileSync(join(disk, 'other'), old)
    writeFileSync(file, '')
    execFileSync('mount', ['--bind', join(disk, 'other'), file])
    assert.throws(() => checkWritable(file), /is mounted as a single file/)
    await assert.rejects(replaceFile(file, add), { kind: 'act', message: /\(EBUSY\)/ })
    assert.equal(text(file), old)
    assert.deepEqual(readdirSync(disk).sort(), ['a file', 'other'])
  })

  function mount(t: TestContext, options: string): string {
    const disk = mkdtempSync(join(realpathSync(tmpdir()), 'awsmfa-disk-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', disk])
    t.after(() => {
      execFileSync('umount', ['--recursive', disk])
      rmdirSync(disk)
    })
    return disk
  }

  function fill(file: string): void {
    assert.throws(() => writeFileSync(file, Buffer.alloc(1 << 20)), { code: 'ENOSPC' })
  }
})

describe('replacing a file that another program writes too', () => {
  it('starts again from what the other wrote at the last moment', async (t) => {
    const { folder, file } = prepare(t)
    let runs = 0
    await replaceFile(file, (bytes) => {
      if (++runs === 1) writeFileSync(file, `${old}[other]\n`)
      return add(bytes)
    })
    assert.equal(text(file), `${old}[other]\n${added}`)
    assert.equal(runs, 2)

    const fresh = join(folder, 'config')
    await replaceFile(fresh, (bytes) => {
      if (!existsSync(fresh)) writeFileSync(fresh, '[other]\n')
      return add(bytes)
    })
    assert.equal(text(fresh), `[other]\n${added}`)
    assert.deepEqual(readdirSync(folder).sort(), ['config', 'credentials'])
  })

  it('gives up for now when the other does not stop', async (t) => {
    const { folder, file } = prepare(t)
    let runs = 0
    await assert.rejects(
      replaceFile(file, (bytes) => {
        writeFileSync(file, `${old}${++runs}\n`)
        return add(bytes)
      }),
      { kind: 'retry', message: /does not stop writing/ },
    )
    assert.equal(text(file), `${old}${runs}\n`)
    assert.deepEqual(readdirSync(folder), ['credentials'])
  })

  it('waits while the other has emptied the file, as aws configure does', async (t) => {
    const { file } = prepare(t)
    const other = spawn(process.execPath, [
      '-e',
      `const fs = require('fs')
       const fd = fs.openSync(process.argv[1], 'w')
       process.stdout.write('emptied')
       process.stdin.once('data', (text) => { fs.writeSync(fd, text); fs.closeSync(fd); process.exit() })`,
      file,
    ])
    t.after(() => other.kill('SIGKILL'))
    await once(other.stdout, 'data')
    assert.equal(text(file), '')
    const replaced = replaceFile(file, add)
    await sleep(150)
    other.stdin.write(`${old}[written by the other]\n`)
    await replaced
    assert.equal(text(file), `${old}[written by the other]\n${added}`)
  })

  it('waits while the other has written a part of the file', async (t) => {
    const { file } = prepare(t)
    const replaced = replaceFile(file, add)
    // Time for all that needs no timer: the first reading, and the replacement if it trusted that.
    for (let turn = 0; turn < 50; turn++) await undefined
    assert.equal(text(file), old)
    writeFileSync(file, `${old}[the rest]\n`)
    await replaced
    assert.equal(text(file), `${old}[the rest]\n${added}`)
  })

  it('takes a file that stays empty for an empty file', async (t) => {
    const { file } = prepare(t)
    writeFileSync(file, '\n')
    await replaceFile(file, add)
    assert.equal(text(file), `\n${added}`)
  })
})

describe('what killed runs have left beside the file', () => {
  it('is removed, but not what a living run is writing', async (t) => {
    const { folder, file } = prepare(t)
    const dead = spawn(process.execPath, ['-e', ''])
    await once(dead, 'exit')
    const of = (pid: number | undefined, prefix = '.credentials.awsmfa-') =>
      tempName(prefix).replace(`-${process.pid}-`, `-${pid}-`)
    const [left, living, old] = [of(dead.pid), of(process.pid), of(process.pid)]
    const other = of(dead.pid, '.config.awsmfa-')
    // Its process runs in a container, or on another machine that shares the folder.
    const elsewhere = of(dead.pid).replace(/-\w{8}-/, '-00000000-')
    for (const name of [left, living, old, other, elsewhere]) writeFileSync(join(folder, name), 'secret')
    utimesSync(join(folder, old), new Date(0), new Date(0))
    await replaceFile(file, (bytes) => bytes)
    assert.deepEqual(readdirSync(folder).sort(), [other, living, elsewhere, 'credentials'].sort())
  })

  it('is told apart by the container that a run is in', {
    skip: spawnSync('unshare', ['-Urpf', 'true']).status !== 0 && 'no namespaces here',
  }, () => {
    const module = new URL('../../src/world/alive.js', import.meta.url)
    const program = `console.log((await import(${JSON.stringify(module.href)})).pidSpace())`
    const command = [process.execPath, '--input-type=module', '-e', program]
    const run = spawnSync('unshare', ['-Urpf', '--mount-proc', ...command], { encoding: 'utf8' })
    assert.match(run.stdout, /./, run.stderr)
    assert.notEqual(run.stdout.trim(), pidSpace())
  })

  it('is nothing when the run could still end in order', async (t) => {
    const { folder, file } = prepare(t)
    const cleanup = fileURLToPath(new URL('../../src/world/tempFile.js', import.meta.url))
    const target = fileURLToPath(new URL('../../src/world/target.js', import.meta.url))
    const program = `
      const { writeTempFile } = await import(${JSON.stringify(cleanup)})
      const { findTarget } = await import(${JSON.stringify(target)})
      const { readdirSync } = await import('node:fs')
      process.on('SIGTERM', () => process.exit(143))
      writeTempFile(findTarget(process.argv[1]), Buffer.from('secret'))
      process.stdout.write(String(readdirSync(process.argv[2]).length))
      setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, file, folder])
    t.after(() => child.kill('SIGKILL'))
    assert.equal(String((await once(child.stdout, 'data'))[0]), '2')
    child.kill('SIGTERM')
    assert.equal((await once(child, 'exit'))[0], 143)
    assert.deepEqual(readdirSync(folder), ['credentials'])
  })
})
