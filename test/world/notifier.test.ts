import assert from 'node:assert/strict'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { suite, test } from 'node:test'
import { makeNotifier } from '../../src/world/notifier.js'
import { tempFolder } from '../support/tempFolder.js'

const bus = 'unix:path=/nowhere/bus'

/** A folder for the PATH with a `notify-send` that writes down what it was given, then does `then`. */
function fakeNotifySend(folder: string, then = ''): string {
  const program = join(folder, 'notify-send')
  writeFileSync(program, `#!/bin/sh\nprintf '%s|' "$@" >>'${folder}/given'\nenv >'${folder}/env'\n${then}\n`)
  chmodSync(program, 0o700)
  return `${folder}:${process.env.PATH}`
}

suite('notifier on Linux', { skip: process.platform === 'win32' ? 'a matter of POSIX' : false }, () => {
  test('runs notify-send with the text as it is, on the bus of the desktop, and without what it need not know', async (t) => {
    const folder = tempFolder(t)
    const env = { PATH: fakeNotifySend(folder), DBUS_SESSION_BUS_ADDRESS: bus, AWS_PROFILE: 'secret' }
    await makeNotifier({ env, platform: 'linux' }).notify('a title', "it's $(id) `id`")
    assert.equal(readFileSync(join(folder, 'given'), 'utf8'), "--app-name=awsmfa|--|a title|it's $(id) `id`|")
    const given = readFileSync(join(folder, 'env'), 'utf8')
    assert.match(given, /^DBUS_SESSION_BUS_ADDRESS=unix:path=\/nowhere\/bus$/m)
    assert.doesNotMatch(given, /AWS_PROFILE/)
  })

  test('gives up on a desktop that does not answer', async (t) => {
    const folder = tempFolder(t)
    const env = {
      PATH: fakeNotifySend(folder, `echo $$ >'${folder}/pid'; exec sleep 60`),
      DBUS_SESSION_BUS_ADDRESS: bus,
    }
    await makeNotifier({ env, platform: 'linux', limitMs: 300 }).notify('title', 'text')
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'))
    assert.throws(() => process.kill(pid, 0), /ESRCH/)
  })

  test('does nothing, and does not fail, without notify-send', async (t) => {
    await makeNotifier({
      env: { PATH: tempFolder(t), DBUS_SESSION_BUS_ADDRESS: bus },
      platform: 'linux',
    }).notify('title', 'text')
  })

  test('does not fail when notify-send does', async (t) => {
    const folder = tempFolder(t)
    const env = { PATH: fakeNotifySend(folder, 'exit 1'), DBUS_SESSION_BUS_ADDRESS: bus }
    await makeNotifier({ env, platform: 'linux' }).notify('title', 'text')
    assert.ok(existsSync(join(folder, 'given')))
  })
})
