import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Failure } from '../../src/errors.js'
import { brokenOff, dialogFailure, keyringFailure, refusalFailure } from '../../src/world/keychainFailure.js'
import { type KeyringState, stateInText } from '../../src/world/keyringState.js'

const serialNumber = 'arn:aws:iam::123456789012:mfa/me'
const libraryFailure = (code: string, text: string) => brokenOff({ kind: 'no-library', code, text }, serialNumber, 5000)
const states = ['locked', 'asks', 'no-keyring', 'no-provider', 'no-bus', 'silent', 'unknown'] as const

describe('a keychain that cannot be used', () => {
  it('has a message and a way out of its own for every reason', () => {
    const failures = [
      ...states.map((state) => keyringFailure(state, serialNumber, { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/x' })),
      ...['-25308', 'User canceled the operation.', 'A default keychain could not be found.', 'other'].map((text) =>
        refusalFailure(text, serialNumber),
      ),
      ...['libsecret-1.so.0', 'Error loading shared library', "version `GLIBC_2.38' not found", 'odd'].map((text) =>
        libraryFailure('ERR_DLOPEN_FAILED', text),
      ),
      libraryFailure('MODULE_NOT_FOUND', 'Cannot find module'),
      brokenOff({ kind: 'timed-out' }, serialNumber, 5000),
      dialogFailure(),
      brokenOff({ kind: 'crashed', how: 'SIGSEGV' }, serialNumber, 5000),
    ]
    assert.equal(new Set(failures.map((failure) => failure.message)).size, failures.length)
    for (const failure of failures) {
      assert.ok(failure instanceof Failure)
      assert.equal(failure.kind, 'act')
      assert.ok(failure.hints.length >= 1, failure.message)
      assert.match(failure.message, /^[a-z][^\n]*[^.\n]$/)
      assert.ok(failure.hints.some((hint) => hint.includes('awsmfa refresh --code')))
    }
  })

  it('never says of a locked keyring that there is no seed', () => {
    assert.match(keyringFailure('locked', serialNumber, {}).message, /locked/)
    assert.doesNotMatch(keyringFailure('locked', serialNumber, {}).message, /no seed/)
  })

  // The texts are those of libsecret 0.20, busctl 252 and gdbus 2.74.
  const texts: readonly (readonly [string, KeyringState])[] = [
    ['Cannot autolaunch D-Bus without X11 $DISPLAY', 'no-bus'],
    ['Failed to execute child process “dbus-launch” (No such file or directory)', 'no-bus'],
    ['Could not connect: No such file or directory', 'no-bus'],
    ['Failed to connect to bus: No such file or directory', 'no-bus'],
    ['Error connecting: Could not connect: Connection refused', 'no-bus'],
    ['The connection is closed', 'no-bus'],
    ['Call failed: Transport endpoint is not connected', 'no-bus'],
    ['The name org.freedesktop.secrets was not provided by any .service files', 'no-provider'],
    ['Call failed: The name org.freedesktop.secrets was not provided by any .service files', 'no-provider'],
    ['Error: GDBus.Error:org.freedesktop.DBus.Error.Spawn.ChildExited: Process x exited with status 1', 'no-provider'],
    ["Failed to activate service 'org.freedesktop.secrets': timed out (service_start_timeout=120000ms)", 'no-provider'],
    ['Cannot create an item in a locked collection', 'locked'],
    ['Object does not exist at path “/org/freedesktop/secrets/collection/login”', 'no-keyring'],
    ['Timeout was reached', 'silent'],
    ['Call failed: Connection timed out', 'silent'],
    ['createDLGroup failed: maybe libqca-ossl is missing', 'unknown'],
  ]
  for (const [text, state] of texts) {
    it(`is ${state} where an error says "${text}"`, () => assert.equal(stateInText(text), state))
  }
})

describe("keytar's native part that does not load", () => {
  const texts: readonly (readonly [string, RegExp, RegExp])[] = [
    [
      'libsecret-1.so.0: cannot open shared object file: No such file or directory',
      /library is missing/,
      /libsecret-1-0/,
    ],
    ['Error loading shared library ld-linux-x86-64.so.2: No such file or directory (needed by /x)', /musl/, /glibc/],
    ['Error loading shared library libsecret-1.so.0: No such file or directory (needed by /x)', /musl/, /glibc/],
    ["/lib/libc.so.6: version `GLIBC_2.14' not found (required by keytar.node)", /too old/, /newer/],
    ['/x/keytar.node: wrong ELF class: ELFCLASS64', /wrong ELF class/, /install awsmfa again/],
    ['dlopen(keytar.node, 0x0001): (mach-o file, but is an incompatible architecture)', /architecture/, /again/],
  ]
  for (const [text, message, hint] of texts) {
    it(`is explained where the linker says "${text}"`, () => {
      const failure = libraryFailure('ERR_DLOPEN_FAILED', text)
      assert.match(failure.message, message)
      assert.match(failure.hints[0] ?? '', hint)
    })
  }

  it('is called missing when there is no such file', () => {
    const failure = libraryFailure('MODULE_NOT_FOUND', "Cannot find module '/x/keytar.node'\nRequire stack:\n- /x")
    assert.equal(
      failure.message,
      "keytar is missing, or has no build for this machine: Cannot find module '/x/keytar.node'",
    )
  })
})
