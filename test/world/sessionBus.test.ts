import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { Failure } from '../../src/errors.js'
import { sessionBusAddress } from '../../src/world/sessionBus.js'

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

  function refusal(env: Record<string, string>, user = uid): string {
    try {
      return `taken: ${sessionBusAddress(env, user, top)}`
    } catch (error) {
      assert.ok(error instanceof Failure)
      assert.equal(error.kind, 'act')
      assert.match(error.message, /DBUS_SESSION_BUS_ADDRESS/)
      assert.match(error.hints.join('\n'), /XDG_RUNTIME_DIR.*enable-linger/s)
      return error.message
    }
  }

  it('is the one that the environment names', () => {
    assert.equal(sessionBusAddress({ DBUS_SESSION_BUS_ADDRESS: 'unix:abstract=x' }, uid, top), 'unix:abstract=x')
  })

  it('is found in the folder of the user id when the environment is empty, as under cron', async () => {
    await listen(join(folder, 'bus'))
    assert.equal(sessionBusAddress({}, uid, top), `unix:path=${folder}/bus`)
  })

  it('is found in XDG_RUNTIME_DIR first, with the bytes escaped that an address cannot hold', async () => {
    const other = join(top, 'a b,ü')
    mkdirSync(other, { mode: 0o700 })
    await listen(join(other, 'bus'))
    await listen(join(folder, 'bus'))
    assert.equal(sessionBusAddress({ XDG_RUNTIME_DIR: other }, uid, top), `unix:path=${top}/a%20b%2c%c3%bc/bus`)
  })

  it('is found in the folder of the user id when XDG_RUNTIME_DIR names a place without one', async () => {
    await listen(join(folder, 'bus'))
    assert.equal(sessionBusAddress({ XDG_RUNTIME_DIR: join(top, 'gone') }, uid, top), `unix:path=${folder}/bus`)
  })

  it('is not taken from a folder that others can enter', async () => {
    await listen(join(folder, 'bus'))
    chmodSync(folder, 0o710)
    assert.ok(refusal({}).includes(`${folder} is open to other users`))
  })

  it('is not taken from a folder of another user', async () => {
    const foreign = join(top, String(uid + 1))
    mkdirSync(foreign, { mode: 0o700 })
    await listen(join(foreign, 'bus'))
    assert.ok(refusal({}, uid + 1).includes(`(${foreign} belongs to another user)`))
  })

  it('is not taken through a symbolic link in place of the folder', async () => {
    await listen(join(folder, 'bus'))
    symlinkSync(folder, join(top, 'link'))
    assert.match(refusal({ XDG_RUNTIME_DIR: join(top, 'link') }), /^taken: .*bus$/)
    rmSync(join(folder, 'bus'))
    assert.match(refusal({ XDG_RUNTIME_DIR: join(top, 'link') }), /link is not a folder/)
  })

  it('is not an ordinary file', () => {
    writeFileSync(join(folder, 'bus'), '')
    assert.ok(refusal({}).includes(`${folder}/bus is not a socket`))
  })

  it('is missed by name, in both places', () => {
    const message = refusal({ XDG_RUNTIME_DIR: join(top, 'gone') })
    assert.ok(message.includes(`no ${top}/gone/bus; no ${folder}/bus`), message)
  })
})
