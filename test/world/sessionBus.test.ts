import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { Failure } from '../../src/errors.js'
import { keyringFailure } from '../../src/world/keychainFailure.js'
import { sessionBusAddress, sudoHint } from '../../src/world/sessionBus.js'

const uid = process.getuid?.() ?? 0

describe('the session bus', { skip: process.platform === 'win32' && 'Windows has no D-Bus' }, () => {
  let top: string
  let folder: string
  let servers: Server[]

  beforeEach(() => {
    top = mkdtempSync(join(tmpdir(), 'awsmfa-bus-'))
    folder = join(top, String(uid))
    mkdirSync(folder, { mode: 0o700 })
    servers = []
  })
  afterEach(() => {
    for (const server of servers) server.close()
    rmSync(top, { recursive: true, force: true })
  })

  async function listen(path: string): Promise<void> {
    const server = createServer()
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(path, resolve))
  }

  async function refusal(env: Record<string, string>, user = uid): Promise<string> {
    try {
      return `taken: ${await sessionBusAddress(env, user, top)}`
    } catch (error) {
      assert.ok(error instanceof Failure)
      assert.equal(error.kind, 'act')
      assert.match(error.message, /DBUS_SESSION_BUS_ADDRESS/)
      assert.match(error.hints.join('\n'), /XDG_RUNTIME_DIR.*enable-linger/s)
      return error.message
    }
  }

  it('is the one that the environment names, when it answers or cannot be tried', async () => {
    await listen(join(folder, 'bus'))
    await listen(join(top, 'a b,ü'))
    const named = [
      `unix:path=${top}/a%20b%2c%c3%bc,guid=1f`,
      `unix:path=/gone;unix:path=${top}/a%20b%2c%c3%bc`,
      'tcp:x=y',
    ]
    if (process.platform === 'linux') {
      await listen(`\0${top}/abstract`)
      named.push(`unix:guid=1f,abstract=${top}/abstract`)
    }
    for (const address of named) {
      assert.equal(await sessionBusAddress({ DBUS_SESSION_BUS_ADDRESS: address }, uid, top), address)
    }
  })

  for (const [what, address] of Object.entries({
    'of a login that is over': 'unix:path=/nonexistent/bus,guid=1f',
    'of a socket that nobody listens on any more': 'unix:path=TOP/left',
    'without a file, of a login that is over': 'unix:abstract=/tmp/dbus-nobody',
    'that no address can be': `unix:path=%00%ff${'x'.repeat(300)}`,
  })) {
    it(`is the one in its usual place when the environment names one ${what}`, async () => {
      const named = address.replace('TOP', top)
      const left = `require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`
      spawnSync(process.execPath, ['-e', left, join(top, 'left')])
      assert.equal(await sessionBusAddress({ DBUS_SESSION_BUS_ADDRESS: named }, uid, top), named)
      await listen(join(folder, 'bus'))
      assert.equal(await sessionBusAddress({ DBUS_SESSION_BUS_ADDRESS: named }, uid, top), `unix:path=${folder}/bus`)
      const env = { XDG_RUNTIME_DIR: join(top, 'gone'), DBUS_SESSION_BUS_ADDRESS: named }
      assert.equal(await sessionBusAddress(env, uid, top), `unix:path=${folder}/bus`)
    })
  }

  it('is not a socket that nobody listens on', async () => {
    const left = `require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`
    spawnSync(process.execPath, ['-e', left, join(folder, 'bus')])
    assert.ok((await refusal({})).includes(`nothing answers at ${folder}/bus`))
  })

  it('of another user is told to root as a matter of sudo, and to nobody else', () => {
    const address = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/run/user/1000/bus' }
    for (const env of [address, { XDG_RUNTIME_DIR: '/run/user/1000' }, { SUDO_UID: '1000' }]) {
      assert.match(sudoHint(env, 0).join(), /without sudo/)
      assert.deepEqual(sudoHint(env, 1000), [])
    }
    assert.deepEqual(sudoHint({ DBUS_SESSION_BUS_ADDRESS: 'unix:path=/run/user/0/bus' }, 0), [])
    const { hints } = keyringFailure('no-bus', 'x', { ...address, SUDO_UID: '1000' })
    assert.equal(
      hints.some((hint) => hint.includes('without sudo')),
      uid === 0,
    )
  })

  it('is found in the folder of the user id when the environment is empty, as under cron', async () => {
    await listen(join(folder, 'bus'))
    assert.equal(await sessionBusAddress({}, uid, top), `unix:path=${folder}/bus`)
  })

  it('is found in XDG_RUNTIME_DIR first, with the bytes escaped that an address cannot hold', async () => {
    const other = join(top, 'a b,ü')
    mkdirSync(other, { mode: 0o700 })
    await listen(join(other, 'bus'))
    await listen(join(folder, 'bus'))
    assert.equal(await sessionBusAddress({ XDG_RUNTIME_DIR: other }, uid, top), `unix:path=${top}/a%20b%2c%c3%bc/bus`)
  })

  it('is found in the folder of the user id when XDG_RUNTIME_DIR names a place without one', async () => {
    await listen(join(folder, 'bus'))
    assert.equal(await sessionBusAddress({ XDG_RUNTIME_DIR: join(top, 'gone') }, uid, top), `unix:path=${folder}/bus`)
  })

  it('is not taken from a folder that others can enter', async () => {
    await listen(join(folder, 'bus'))
    chmodSync(folder, 0o710)
    assert.ok((await refusal({})).includes(`${folder} is open to other users`))
  })

  it('is not taken from a folder of another user', async () => {
    const foreign = join(top, String(uid + 1))
    mkdirSync(foreign, { mode: 0o700 })
    await listen(join(foreign, 'bus'))
    assert.ok((await refusal({}, uid + 1)).includes(`(${foreign} belongs to another user)`))
  })

  it('is not taken through a symbolic link in place of the folder', async () => {
    await listen(join(folder, 'bus'))
    symlinkSync(folder, join(top, 'link'))
    assert.match(await refusal({ XDG_RUNTIME_DIR: join(top, 'link') }), /^taken: .*bus$/)
    rmSync(join(folder, 'bus'))
    assert.match(await refusal({ XDG_RUNTIME_DIR: join(top, 'link') }), /link is not a folder/)
  })

  it('is not an ordinary file', async () => {
    writeFileSync(join(folder, 'bus'), '')
    assert.ok((await refusal({})).includes(`${folder}/bus is not a socket`))
  })

  it('is missed by name, in both places', async () => {
    const message = await refusal({ XDG_RUNTIME_DIR: join(top, 'gone') })
    assert.ok(message.includes(`no ${top}/gone/bus; no ${folder}/bus`), message)
  })
})
