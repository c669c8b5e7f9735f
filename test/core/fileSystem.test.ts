// biome-ignore-all lint/suspicious/noTemplateCurlyInString: such strings are what is tested
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closeMount, expandPath, isPrivateGroup, mountOf, parseMounts, parseUsers } from '../../src/core/fileSystem.js'
import { failsWith } from '../support/failsWith.js'

const env = { HOME: '/home/ada', X: 'x', DOLLAR: '$X', EMPTY: '', UserProfile: 'C:\\Users\\ada' }
const homes: Readonly<Record<string, string>> = { '': '/home/ada', bob: '/srv/bob/', root: '/' }
const on = (windows: boolean) => ({ env, windows, homeOf: (user: string) => homes[user] })

// As os.path.expandvars and os.path.expanduser of Python 3.11 give them.
const expanded: [string, string][] = [
  ['/etc/aws/config', '/etc/aws/config'],
  ['relative/~/config', 'relative/~/config'],
  ['~', '/home/ada'],
  ['~/.aws/config', '/home/ada/.aws/config'],
  ['~bob/.aws/config', '/srv/bob/.aws/config'],
  ['~root', '/'],
  ['~root/config', '/config'],
  ['$HOME/.aws/config', '/home/ada/.aws/config'],
  ['${HOME}/.aws/config', '/home/ada/.aws/config'],
  ['/a/$X.$X/${X}y', '/a/x.x/xy'],
  ['$EMPTY/config', '/config'],
  ["/a b/100%/it's (1)", "/a b/100%/it's (1)"],
  ['/home/Jürgen/.aws', '/home/Jürgen/.aws'],
]
for (const [value, path] of expanded) {
  test(`the path ${value} in a variable is ${path}`, () => {
    assert.equal(expandPath('AWS_CONFIG_FILE', value, on(false)), path)
  })
}

const refused: [string, RegExp][] = [
  ['$HOM/.aws/config', /'\$HOM\/.aws\/config', which names a variable that is not set$/],
  ['${HOME:-/root}/config', /variable that is not set/],
  ['$DOLLAR/config', /variable that is not set/],
  ['$(pwd)/config', /variable that is not set/],
  ['`pwd`/config', /command for a shell/],
  ['~carol/config', /no user here is called that/],
  ['"/home/ada/config"', /quotes that no shell/],
  ["'~/.aws/config'", /quotes that no shell/],
  ['"$HOME"/.aws/config', /quotes that no shell/],
  ['/home/ada/config\r', /control character/],
  ['/home/ada/\u001b[2Jconfig', /control character/],
  ['/home/ada/config ', /a blank at one end/],
  ['%USERPROFILE%\\.aws\\config', /percent signs/],
  ['%h/.aws/config', /percent signs/],
  ['${EMPTY}', /comes to nothing/],
  ['file:///home/ada/config', /a URL/],
  ['C:\\Users\\ada\\.aws\\config', /path of Windows/],
  ['c:/Users/ada/.aws/config', /path of Windows/],
  ['\\\\server\\share\\config', /path of Windows/],
]
for (const [value, why] of refused) {
  test(`a variable that holds ${JSON.stringify(value)} is refused by its name`, async () => {
    const failure = await failsWith('act', why, () => expandPath('AWS_CONFIG_FILE', value, on(false)))
    assert.match(failure.message, /^AWS_CONFIG_FILE is '/)
    assert.doesNotMatch(failure.message, /\p{Cc}/u)
  })
}

test('on Windows drives, shares and percent signs are at home, and names have no case', async () => {
  const windows: [string, string][] = [
    ['C:\\aws\\config', 'C:\\aws\\config'],
    ['\\\\server\\home$\\ada', '\\\\server\\home$\\ada'],
    ['%USERPROFILE%\\.aws\\config', 'C:\\Users\\ada\\.aws\\config'],
    ['$home/.aws/config', '/home/ada/.aws/config'],
    ['~\\.aws\\config', '/home/ada\\.aws\\config'],
  ]
  for (const [value, path] of windows) assert.equal(expandPath('V', value, on(true)), path)
  for (const value of ['%NOPE%\\config', '$nope\\config', '"C:\\aws"', '~carol\\config']) {
    await failsWith('act', /^V is /, () => expandPath('V', value, on(true)))
  }
})

const passwd = `root:x:0:0:root:/root:/bin/bash
ada:x:1000:1000:Ada,,,:/home/ada:/bin/zsh
bob:x:1001:100::/home/bob:/bin/sh
carol:x:1002:100::/home/carol:/bin/sh
dora:x:1003:1003::/home/dora:/bin/sh
# a comment
+::::::
broken`
const group = `root:x:0:
ada:x:1000:
users:x:100:
dora:x:1003:dora,ada
staff:x:50:ada`

test('a group is private when it is the primary group of its one user', () => {
  const cases: [number, number, boolean][] = [
    [1000, 1000, true],
    [0, 0, true],
    [1001, 100, false], // carol is in it too
    [1003, 1003, false], // ada is a member
    [1000, 50, false], // not the primary group
    [1000, 1003, false],
    [54321, 54321, false], // unknown here: LDAP may know more
  ]
  for (const [uid, gid, isPrivate] of cases)
    assert.equal(isPrivateGroup(uid, gid, passwd, group), isPrivate, `${uid}:${gid}`)
  assert.ok(isPrivateGroup(1000, 1000, passwd, ''))
  assert.ok(isPrivateGroup(1000, 1000, passwd, 'ada:x:1000:ada'))
  assert.ok(!isPrivateGroup(1000, 1000, '', group))
})

test('lines that describe no user are passed over', () => {
  assert.deepEqual(
    parseUsers(passwd).map(({ name }) => name),
    ['root', 'ada', 'bob', 'carol', 'dora'],
  )
})

const drvfs = 'rw,dirsync,aname=drvfs;path=C:\\;uid=1000;gid=1000;symlinkroot=/mnt/,mmap,access=client,trans=fd'
const text = `26 1 254:1 / / rw,relatime shared:1 - ext4 /dev/root rw,errors=remount-ro
80 26 0:40 / /mnt/c rw,noatime - 9p C:\\134 ${drvfs}
81 26 0:41 / /mnt/d rw,noatime - 9p D:\\134 ${drvfs.replace('gid=1000', 'gid=1000;metadata')}
82 26 0:42 / /mnt/e rw,noatime - drvfs E: rw,metadata,case=off
83 26 0:43 / /mnt/f rw,noatime - drvfs F: rw
84 26 0:44 / /media/my\\040stick rw,nosuid - vfat /dev/sdb1 rw,uid=1000,umask=022
85 26 0:45 / /etc/aws ro,relatime - tmpfs tmpfs rw,size=100k
86 26 0:46 / /srv rw - nfs4 server:/srv rw
87 26 0:47 / /shared rw - 9p none rw,trans=virtio
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
    ['/shared/config', '9p', true, false],
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
