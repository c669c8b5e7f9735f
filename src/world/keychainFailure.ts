import { Failure } from '../errors.js'
import type { World } from '../world.js'
import type { KeyringState } from './keyringState.js'
import { sudoHint } from './sessionBus.js'

const typeACode = 'until then type a code: awsmfa refresh --code CODE'

/**
 * Says why a Secret Service cannot be used now.
 *
 * @param serialNumber - whose seed was wanted
 * @param env - with the address of the bus that was asked
 */
export function keyringFailure(state: KeyringState, serialNumber: string, env: World['env']): Failure {
  switch (state) {
    case 'locked':
      return new Failure('act', `the keyring is locked, so the seed of ${serialNumber} is out of reach`, [
        'unlock it: log in to the desktop with the password (automatic and fingerprint logins do not unlock it), or open it in "Passwords and Keys"',
        typeACode,
      ])
    case 'asks':
      return new Failure(
        'act',
        `the keychain asks a person each time before it gives out the seed of ${serialNumber}`,
        [
          'in KeePassXC switch off Settings > Secret Service Integration > "Confirm when passwords are retrieved by clients"',
          'or keep the seed elsewhere: awsmfa enroll --replace --seed-store file --new-identity FILE',
          typeACode,
        ],
      )
    case 'no-keyring':
      return new Failure('act', `the keychain has no open keyring that could hold the seed of ${serialNumber}`, [
        'log in to the desktop with the password once, or make a default keyring in "Passwords and Keys"; with KeePassXC open the database',
        typeACode,
      ])
    case 'no-provider':
      return new Failure('act', 'no keychain here: nothing on the session bus offers org.freedesktop.secrets', [
        'install gnome-keyring (or KWallet, or KeePassXC with its Secret Service switched on) and log in to the desktop again',
        typeACode,
      ])
    case 'no-bus':
      return new Failure(
        'act',
        `no keychain here: no session bus answers at ${env.DBUS_SESSION_BUS_ADDRESS ?? 'the usual place'}`,
        [
          ...sudoHint(env),
          'log in to the desktop as this user and run awsmfa from there; check DBUS_SESSION_BUS_ADDRESS',
          typeACode,
        ],
      )
    case 'silent':
      return new Failure('act', 'the keychain does not answer', [
        'see whether it waits for a password in a window; else log out and in again, so that it starts anew',
        typeACode,
      ])
    default:
      return new Failure('act', `no seed for ${serialNumber} in the keychain, or the keyring is locked`, [
        'unlock the keyring and run this again; install busctl or gdbus, so that awsmfa can tell the two apart',
        typeACode,
      ])
  }
}

/**
 * Translates a refusal of the keychain itself.
 *
 * macOS and Windows: the texts are those of SecCopyErrorMessageString and FormatMessage as issue threads quote them
 * (99designs/aws-vault#925, atom/node-keytar#112); they were not tried on those systems.
 *
 * @param text - the message of keytar's error
 * @param serialNumber - whose seed was wanted
 */
export function refusalFailure(text: string, serialNumber: string): Failure {
  if (/-25308|interaction is not allowed/i.test(text)) {
    return new Failure('act', 'the keychain is locked, or this is not a session of the desktop', [
      'run awsmfa in a terminal of the desktop session; over ssh first run: security unlock-keychain',
      typeACode,
    ])
  }
  if (/-128\b|user cancell?ed/i.test(text)) {
    return new Failure('act', `access to the seed of ${serialNumber} was declined in the keychain's dialog`, [
      'run this again and allow it',
      typeACode,
    ])
  }
  if (/-25307|default keychain could not be found|logon session does not exist/i.test(text)) {
    return new Failure('act', 'no keychain here: this is not a session of the desktop', [
      'run awsmfa in a terminal of the desktop session, or from a scheduler that runs only while you are logged in',
      typeACode,
    ])
  }
  if (/stub received bad data/i.test(text)) {
    return new Failure(
      'act',
      `the keychain found the seed of ${serialNumber} too long`,
      'check the seed: AWS gives 64 characters',
    )
  }
  return new Failure('act', `the keychain refused: ${text.split('\n', 1)[0]}`, [
    'see whether other programs of this session can use the keychain',
    typeACode,
  ])
}

/**
 * Says why keytar's native part does not load.
 *
 * @param code - the error's `code`, such as `ERR_DLOPEN_FAILED`
 * @param text - the message of the dynamic linker; glibc and musl word it differently
 */
export function libraryFailure(code: string | undefined, text: string): Failure {
  const line = text.split('\n', 1)[0] ?? ''
  // musl's "Error loading shared library" and "Error relocating"; glibc says "cannot open shared object file".
  if (/Error loading shared library|Error relocating|ld-linux|musl/.test(text)) {
    return new Failure('act', `keytar has no build for this system's C library (musl): ${line}`, [
      'use a system with glibc, such as Debian, Ubuntu or Fedora',
      typeACode,
    ])
  }
  if (/libsecret|libglib|libgio|libgobject/.test(text)) {
    return new Failure('act', `the keychain's library is missing: ${line}`, [
      'install it: apt install libsecret-1-0 (Debian, Ubuntu), dnf install libsecret (Fedora), pacman -S libsecret (Arch)',
      typeACode,
    ])
  }
  if (/GLIBC(XX)?_|CXXABI_/.test(text)) {
    return new Failure('act', `this system is too old for keytar: ${line}`, ['use a newer system', typeACode])
  }
  if (code === 'MODULE_NOT_FOUND') {
    return new Failure('act', `keytar is missing, or has no build for this machine: ${line}`, [
      'install awsmfa again: npm install --global awsmfa',
      typeACode,
    ])
  }
  return new Failure('act', `keytar cannot be loaded: ${line}`, [
    'install awsmfa again with this version of Node',
    typeACode,
  ])
}

/** @param limitMs - how long the keychain had, in milliseconds */
export function timeFailure(limitMs: number): Failure {
  return new Failure('act', `the keychain did not answer within ${limitMs / 1000} seconds`, [
    'see whether it waits for a password or a permission in a window, answer that and run this again',
    typeACode,
  ])
}

/** Why a run that nobody watches leaves the keychain alone. */
export function dialogFailure(): Failure {
  return new Failure('act', 'the keychain did not answer a run that nobody watched: it may have asked in a window', [
    'run awsmfa refresh in a terminal and choose "Always Allow" there; until then, for a day, it is not asked again',
    typeACode,
  ])
}

/** @param how - the signal or exit code that the child ended with */
export function crashFailure(how: string): Failure {
  return new Failure('act', `the helper process that reads the keychain broke down (${how})`, [
    'run this again; if it stays so, see whether other programs of this session can use the keychain',
    typeACode,
  ])
}
