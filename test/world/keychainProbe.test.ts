import assert from 'node:assert/strict'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeKeychainProbe } from '../../src/world/keychain.js'
import { failsWith } from '../support/failsWith.js'
import { tempFolder } from '../support/tempFolder.js'

const serialNumber = 'arn:aws:iam::123456789012:mfa/alice'

/** An environment whose busctl notes what it is asked, and says that the item is locked. */
function lockedKeyring(folder: string) {
  const log = join(folder, 'asked')
  const busctl = join(folder, 'busctl')
  writeFileSync(
    busctl,
    `#!/bin/sh
echo "$*" >>'${log}'
case "$*" in
  *status*) printf 'PID=42\\nComm=some-keyring-d\\nExe=/usr/bin/x\\n' ;;
  *) echo 'aoao 0 1 "/org/freedesktop/secrets/collection/login/1"' ;;
esac
`,
  )
  chmodSync(busctl, 0o755)
  const env = { PATH: `${folder}:/usr/bin:/bin`, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus' }
  return { env, asked: () => readFileSync(log, 'utf8').trimEnd().split('\n') }
}

test('a locked keyring is only asked how it is: the library that would raise a dialog is not', async (t) => {
  const { env, asked } = lockedKeyring(tempFolder(t))
  const probe = makeKeychainProbe('linux')
  await failsWith('act', /the keyring is locked/, () => probe.holdsSeed(serialNumber, env))
  assert.deepEqual(
    asked().map((question) => /SearchItems|Locked/.exec(question)?.[0]),
    ['SearchItems', 'Locked'],
  )
})

test('names the program behind the Secret Service, and the keychain of the other systems', async (t) => {
  const { env } = lockedKeyring(tempFolder(t))
  assert.equal(await makeKeychainProbe('linux').provider(env), 'some-keyring-d')
  assert.equal(await makeKeychainProbe('linux').provider({ ...env, PATH: '/nonexistent' }), undefined)
  assert.equal(await makeKeychainProbe('darwin').provider({}), 'the macOS keychain')
  assert.equal(await makeKeychainProbe('win32').provider({}), 'the Windows Credential Manager')
})
