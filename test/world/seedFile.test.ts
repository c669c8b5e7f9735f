import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { Seed, type SeedKey } from '../../src/core/seed.js'
import { LongTermKeys } from '../../src/core/session.js'
import { SeedUnreadable } from '../../src/errors.js'
import { makePrograms } from '../../src/world/programs.js'
import { makeSeedFile } from '../../src/world/seedFile.js'
import { tempName } from '../../src/world/tempFile.js'
import { failsWith } from '../support/failsWith.js'
import { absent } from '../support/parts.js'
import { strace, untraceable } from '../support/strace.js'
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
  const made = await store.makeIdentity(path, serial, false)
  made.keep()
  const key: SeedKey = { kind: 'identity', path }
  const at = (by: SeedKey = key, id = serial) => ({ path: store.defaultPath(id), key: by })
  return { folder, seeds, store, key, at, path, file: store.defaultPath(serial) }
}

describe('a seed file', () => {
  test('gives back the seed that was put in, is closed to others, and can be removed', async (t) => {
    const { store, path, seeds, file, at } = await open(t)
    assert.equal(await store.get(at()), undefined)
    await store.set(at(), seed)
    assert.ok((await store.get(at()))?.equals(seed))
    assert.deepEqual([mode(file), mode(seeds), mode(path)], ['600', '700', '600'])
    assert.deepEqual(readdirSync(seeds), [file.slice(seeds.length + 1)])
    assert.ok(!readFileSync(file, 'latin1').includes(seed.reveal()))
    assert.equal(await store.delete(at()), true)
    assert.equal(await store.delete(at()), false)
    assert.ok(!existsSync(file))
  })

  test('holds a pair of keys as well, and tells the two apart', async (t) => {
    const { store, key, file, at } = await open(t)
    const place = { path: store.defaultPath('key:123456789012/team/alice'), key }
    const keys = new LongTermKeys('AKIAIOSFODNN7EXAMPLE', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY')
    assert.equal(await store.getKeys(place), undefined)
    await store.setKeys(place, keys)
    assert.equal((await store.getKeys(place))?.revealSecret(), keys.revealSecret())
    assert.deepEqual([mode(place.path), place.path === file], ['600', false])
    await assert.rejects(store.get(place), /holds something else/)
    await store.set(at(), seed)
    await assert.rejects(store.getKeys(at()), /holds something else: it is no pair of AWS keys/)
  })

  test('can be tried before there is a seed, and leaves nothing', async (t) => {
    const { folder, store, path, at } = await open(t)
    await store.check(at())
    assert.deepEqual(readdirSync(folder), ['id.txt'])
    writeFileSync(join(folder, 'data'), 'no folder')
    await failsWith('act', /seeds/, () => store.check(at()))
    chmodSync(path, 0o644)
    await failsWith('act', /open to others/, () => store.check(at()))
    await failsWith('act', /false failed/, () => store.check(at({ kind: 'passphrase-command', command: 'false' })))
  })

  test('belongs to one device, however alike the names', async (t) => {
    const { store, key, seeds, at } = await open(t)
    const names = [
      'arn:aws:iam::123456789012:mfa/a.b',
      'arn:aws:iam::123456789012:mfa/a_b',
      'x'.repeat(250),
      '../../a12',
    ]
    for (const name of names) await store.set(at(key, name), seed)
    assert.equal(readdirSync(seeds).length, names.length)
    assert.equal(await store.get(at()), undefined)
  })

  test('opens with a passphrase from a file or a command, and not with another', async (t) => {
    const { folder, store, file, at } = await open(t)
    const path = join(folder, 'pass')
    writeFileSync(path, 'correct horse\r\na note\n', { mode: 0o600 })
    const key: SeedKey = { kind: 'passphrase-file', path }
    await store.set(at(key), seed)
    const printf: SeedKey = { kind: 'passphrase-command', command: "printf '%s\\n' 'correct horse'" }
    assert.ok((await store.get(at(printf)))?.equals(seed))
    const wrong: SeedKey = { kind: 'passphrase-command', command: 'echo battery staple' }
    const failure = await failsWith('act', /the passphrase in what the passphrase command prints does not open/, () =>
      store.get(at(wrong)),
    )
    assert.ok(!`${failure.message}${failure.hints}`.includes('battery'))
    assert.ok(failure.message.includes(file))
    writeFileSync(path, '\n')
    await failsWith('act', /pass holds no passphrase/, () => store.get(at(key)))
  })

  test('says for each way of being broken what it is', async (t) => {
    const { folder, store, file, at } = await open(t)
    await store.set(at(), seed)
    const whole = readFileSync(file)
    const get = () => store.get(at())
    const broken = async (bytes: Buffer, message: RegExp) => {
      writeFileSync(file, bytes)
      const failure = await failsWith('act', message, get)
      assert.ok(failure instanceof SeedUnreadable)
      assert.ok(failure.message.includes(file))
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
    ;(await store.makeIdentity(other, serial, false)).keep()
    await failsWith('act', /the identity in .*other\.txt does not open .*\.age/, () =>
      store.get(at({ kind: 'identity', path: other })),
    )
  })

  test('of a passphrase is not opened by an identity', async (t) => {
    const { store, at } = await open(t)
    await store.set(at({ kind: 'passphrase-command', command: 'echo correct' }), seed)
    await failsWith('act', /the identity in .* does not open/, () => store.get(at()))
  })
})

describe('the key to a seed file', { skip: process.platform === 'win32' && 'Windows has no modes' }, () => {
  for (const bits of [0o640, 0o604, 0o660, 0o610]) {
    test(`is refused with mode ${bits.toString(8)}`, async (t) => {
      const { store, path, at } = await open(t)
      await store.set(at(), seed)
      chmodSync(path, bits)
      const { hints } = await failsWith('act', /id\.txt is open to others \(mode 0\d+\)/, () => store.get(at()))
      assert.deepEqual(hints, [`close it: chmod 600 ${path}`])
      await failsWith('act', /open to others/, () => store.set(at(), seed))
    })
  }

  test('is refused in a folder where everybody can write, behind a link too', async (t) => {
    const { folder, store, at } = await open(t)
    const shared = join(folder, 'shared')
    mkdirSync(shared)
    chmodSync(shared, 0o777)
    writeFileSync(join(shared, 'pass'), 'x\n', { mode: 0o600 })
    symlinkSync(join(shared, 'pass'), join(folder, 'link'))
    for (const path of [join(shared, 'pass'), join(folder, 'link')]) {
      await failsWith('act', /is in a folder where everybody can write/, () =>
        store.set(at({ kind: 'passphrase-file', path }), seed),
      )
    }
  })

  test('that is absent is named, even before there is a seed', async (t) => {
    const { folder, store, at } = await open(t)
    const path = join(folder, 'gone')
    await failsWith('act', /there is no identity file .*gone/, () => store.get(at({ kind: 'identity', path })))
  })

  test('must be an identity that age knows', async (t) => {
    const { store, path, at } = await open(t)
    for (const [text, message] of [
      ['', /is no age identity file/],
      ['# only a comment\n', /is no age identity file/],
      ['-----BEGIN OPENSSH PRIVATE KEY-----\n', /is no age identity file/],
      ['age-encryption.org/v1\n-> scrypt\n', /is encrypted itself/],
      ['AGE-SECRET-KEY-1QQQQQQ\n', /holds an age identity that is damaged/],
    ] as const) {
      writeFileSync(path, text)
      await failsWith('act', message, () => store.set(at(), seed))
    }
  })

  test('is never made over a file that is there, and is taken back when nothing came of it', async (t) => {
    const { folder, store, path } = await open(t)
    const before = readFileSync(path)
    await failsWith('usage', /id\.txt exists already/, () => store.makeIdentity(path, serial, false))
    assert.deepEqual(readFileSync(path), before)
    const made = await store.makeIdentity(join(folder, 'new', 'id.txt'), serial, false)
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

describe('an identity that an interrupted run has left', () => {
  test('is used by the next run for the same device, and stays when that fails', async (t) => {
    const { store, path } = await open(t)
    const before = readFileSync(path)
    assert.match(before.toString(), new RegExp(`^# made by awsmfa for ${serial}\n# public key: age1\\w+\nAGE-SECRET`))
    const again = await store.makeIdentity(path, serial, true)
    assert.equal(again.adopted, true)
    again.remove()
    assert.deepEqual(readFileSync(path), before)
  })

  test("is not taken for another device's, and a person's own is never", async (t) => {
    const { folder, store, path } = await open(t)
    const own = join(folder, 'own')
    writeFileSync(own, `AGE-SECRET-KEY-1QQQQQQ\n# made by awsmfa for ${serial}, so to say\n`)
    await failsWith('usage', /own exists already/, () => store.makeIdentity(own, serial, true))
    await failsWith('usage', /id\.txt exists already/, () => store.makeIdentity(path, `${serial}2`, true))
    await failsWith('usage', /id\.txt exists already/, () => store.makeIdentity(path, serial, false))
  })

  test('under a temporary name is swept, and so is a seed file', async (t) => {
    const { folder, store, at, seeds } = await open(t)
    const dead = spawnSync(process.execPath, ['-e', '']).pid
    const left = (path: string) =>
      join(path, '..', tempName(`.${basename(path)}.awsmfa-`).replace(`-${process.pid}-`, `-${dead}-`))
    writeFileSync(left(join(folder, 'new.txt')), 'half')
    ;(await store.makeIdentity(join(folder, 'new.txt'), serial, false)).keep()
    assert.deepEqual(readdirSync(folder), ['id.txt', 'new.txt'])
    await store.set(at(), seed)
    writeFileSync(left(at().path), 'half')
    await store.delete(at())
    assert.deepEqual(readdirSync(seeds), [])
  })

  test('is whole, closed to others and on the disk before it has its name', { skip: untraceable() }, async (t) => {
    const folder = tempFolder(t)
    const path = join(folder, 'id.txt')
    const module = new URL('../../src/world/seedKey.js', import.meta.url)
    const script = `process.umask(0o777)
      const { makeIdentity } = await import('${module}')
      ;(await makeIdentity(process.argv[1], '${serial}', false)).keep()`
    const command = [process.execPath, '--input-type=module', '-e', script, path]
    const { code, calls, stderr } = await strace(command, join(folder, 'log'))
    assert.equal(code, 0, stderr)
    const about = calls.filter(({ rest }) => rest.includes(folder)).map(({ name }) => name.replace(/at2?$/, ''))
    const [written, synced, named] = ['write', 'fsync', 'link'].map((name) => about.indexOf(name))
    assert.ok(-1 < (written ?? -1) && (written ?? 0) < (synced ?? 0) && (synced ?? 0) < (named ?? 0), about.join())
    assert.ok(about.lastIndexOf('fsync') > (named ?? 0), 'the folder too')
    assert.equal(mode(path), '600')
  })
})

describe('a seed file that is not where the enrolment says', () => {
  const script = `const { makeSeedPlaces, seedFolder } = await import('${new URL('../../src/world/seedPlaces.js', import.meta.url)}')
    const { message, hints } = makeSeedPlaces(seedFolder()).absence(process.argv[1])
    console.log([message, ...hints].join('\\n'))`
  const absence = (path: string, env: Record<string, string>) =>
    execFileSync(process.execPath, ['--input-type=module', '-e', script, path], { env, encoding: 'utf8' })

  test('is looked for where this and no XDG_DATA_HOME lead', { skip: process.platform !== 'linux' }, async (t) => {
    const HOME = tempFolder(t)
    const [snap, usual] = [join(HOME, 'snap'), join(HOME, '.local', 'share')]
    const file = (data: string) => join(data, 'awsmfa', 'seeds', 'x.age')
    const said = absence(file(snap), { HOME, XDG_DATA_HOME: usual })
    assert.match(said, /^there is no seed file .*snap.*x\.age\nit was removed, .*XDG_DATA_HOME .* here in .*\.local/)
    for (const [is, missing, env] of [
      [snap, usual, { HOME, XDG_DATA_HOME: snap }],
      [usual, snap, { HOME, XDG_DATA_HOME: snap }],
    ] as const) {
      mkdirSync(join(file(is), '..'), { recursive: true })
      writeFileSync(file(is), '')
      assert.ok(absence(file(missing), env).includes(`there is ${file(is)}, made with another XDG_DATA_HOME`))
      rmSync(is, { recursive: true })
    }
  })
})

test('a disk that does not keep a seed as it was written is found out', async (t) => {
  const { folder, path } = await open(t)
  const faulty = join(folder, 'faulty.cjs')
  // What the disk gives back is the file of another seed.
  writeFileSync(
    faulty,
    `const fs = require('node:fs')
    const rename = fs.renameSync
    let first
    fs.renameSync = (from, to) => {
      rename(from, to)
      if (first !== undefined) fs.writeFileSync(to, first)
      first = fs.readFileSync(to)
    }
    require('node:module').syncBuiltinESMExports()`,
  )
  const from = (file: string) => JSON.stringify(new URL(`../../src/${file}`, import.meta.url).href)
  const script = `import { Seed } from ${from('core/seed.js')}
    import { makeSeedFile } from ${from('world/seedFile.js')}
    const store = makeSeedFile('/nonexistent', {})
    const place = { path: ${JSON.stringify(join(folder, 'x.age'))}, key: { kind: 'identity', path: ${JSON.stringify(path)} } }
    await store.set(place, Seed.parse('NB2W45DFOIZANB2W45DFOIZANB2W45DF'))
    const told = await store.set(place, Seed.parse('${seed.reveal()}')).catch((error) => error.message)
    console.log(told)`
  const command = ['--require', faulty, '--input-type=module', '-e', script]
  assert.match(
    execFileSync(process.execPath, command, { encoding: 'utf8' }),
    /^what was written to .*x\.age does not read back/,
  )
})

describe('age itself', { skip: absent('age', 'age-keygen') }, () => {
  test('opens our files, and we open its own', async (t) => {
    const { folder, store, file, at } = await open(t)
    const path = join(folder, 'keygen.txt')
    execFileSync('age-keygen', ['-o', path], { stdio: 'ignore' })
    const key: SeedKey = { kind: 'identity', path }
    await store.set(at(key), seed)
    assert.equal(execFileSync('age', ['-d', '-i', path, file], { encoding: 'utf8' }), `${seed.reveal()}\n`)

    const other = Seed.parse('NB2W45DFOIZANB2W45DFOIZANB2W45DF')
    const recipient = execFileSync('age-keygen', ['-y', path], { encoding: 'utf8' }).trim()
    writeFileSync(file, execFileSync('age', ['-r', recipient], { input: `${other.reveal()}\n` }))
    assert.ok((await store.get(at(key)))?.equals(other))
  })

  test('knows the identities that we make', async (t) => {
    const { store, path, file, at } = await open(t)
    await store.set(at(), seed)
    assert.equal(execFileSync('age', ['-d', '-i', path, file], { encoding: 'utf8' }), `${seed.reveal()}\n`)
  })
})
