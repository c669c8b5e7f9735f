import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import type { SeedKey } from '../../src/core/enrolment.js'
import { Seed } from '../../src/core/seed.js'
import { makePrograms } from '../../src/world/programs.js'
import { makeSeedFile } from '../../src/world/seedFile.js'
import { failsWith } from '../support/failsWith.js'
import { absent } from '../support/parts.js'
import { tempFolder } from '../support/tempFolder.js'

const serial = 'arn:aws:iam::123456789012:mfa/alice'
const seed = Seed.parse('JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP')
const mode = (path: string) => (statSync(path).mode & 0o777).toString(8)

/** A folder of a person's with an identity, and the store. */
async function open(t: TestContext) {
  const folder = tempFolder(t)
  const programs = makePrograms({ env: { PATH: '/usr/bin:/bin' }, attended: () => false })
  const seeds = join(folder, 'data', 'seeds')
  const store = makeSeedFile(seeds, programs, 8)
  const path = join(folder, 'id.txt')
  const made = await store.makeIdentity(path)
  made.keep()
  const key: SeedKey = { kind: 'identity', path }
  return { folder, seeds, store, key, path, file: store.path(serial) }
}

describe('a seed file', () => {
  test('gives back the seed that was put in, is closed to others, and can be removed', async (t) => {
    const { store, key, path, seeds, file } = await open(t)
    assert.equal(await store.get(serial, key), undefined)
    await store.set(serial, seed, key)
    assert.ok((await store.get(serial, key))?.equals(seed))
    assert.deepEqual([mode(file), mode(seeds), mode(path)], ['600', '700', '600'])
    assert.deepEqual(readdirSync(seeds), [file.slice(seeds.length + 1)])
    assert.ok(!readFileSync(file, 'latin1').includes(seed.reveal()))
    assert.equal(await store.delete(serial), true)
    assert.equal(await store.delete(serial), false)
    assert.ok(!existsSync(file))
  })

  test('can be tried before there is a seed, and leaves nothing', async (t) => {
    const { folder, store, key, path } = await open(t)
    await store.check(serial, key)
    assert.deepEqual(readdirSync(folder), ['id.txt'])
    writeFileSync(join(folder, 'data'), 'no folder')
    await failsWith('act', /seeds/, () => store.check(serial, key))
    chmodSync(path, 0o644)
    await failsWith('act', /open to others/, () => store.check(serial, key))
    await failsWith('act', /false failed/, () => store.check(serial, { kind: 'passphrase-command', command: 'false' }))
  })

  test('belongs to one device, however alike the names', async (t) => {
    const { store, key, seeds } = await open(t)
    const names = [
      'arn:aws:iam::123456789012:mfa/a.b',
      'arn:aws:iam::123456789012:mfa/a_b',
      'x'.repeat(250),
      '../../a12',
    ]
    for (const name of names) await store.set(name, seed, key)
    assert.equal(readdirSync(seeds).length, names.length)
    assert.equal(await store.get(serial, key), undefined)
  })

  test('opens with a passphrase from a file or a command, and not with another', async (t) => {
    const { folder, store, file } = await open(t)
    const path = join(folder, 'pass')
    writeFileSync(path, 'correct horse\r\na note\n', { mode: 0o600 })
    const key: SeedKey = { kind: 'passphrase-file', path }
    await store.set(serial, seed, key)
    const printf: SeedKey = { kind: 'passphrase-command', command: "printf '%s\\n' 'correct horse'" }
    assert.ok((await store.get(serial, printf))?.equals(seed))
    const wrong: SeedKey = { kind: 'passphrase-command', command: 'echo battery staple' }
    const failure = await failsWith('act', /the passphrase in what the passphrase command prints does not open/, () =>
      store.get(serial, wrong),
    )
    assert.ok(!`${failure.message}${failure.hints}`.includes('battery'))
    assert.ok(failure.message.includes(file))
    writeFileSync(path, '\n')
    await failsWith('act', /pass holds no passphrase/, () => store.get(serial, key))
  })

  test('says for each way of being broken what it is', async (t) => {
    const { folder, store, key, file } = await open(t)
    await store.set(serial, seed, key)
    const whole = readFileSync(file)
    const get = () => store.get(serial, key)
    const broken = async (bytes: Buffer, message: RegExp) => {
      writeFileSync(file, bytes)
      assert.ok((await failsWith('act', message, get)).message.includes(file))
    }
    for (const length of [10, 60, 120, whole.length - 60])
      await broken(whole.subarray(0, length), /is cut off|is no age file/)
    await broken(whole.subarray(0, -1), /was changed or damaged|is cut off/)
    const tampered = Buffer.from(whole)
    tampered.writeUInt8((tampered.at(-1) ?? 0) ^ 1, tampered.length - 1)
    await broken(tampered, /was changed or damaged since it was written/)
    await broken(Buffer.from('hello'), /is no age file/)

    writeFileSync(file, whole)
    const other = join(folder, 'other.txt')
    ;(await store.makeIdentity(other)).keep()
    await failsWith('act', /the identity in .*other\.txt does not open .*\.age/, () =>
      store.get(serial, { kind: 'identity', path: other }),
    )
  })

  test('of a passphrase is not opened by an identity', async (t) => {
    const { store, key } = await open(t)
    await store.set(serial, seed, { kind: 'passphrase-command', command: 'echo correct' })
    await failsWith('act', /the identity in .* does not open/, () => store.get(serial, key))
  })
})

describe('the key to a seed file', { skip: process.platform === 'win32' && 'Windows has no modes' }, () => {
  for (const bits of [0o640, 0o604, 0o660, 0o610]) {
    test(`is refused with mode ${bits.toString(8)}`, async (t) => {
      const { store, key, path } = await open(t)
      await store.set(serial, seed, key)
      chmodSync(path, bits)
      const { hints } = await failsWith('act', /id\.txt is open to others \(mode 0\d+\)/, () => store.get(serial, key))
      assert.deepEqual(hints, [`close it: chmod 600 ${path}`])
      await failsWith('act', /open to others/, () => store.set(serial, seed, key))
    })
  }

  test('is refused in a folder where everybody can write, behind a link too', async (t) => {
    const { folder, store } = await open(t)
    const shared = join(folder, 'shared')
    mkdirSync(shared)
    chmodSync(shared, 0o777)
    writeFileSync(join(shared, 'pass'), 'x\n', { mode: 0o600 })
    symlinkSync(join(shared, 'pass'), join(folder, 'link'))
    for (const path of [join(shared, 'pass'), join(folder, 'link')]) {
      await failsWith('act', /is in a folder where everybody can write/, () =>
        store.set(serial, seed, { kind: 'passphrase-file', path }),
      )
    }
  })

  test('that is absent is named, even before there is a seed', async (t) => {
    const { folder, store } = await open(t)
    const path = join(folder, 'gone')
    await failsWith('act', /there is no identity file .*gone/, () => store.get(serial, { kind: 'identity', path }))
  })

  test('must be an identity that age knows', async (t) => {
    const { store, key, path } = await open(t)
    for (const [text, message] of [
      ['', /is no age identity file/],
      ['# only a comment\n', /is no age identity file/],
      ['-----BEGIN OPENSSH PRIVATE KEY-----\n', /is no age identity file/],
      ['age-encryption.org/v1\n-> scrypt\n', /is encrypted itself/],
      ['AGE-SECRET-KEY-1QQQQQQ\n', /holds an age identity that is damaged/],
    ] as const) {
      writeFileSync(path, text)
      await failsWith('act', message, () => store.set(serial, seed, key))
    }
  })

  test('is never made over a file that is there, and is taken back when nothing came of it', async (t) => {
    const { folder, store, path } = await open(t)
    const before = readFileSync(path)
    await failsWith('usage', /id\.txt exists already/, () => store.makeIdentity(path))
    assert.deepEqual(readFileSync(path), before)
    const made = await store.makeIdentity(join(folder, 'new', 'id.txt'))
    assert.equal(mode(join(folder, 'new')), '700')
    made.remove()
    assert.ok(!existsSync(join(folder, 'new')))
  })

  test('that was kept can still be removed', async (t) => {
    const { store, path } = await open(t)
    await store.removeIdentity(path)
    assert.ok(!existsSync(path))
    await store.removeIdentity(path)
  })
})

describe('age itself', { skip: absent('age', 'age-keygen') }, () => {
  test('opens our files, and we open its own', async (t) => {
    const { folder, store, file } = await open(t)
    const path = join(folder, 'keygen.txt')
    execFileSync('age-keygen', ['-o', path], { stdio: 'ignore' })
    const key: SeedKey = { kind: 'identity', path }
    await store.set(serial, seed, key)
    assert.equal(execFileSync('age', ['-d', '-i', path, file], { encoding: 'utf8' }), `${seed.reveal()}\n`)

    const other = Seed.parse('NB2W45DFOIZANB2W45DFOIZANB2W45DF')
    const recipient = execFileSync('age-keygen', ['-y', path], { encoding: 'utf8' }).trim()
    writeFileSync(file, execFileSync('age', ['-r', recipient], { input: `${other.reveal()}\n` }))
    assert.ok((await store.get(serial, key))?.equals(other))
  })

  test('knows the identities that we make', async (t) => {
    const { store, key, path, file } = await open(t)
    await store.set(serial, seed, key)
    assert.equal(execFileSync('age', ['-d', '-i', path, file], { encoding: 'utf8' }), `${seed.reveal()}\n`)
  })
})
