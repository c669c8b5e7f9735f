import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closeMount, mountOf, parseMounts } from '../../src/core/mounts.js'

const drvfs = 'rw,dirsync,aname=drvfs;path=C:\\;uid=1000;gid=1000;symlinkroot=/mnt/,mmap,access=client,trans=fd'
const text = `26 1 254:1 / / rw,relatime shared:1 - ext4 /dev/root rw,errors=remount-ro
80 26 0:40 / /mnt/c rw,noatime - 9p C:\\134 ${drvfs}
81 26 0:41 / /mnt/d rw,noatime - 9p D:\\134 ${drvfs.replace('gid=1000', 'gid=1000;metadata')}
82 26 0:42 / /mnt/e rw,noatime - drvfs E: rw,metadata,case=off
83 26 0:43 / /mnt/f rw,noatime - drvfs F: rw
84 26 0:44 / /media/my\\040stick rw,nosuid - vfat /dev/sdb1 rw,uid=1000,umask=022
85 26 0:45 / /etc/aws ro,relatime - tmpfs tmpfs rw,size=100k
86 26 0:46 / /srv rw - nfs4 server:/srv rw
87 26 0:47 / /work rw - 9p none rw,trans=virtio
88 86 0:48 / /srv/one ro - ext4 /dev/sdc ro
89 86 0:49 / /srv/one rw - cifs //server/one rw,file_mode=0777
`
const mounts = parseMounts(text)

test('of the mounts around a path the innermost counts, and of two at one point the later', () => {
  const cases: [string, string | undefined, boolean, boolean][] = [
    ['/home/ada/.aws/config', 'ext4', true, false],
    ['/mnt/c/Users/ada', 'drvfs', false, false],
    ['/mnt/cd/x', 'ext4', true, false],
    ['/mnt/d/Users', 'drvfs', true, false],
    ['/mnt/e/Users', 'drvfs', true, false],
    ['/mnt/f', 'drvfs', false, false],
    ['/media/my stick/config', 'vfat', false, false],
    ['/etc/aws/config', 'tmpfs', true, true],
    ['/srv/two', 'nfs4', true, false],
    ['/srv/one/config', 'cifs', false, false],
    ['/work/config', '9p', true, false],
  ]
  for (const [path, type, modes, readOnly] of cases) {
    const mount = mountOf(path, mounts)
    assert.deepEqual([mount?.type, mount?.modes, mount?.readOnly], [type, modes, readOnly], path)
  }
  assert.equal(mountOf('/home', []), undefined)
})

test('what to do about a mount without permissions fits its type', () => {
  const how = (path: string) => closeMount(mountOf(path, mounts) ?? { point: path, type: 'unknown' })
  assert.equal(
    how('/mnt/c/x'),
    'the mount /mnt/c (drvfs) knows no permissions; in /etc/wsl.conf: [automount] options = "metadata,umask=077", then wsl --shutdown',
  )
  assert.match(how('/media/my stick/x'), /umask=077/)
  assert.match(how('/srv/one/x'), /file_mode=0600/)
  assert.match(closeMount({ point: '/x', type: 'fuse.bindfs' }), /a disk that does/)
})
