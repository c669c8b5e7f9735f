import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../../src/errors.js'
import { makeAwsFiles } from '../../src/world/awsFiles.js'
import { asOrdinaryUser, isRoot } from '../support/ordinaryUser.js'
import { tempFolder } from '../support/tempFolder.js'

const posix = process.platform !== 'win32'

describe('the paths of the AWS files', () => {
  it('are in ~/.aws, or where the environment says', () => {
    const home = join('/', 'home', 'ada')
    const usual = makeAwsFiles({}, home)
    assert.equal(usual.path('credentials'), join(home, '.aws', 'credentials'))
    assert.equal(usual.path('config'), join(home, '.aws', 'config'))

    const named = makeAwsFiles(
      { AWS_SHARED_CREDENTIALS_FILE: '~/keys/mine', AWS_CONFIG_FILE: 'relative/~/config' },
      home,
    )
    assert.equal(named.path('credentials'), join(home, 'keys', 'mine'))
    assert.equal(named.path('config'), 'relative/~/config')
  })

  it('are the usual ones when the environment names nothing', () => {
    const files = makeAwsFiles({ AWS_SHARED_CREDENTIALS_FILE: '', AWS_CONFIG_FILE: undefined }, '/home/ada')
    assert.equal(files.path('credentials'), join('/home/ada', '.aws', 'credentials'))
    assert.equal(files.path('config'), join('/home/ada', '.aws', 'config'))
  })

  it('are in the folder of the user database when HOME is empty or absent', { skip: !posix }, () => {
    const { HOME } = process.env
    try {
      delete process.env.HOME
      const absent = makeAwsFiles({}).path('config')
      process.env.HOME = ''
      assert.equal(makeAwsFiles({}).path('config'), absent)
      delete process.env.HOME
      assert.equal(absent, join(homedir(), '.aws', 'config'))
    } finally {
      if (HOME !== undefined) process.env.HOME = HOME
    }
  })
})

describe('a path that the environment names', { skip: !posix }, () => {
  it('is expanded as botocore does, for not every environment is made by a shell', () => {
    const files = makeAwsFiles({ AWS_CONFIG_FILE: '$DOTS/config', DOTS: '~/dots' }, '/home/ada')
    assert.equal(files.path('config'), '/home/ada/dots/config')
    const unset = makeAwsFiles({ AWS_CONFIG_FILE: '$NOPE/.aws/config' }, '/home/ada')
    assert.throws(() => unset.path('config'), { kind: 'act', message: /^AWS_CONFIG_FILE is '\$NOPE/ })
  })

  it('makes the folders that a variable names, and says so when it is more than one', async (t) => {
    const home = tempFolder(t)
    const files = (config: string) => makeAwsFiles({ AWS_CONFIG_FILE: join(home, config) }, home)
    assert.deepEqual(await files('one/config').checkWritable('config'), [])
    const far = files('two/three/config')
    assert.match(
      (await far.checkWritable('config')).join(),
      /^AWS_CONFIG_FILE names .*config, whose folders are made now$/,
    )
    assert.deepEqual(readdirSync(home), [])
    await far.edit('config', () => '[default]\n')
    assert.equal(await far.read('config'), '[default]\n')
  })

  it('is called by its variable when it is a device, a pipe or a folder, which nobody should move away', async (t) => {
    const home = tempFolder(t)
    execFileSync('mkfifo', [join(home, 'pipe')])
    symlinkSync('/dev/null', join(home, 'link'))
    for (const [path, what] of [
      ['/dev/null', 'a device'],
      [home, 'a folder'],
      [join(home, 'pipe'), 'a pipe'],
      [join(home, 'link'), 'a device'],
    ] as const) {
      const files = makeAwsFiles({ AWS_SHARED_CREDENTIALS_FILE: path }, home)
      await assert.rejects(files.read('credentials'), (error) => {
        assert.ok(error instanceof Failure)
        assert.ok(error.message.startsWith(`AWS_SHARED_CREDENTIALS_FILE: ${path}`), error.message)
        assert.ok(error.message.endsWith(`is not a regular file but ${what}`), error.message)
        assert.deepEqual(error.hints, ['unset AWS_SHARED_CREDENTIALS_FILE, or name a file'])
        return true
      })
    }
  })
})

describe('a link that leads nowhere', { skip: !posix }, () => {
  it('is called that, in whatever is said of the file', (t) => {
    const home = tempFolder(t)
    mkdirSync(join(home, '.aws'))
    const link = join(home, '.aws', 'credentials')
    symlinkSync('/nowhere/credentials', link)
    const files = makeAwsFiles({}, home)
    assert.equal(files.path('credentials'), `${link} (a link to /nowhere/credentials, which is not there)`)
    assert.equal(files.path('config'), join(home, '.aws', 'config'))
  })
})

describe('reading an AWS file', () => {
  it('gives every byte as one character, and undefined for no file', async (t) => {
    const home = tempFolder(t)
    const files = makeAwsFiles({}, home)
    assert.equal(await files.read('config'), undefined)
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
    mkdirSync(join(home, '.aws'))
    writeFileSync(join(home, '.aws', 'config'), bytes)
    assert.equal(await files.read('config'), bytes.toString('latin1'))
  })

  it('fails for one that would fill the memory', async (t) => {
    const home = tempFolder(t)
    mkdirSync(join(home, '.aws'))
    writeFileSync(join(home, '.aws', 'config'), '')
    truncateSync(join(home, '.aws', 'config'), 1 << 30)
    await assert.rejects(makeAwsFiles({}, home).read('config'), {
      kind: 'act',
      message: /config has more than 16 MiB$/,
    })
  })

  it('waits for the text when another program has just emptied the file', async (t) => {
    const home = tempFolder(t)
    mkdirSync(join(home, '.aws'))
    writeFileSync(join(home, '.aws', 'credentials'), '')
    const text = makeAwsFiles({}, home).read('credentials')
    await sleep(150)
    writeFileSync(join(home, '.aws', 'credentials'), '[default]\n')
    assert.equal(await text, '[default]\n')
  })

  it('fails for a file that is there and cannot be read', { skip: !posix }, async (t) => {
    const home = tempFolder(t)
    const files = makeAwsFiles({}, home)
    mkdirSync(join(home, '.aws'))
    writeFileSync(join(home, '.aws', 'credentials'), 'secret', { mode: 0o000 })
    mkdirSync(join(home, '.aws', 'config'))
    await assert.rejects(files.read('config'), { kind: 'act', message: /not a regular file but a folder/ })
    await asOrdinaryUser(home, () =>
      assert.rejects(files.read('credentials'), {
        kind: 'act',
        // As root the file belongs to root, and so does its folder, which is closed to the ordinary user too.
        message: /^cannot (read|open) .*credentials: permission denied \(EACCES\)$/,
      }),
    )
    assert.ok(isRoot || existsSync(join(home, '.aws', 'credentials')))
  })
})

describe('editing an AWS file', () => {
  it('makes it from nothing and keeps every byte of it afterwards', async (t) => {
    const home = tempFolder(t)
    const files = makeAwsFiles({}, home)
    const seen: string[] = []
    await files.edit('credentials', (text) => {
      seen.push(text)
      return '[caf\u00e9]\r\n\u0000\u00ff'
    })
    await files.edit('credentials', (text) => {
      seen.push(text)
      return `${text}[mfa]\n`
    })
    assert.deepEqual(seen, ['', '[caf\u00e9]\r\n\u0000\u00ff'])
    assert.equal(readFileSync(join(home, '.aws', 'credentials'), 'latin1'), '[caf\u00e9]\r\n\u0000\u00ff[mfa]\n')
    assert.deepEqual(readdirSync(join(home, '.aws')), ['credentials'])
  })

  it('refuses a character that would turn into another byte', async (t) => {
    const home = tempFolder(t)
    // U+010A: its lower half is a line end
    await assert.rejects(
      makeAwsFiles({}, home).edit('config', () => 'region = eu\u010a[default]'),
      { kind: 'usage' },
    )
    assert.ok(!existsSync(join(home, '.aws', 'config')))
  })
})

describe('the check before a code is spent', () => {
  it('warns of credentials that others can read, with the command that closes them', { skip: !posix }, async (t) => {
    const home = tempFolder(t)
    const files = makeAwsFiles({}, home)
    mkdirSync(join(home, '.aws'))
    for (const file of ['credentials', 'config']) writeFileSync(join(home, '.aws', file), '')
    for (const file of ['credentials', 'config']) chmodSync(join(home, '.aws', file), 0o644)
    const path = join(home, '.aws', 'credentials')
    assert.deepEqual(await files.checkWritable('credentials'), [
      `others can read ${path} (mode 0644): chmod 600 ${path}`,
    ])
    assert.deepEqual(await files.checkWritable('config'), [])
    chmodSync(path, 0o600)
    assert.deepEqual(await files.checkWritable('credentials'), [])
  })

  it('makes neither file nor folder', async (t) => {
    const home = tempFolder(t)
    assert.deepEqual(await makeAwsFiles({}, home).checkWritable('credentials'), [])
    assert.deepEqual(readdirSync(home), [])
  })
})
