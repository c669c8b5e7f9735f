import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
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
