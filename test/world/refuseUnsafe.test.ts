import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { parseMounts } from '../../src/core/fileSystem.js'
import { ReadOnlyFailure } from '../../src/errors.js'
import { makeAwsFiles } from '../../src/world/awsFiles.js'
import { howToClose, othersMay, refuseUnsafe } from '../../src/world/refuseUnsafe.js'
import { findTarget } from '../../src/world/target.js'
import { isRoot } from '../support/ordinaryUser.js'
import { tempFolder } from '../support/tempFolder.js'

const posix = process.platform !== 'win32'

function prepare(t: TestContext, mode: number) {
  const folder = tempFolder(t)
  const file = join(folder, 'config')
  writeFileSync(file, '[default]\n')
  chmodSync(file, mode)
  return { folder, file, target: findTarget(file) }
}

function mounted(folder: string, type: string, options = 'rw') {
  return () => parseMounts(`1 0 0:1 / / rw - ext4 x rw\n2 1 0:2 / ${folder} ${options} - ${type} x rw\n`)
}

describe('a file that something else makes', { skip: !posix }, () => {
  it('is not to be opened with chmod, when it lies in the store of a package manager', (t) => {
    const { target } = prepare(t, 0o444)
    for (const path of ['/nix/store/abc-hm/config', '/gnu/store/abc/config']) {
      assert.throws(
        () => refuseUnsafe({ ...target, path, name: `~/.aws/config (a link to ${path})` }),
        (error) => {
          assert.ok(error instanceof ReadOnlyFailure)
          assert.match(error.message, /is made by a package manager/)
          assert.doesNotMatch(error.hints.join(), /chmod|chown/)
          return true
        },
      )
    }
  })

  it('nor when its mount is read-only', (t) => {
    const { folder, target } = prepare(t, 0o444)
    assert.throws(
      () => refuseUnsafe(target, { mounts: mounted(folder, 'tmpfs', 'ro') }),
      (error) => {
        assert.ok(error instanceof ReadOnlyFailure)
        assert.match(error.message, /which is mounted read-only$/)
        assert.deepEqual(error.hints, ['change it where it comes from'])
        return true
      },
    )
    assert.throws(() => refuseUnsafe(target), {
      name: 'Failure',
      hints: [`to let awsmfa write it: chmod u+w ${target.path}`],
    })
  })
})

describe('a mode that lets others write', { skip: !posix }, () => {
  it('is no reason to refuse, to somebody who only looks, where the mount knows no modes', (t) => {
    const { folder, target } = prepare(t, 0o777)
    const looking = true
    assert.throws(() => refuseUnsafe(target, { looking, mounts: mounted(folder, 'ext4') }), /can be written by others/)
    for (const type of ['drvfs', 'vfat', 'cifs', 'fuse.bindfs']) {
      const mounts = mounted(folder, type)
      refuseUnsafe(target, { looking, mounts })
      assert.match(howToClose(target, { looking, mounts }), /knows no permissions/)
      // Whoever may try it, finds that chmod works here.
      assert.throws(() => refuseUnsafe(target, { mounts }), /can be written by others/)
      assert.equal(howToClose(target, { mounts }), `chmod 600 ${target.path}`)
    }
    assert.deepEqual(readdirSync(folder), ['config'])
  })

  it('does not count for a group that is the owner’s alone', { skip: !isRoot && 'needs root' }, (t) => {
    const { file, target } = prepare(t, 0o664)
    const passwd = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .filter((line) => line.split(':')[3] === '0')
    if (passwd.length !== 1) return t.skip('the group of root is not its own here')
    assert.equal(target.stat && othersMay(target.stat), 0o044)
    refuseUnsafe(target)
    chownSync(file, 0, 65533)
    assert.throws(() => refuseUnsafe(findTarget(file)), /can be written by others/)
  })
})

describe('a mount where chmod has no effect', { skip: !isRoot && 'needs root to mount' }, () => {
  /** With the options of a drive of Windows in WSL: everybody may do everything. */
  function mount(t: TestContext): string | undefined {
    let mounted = false
    // Before the folder is removed: hooks run in their order.
    t.after(() => mounted && execFileSync('umount', [disk]))
    const folder = tempFolder(t)
    const [disk, source] = [join(folder, 'disk'), join(folder, 'source')]
    for (const each of [disk, source]) mkdirSync(each)
    const args = ['--perms=0777', '--chmod-ignore', '--chown-ignore', source, disk]
    mounted = spawnSync('bindfs', args, { stdio: 'ignore' }).status === 0
    return mounted ? disk : undefined
  }

  it('is warned of and written to all the same: bindfs', async (t) => {
    const home = mount(t)
    if (home === undefined) return t.skip('bindfs cannot be mounted here')
    mkdirSync(join(home, '.aws'))
    const file = join(home, '.aws', 'credentials')
    writeFileSync(file, '[default]\n')
    const files = makeAwsFiles({}, home)
    const [warning = ''] = await files.checkWritable('credentials')
    assert.match(warning, /^others can read and write .*credentials \(mode 0777\): the mount .* knows no permissions; /)
    assert.doesNotMatch(warning, /chmod/)
    await files.edit('credentials', (text) => `${text}[mfa]\n`)
    assert.equal(readFileSync(file, 'utf8'), '[default]\n[mfa]\n')
    assert.deepEqual(readdirSync(join(home, '.aws')), ['credentials'])
    assert.match((await files.inspect('credentials')).closing ?? '', /knows no permissions/)
  })
})
