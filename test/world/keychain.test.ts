import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it, type TestContext } from 'node:test'
import { Seed } from '../../src/core/seed.js'
import { Failure } from '../../src/errors.js'
import { type KeychainOptions, makeKeychain } from '../../src/world/keychain.js'
import { fakeKeytar } from '../support/fakeKeytar.js'
import { absent, which } from '../support/parts.js'
import { type SecretService, secretServiceParts, startSecretService } from '../support/secretService.js'
import { tempFolder } from '../support/tempFolder.js'

const seed = Seed.parse('JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP')
const otherSeed = Seed.parse('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ')

describe('the keychain on GNOME Keyring', { skip: absent(...secretServiceParts, 'gdbus') }, () => {
  let service: SecretService
  let devices = 0

  before(async () => {
    service = await startSecretService()
  })
  after(() => service.stop())

  /** a serial number that no other test uses */
  const device = () => `arn:aws:iam::123456789012:mfa/me+you=${devices++},x.y@z`

  const keychain = (more: Partial<KeychainOptions> = {}) =>
    makeKeychain({ env: service.env, platform: 'linux', attended: () => false, ...more })

  /** the environment with one of the tools only, or none */
  function withTools(...names: string[]): Record<string, string> {
    const folder = join(service.env.HOME ?? '', `tools${devices++}`)
    mkdirSync(folder)
    for (const name of names) symlinkSync(which(name) ?? '', join(folder, name))
    return { ...service.env, PATH: folder }
  }

  it('gives back the seed that was put in, then forgets it', async () => {
    const id = device()
    assert.equal(await keychain().get(id), undefined)
    await keychain().set(id, seed)
    assert.equal((await keychain().get(id))?.reveal(), seed.reveal())
    await keychain().set(id, otherSeed)
    assert.equal((await keychain().get(id))?.reveal(), otherSeed.reveal())
    assert.equal(await keychain().delete(id), true)
    assert.equal(await keychain().get(id), undefined)
    assert.equal(await keychain().delete(id), false)
  })

  it('keeps items that other programs find and may change', async () => {
    const id = device()
    await keychain().set(id, seed)
    assert.equal(service.lookup(id), seed.reveal())
    const another = device()
    service.store(another, 'gezd gnbv gy3t qojq gezd gnbv gy3t qojq')
    assert.equal((await keychain().get(another))?.reveal(), otherSeed.reveal())
    service.store(another, 'hello')
    await assert.rejects(keychain().get(another), failure(/is not a seed/))
  })

  it('takes several operations at once', async () => {
    const ids = [device(), device(), device(), device()]
    await Promise.all(ids.map((id) => keychain().set(id, seed)))
    const seeds = await Promise.all(ids.map((id) => keychain().get(id)))
    assert.deepEqual(
      seeds.map((found) => found?.reveal()),
      ids.map(() => seed.reveal()),
    )
  })

  it('is found in the nearly empty environment that cron gives', async () => {
    const id = device()
    service.store(id, seed.reveal())
    const { HOME = '', XDG_RUNTIME_DIR, DBUS_SESSION_BUS_ADDRESS } = service.env
    const tools = withTools().PATH ?? ''
    writeFileSync(
      join(tools, 'busctl'),
      `#!/bin/sh\necho "$DBUS_SESSION_BUS_ADDRESS" > "$HOME/address"\nexec ${which('busctl')} "$@"\n`,
      { mode: 0o755 },
    )
    const env = { HOME, XDG_RUNTIME_DIR, PATH: `${tools}:/usr/bin:/bin` }
    assert.equal((await keychain({ env }).get(id))?.reveal(), seed.reveal())
    assert.equal(readFileSync(join(HOME, 'address'), 'utf8'), `${DBUS_SESSION_BUS_ADDRESS}\n`)
  })

  for (const tools of [['busctl'], ['gdbus']]) {
    it(`is called locked, never empty, while it is locked, and nothing changes (asked through ${tools})`, async () => {
      const [id, none] = [device(), device()]
      const env = withTools(...tools)
      const bare = keychain({ env })
      await bare.set(id, seed)
      assert.equal((await bare.get(id))?.reveal(), seed.reveal())
      assert.equal(await bare.get(none), undefined)
      await service.lock()
      try {
        for (const account of [id, none]) {
          await assert.rejects(bare.get(account), failure(/the keyring is locked/))
          await assert.rejects(bare.set(account, otherSeed), failure(/the keyring is locked/))
          await assert.rejects(bare.delete(account), failure(/the keyring is locked/))
        }
      } finally {
        await service.unlock()
      }
      assert.equal(service.lookup(id), seed.reveal())
      assert.equal(service.lookup(none), undefined)
    })
  }

  it('starts no operation that could raise a dialog when nobody is there', async () => {
    const folder = service.env.HOME ?? ''
    const nodeOptions = fakeKeytar(folder, "fs.writeFileSync(folder + '/loaded', ''); return {}")
    await service.lock()
    try {
      await assert.rejects(keychain({ nodeOptions }).get(device()), failure(/the keyring is locked/))
      assert.equal(existsSync(join(folder, 'loaded')), false)
      await assert.rejects(
        keychain({ nodeOptions, attended: () => true }).get(device()),
        failure(/the keyring is locked/),
      )
      assert.equal(existsSync(join(folder, 'loaded')), true)
    } finally {
      await service.unlock()
    }
  })

  it('tells a person that the desktop asks, and calls it locked when they could not unlock it', async () => {
    const id = device()
    await keychain().set(id, seed)
    let waits = 0
    const attended = keychain({ attended: () => true, onWait: () => waits++ })
    assert.equal((await attended.get(id))?.reveal(), seed.reveal())
    assert.equal(waits, 0)
    await service.lock()
    try {
      await assert.rejects(attended.get(id), failure(/the keyring is locked/))
      await assert.rejects(attended.delete(id), failure(/the keyring is locked/))
      await assert.rejects(attended.set(id, otherSeed), failure(/the keyring is locked/))
      assert.equal(waits, 3)
    } finally {
      await service.unlock()
    }
    assert.equal(service.lookup(id), seed.reveal())
  })

  it('claims to know neither "absent" nor "locked" when there is no tool to ask with', async () => {
    const id = device()
    const blind = keychain({ env: withTools() })
    await blind.set(id, seed)
    assert.equal((await blind.get(id))?.reveal(), seed.reveal())
    assert.equal(await blind.delete(id), true)
    await assert.rejects(blind.get(id), failure(/no seed for .* in the keychain, or the keyring is locked/))
    await assert.rejects(blind.delete(id), failure(/no seed for .* in the keychain, or the keyring is locked/))
  })

  it('is given up when the daemon does not answer, also in the middle of an operation', async () => {
    const limitMs = { attended: 1_000, unattended: 1_000 }
    const id = device()
    await keychain().set(id, seed)
    service.freeze()
    try {
      await assert.rejects(keychain({ limitMs }).get(id), failure(/the keychain does not answer/))
      // without a tool to ask first, the child itself hangs in libsecret
      const blind = keychain({ limitMs, env: withTools() })
      await assert.rejects(blind.get(id), failure(/did not answer within 1 seconds/))
    } finally {
      service.thaw()
    }
    assert.equal((await keychain().get(id))?.reveal(), seed.reveal())
  })
})

describe('a Secret Service that speaks', { skip: process.platform === 'win32' && 'needs a POSIX shell' }, () => {
  /** An environment whose busctl is this script. */
  function busctl(t: TestContext, script: string) {
    const folder = tempFolder(t)
    writeFileSync(join(folder, 'busctl'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    const env = {
      PATH: `${folder}:/usr/bin:/bin`,
      HOME: folder,
      LC_ALL: 'de_DE.UTF-8',
      DBUS_SESSION_BUS_ADDRESS: 'tcp:',
    }
    return { folder, env }
  }

  it('another language is asked in English, so that it is understood', async (t) => {
    const script = '[ "$LC_ALL" = C ] && echo "No such name: ServiceUnknown" >&2 || echo "Kein Name" >&2; exit 1'
    const { env } = busctl(t, script)
    const keychain = makeKeychain({ env, platform: 'linux', attended: () => false })
    await assert.rejects(keychain.get('x'), failure(/nothing on the session bus offers/))
  })

  it('with one item of its own mind asks a person each time: nobody is asked at night, and enrolling finds out', async (t) => {
    const item = '/org/freedesktop/secrets/collection/db/1f'
    const { env, folder } = busctl(
      t,
      `case "$*" in *Locked*) echo 'b false' ;; *) [ -e "$HOME/stored" ] && echo 'aoao 0 1 "${item}"' || echo 'aoao 0 0' ;; esac`,
    )
    const nodeOptions = fakeKeytar(
      folder,
      `return {
        setPassword: async () => fs.writeFileSync(folder + '/stored', ''),
        getPassword: async () => (fs.existsSync(folder + '/stored') ? '${seed.reveal()}' : null),
      }`,
    )
    const heard: string[] = []
    const options = { env, platform: 'linux', nodeOptions, onWait: (line: string) => void heard.push(line) } as const
    const day = makeKeychain({ ...options, attended: () => true })
    const night = makeKeychain({ ...options, attended: () => false })
    await assert.rejects(day.set('x', seed), (error: unknown) => {
      assert.ok(failure(/took the seed, and a run that nobody watches could not read it: .* asks .* each time/)(error))
      assert.match(error instanceof Failure ? error.hints.join() : '', /KeePassXC .*"Confirm when passwords/)
      return true
    })
    assert.deepEqual(heard, [])
    assert.ok((await day.get('x'))?.equals(seed))
    assert.deepEqual(heard, ['the keychain asks in a window whether awsmfa may have the seed'])
    await assert.rejects(night.get('x'), failure(/the keychain asks a person each time/))
  })

  it('well is asked how it is once for each operation', async (t) => {
    const { env, folder } = busctl(t, `echo "$*" >>"$HOME/log"; echo 'aoao 1 "/a/b" 0'`)
    const nodeOptions = fakeKeytar(
      folder,
      `return { getPassword: async () => '${seed.reveal()}', deletePassword: async () => true }`,
    )
    const keychain = makeKeychain({ env, platform: 'linux', nodeOptions, attended: () => false })
    await keychain.get('x')
    assert.equal(readFileSync(join(folder, 'log'), 'utf8').split('\n').length - 1, 1)
    await assert.rejects(keychain.delete('x'), failure(/still in the keychain/))
    assert.equal(readFileSync(join(folder, 'log'), 'utf8').split('\n').length - 1, 2)
  })
})

describe('the keychain where there is none', { skip: absent(...secretServiceParts) }, () => {
  it('is missed on a bus without a Secret Service, by keytar too', async () => {
    const service = await startSecretService({ provider: false })
    try {
      for (const PATH of [service.env.PATH, '/nonexistent']) {
        const keychain = makeKeychain({ env: { ...service.env, PATH }, platform: 'linux', attended: () => true })
        await assert.rejects(keychain.get('x'), failure(/nothing on the session bus offers org\.freedesktop\.secrets/))
        await assert.rejects(keychain.set('x', seed), failure(/nothing on the session bus/))
        await assert.rejects(keychain.delete('x'), failure(/nothing on the session bus/))
      }
    } finally {
      await service.stop()
    }
  })

  it('is missed by the address of a bus that does not answer, by keytar too', async () => {
    for (const PATH of [process.env.PATH, '/nonexistent']) {
      const env = { HOME: '/nonexistent', DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus', PATH }
      const keychain = makeKeychain({ env, platform: 'linux', attended: () => true })
      await assert.rejects(keychain.get('x'), failure(/no session bus answers at unix:path=\/nonexistent\/bus/))
    }
  })

  it('has no keyring yet in a fresh home: nothing is in it, and a new item needs a person', async () => {
    const service = await startSecretService({ keyring: false })
    try {
      const at = (attended: boolean) => makeKeychain({ env: service.env, platform: 'linux', attended: () => attended })
      await assert.rejects(at(false).get('x'), failure(/no open keyring/))
      await assert.rejects(at(false).set('x', seed), failure(/no open keyring/))
      assert.equal(await at(true).get('x'), undefined)
      assert.equal(await at(true).delete('x'), false)
      await assert.rejects(at(true).set('x', seed), failure(/no open keyring/))
    } finally {
      await service.stop()
    }
  })

  it('comes and goes with its daemon', async () => {
    const service = await startSecretService({ locked: true })
    try {
      const keychain = makeKeychain({ env: service.env, platform: 'linux', attended: () => false })
      await assert.rejects(keychain.get('x'), failure(/locked/))
      await service.unlock()
      assert.equal(await keychain.get('x'), undefined)
      await service.kill()
      await assert.rejects(keychain.get('x'), failure(/nothing on the session bus/))
    } finally {
      await service.stop()
    }
  })
})

function failure(message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Failure, String(error))
    assert.equal(error.kind, 'act')
    assert.match(error.message, message)
    return true
  }
}
