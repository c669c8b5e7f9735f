import { isKeyAccount } from '../core/keyPair.js'
import { Failure } from '../errors.js'
import type { World } from '../world.js'
import type { Ending } from './askKeychain.js'
import { type KeyringState, service } from './keyringState.js'
import { sudoHint } from './sessionBus.js'

/** A code can be typed whatever ails the keychain. */
function failure(message: string, ...hints: readonly string[]): Failure {
  return new Failure('act', message, [...hints, 'until then type a code: awsmfa refresh --code CODE'])
}

/** How messages call what an item holds. */
export function contentOf(account: string): string {
  return isKeyAccount(account) ? `the long-term key ${account.slice('key:'.length)}` : `the seed of ${account}`
}

/**
 * Says why a Secret Service cannot be used now.
 *
 * @param account - of the item that was wanted
 * @param env - with the address of the bus that was asked
 */
export function keyringFailure(state: KeyringState, account: string, env: World['env']): Failure {
  switch (state) {
    case 'locked':
      return failure(
        `the keyring is locked, so ${contentOf(account)} is out of reach`,
        'unlock it: log in to the desktop with the password (automatic and fingerprint logins do not unlock it), or open it in "Passwords and Keys"',
      )
    case 'asks':
      return failure(
        `the keychain asks a person each time before it gives out ${contentOf(account)}`,
        'in KeePassXC switch off Settings > Secret Service Integration > "Confirm when passwords are retrieved by clients"',
        'or keep the seed elsewhere: awsmfa enroll --replace --seed-store file --new-identity FILE',
      )
    case 'no-keyring':
      return failure(
        `the keychain has no open keyring that could hold ${contentOf(account)}`,
        'log in to the desktop with the password once, or make a default keyring in "Passwords and Keys"; with KeePassXC open the database',
      )
    case 'no-provider':
      return failure(
        'no keychain here: nothing on the session bus offers org.freedesktop.secrets',
        'install gnome-keyring (or KWallet, or KeePassXC with its Secret Service switched on) and log in to the desktop again',
      )
    case 'no-bus':
      return failure(
        `no keychain here: no session bus answers at ${env.DBUS_SESSION_BUS_ADDRESS ?? 'the usual place'}`,
        ...sudoHint(env),
        'log in to the desktop as this user and run awsmfa from there; check DBUS_SESSION_BUS_ADDRESS',
      )
    case 'silent':
      return failure(
        'the keychain does not answer',
        'see whether it waits for a password in a window; else log out and in again, so that it starts anew',
      )
    default:
      return failure(
        `no ${isKeyAccount(account) ? contentOf(account).slice(4) : `seed for ${account}`} in the keychain, or the keyring is locked`,
        'unlock the keyring and run this again; install busctl or gdbus, so that awsmfa can tell the two apart',
      )
  }
}

/**
 * Translates a refusal of the keychain itself.
 *
 * macOS and Windows: the texts are those of SecCopyErrorMessageString and FormatMessage as issue threads quote them
 * (99designs/aws-vault#925, atom/node-keytar#112); they were not tried on those systems.
 *
 * @param text - the message of keytar's error
 * @param account - of the item that was wanted
 */
export function refusalFailure(text: string, account: string): Failure {
  if (/-25308|interaction is not allowed/i.test(text)) {
    return failure(
      'the keychain is locked, or this is not a session of the desktop',
      'run awsmfa in a terminal of the desktop session; over ssh first run: security unlock-keychain',
    )
  }
  if (/-128\b|user cancell?ed/i.test(text)) {
    return failure(
      `access to ${contentOf(account)} was declined in the keychain's dialog`,
      'run this again and allow it',
    )
  }
  if (/-25307|default keychain could not be found|logon session does not exist/i.test(text)) {
    return failure(
      'no keychain here: this is not a session of the desktop',
      'run awsmfa in a terminal of the desktop session, or from a scheduler that runs only while you are logged in',
    )
  }
  if (/stub received bad data/i.test(text)) {
    const hint = 'check the seed: AWS gives 64 characters'
    return new Failure('act', `the keychain found ${contentOf(account)} too long`, hint)
  }
  return failure(
    `the keychain refused: ${text.split('\n', 1)[0]}`,
    'see whether other programs of this session can use the keychain',
  )
}

/** Why a run that nobody watches leaves the keychain alone. */
export function dialogFailure(): Failure {
  return failure(
    'the keychain did not answer a run that nobody watched: it may have asked in a window',
    'run awsmfa refresh in a terminal and choose "Always Allow" there; until then, for a day, it is not asked again',
  )
}

/**
 * Says why there is no answer of the keychain.
 *
 * @param limitMs - how long it had, in milliseconds
 */
export function brokenOff(
  ending: Exclude<Ending, { kind: 'done' | 'refused' }>,
  account: string,
  limitMs: number,
): Failure {
  switch (ending.kind) {
    case 'not-deleted':
      return new Failure('act', `${contentOf(account)} was deleted and is still in the keychain`, [
        `look for a second item of the service ${service} in the keychain's own program`,
      ])
    case 'no-library':
      return libraryFailure(ending.code, ending.text)
    case 'timed-out':
      return failure(
        `the keychain did not answer within ${limitMs / 1000} seconds`,
        'see whether it waits for a password or a permission in a window, answer that and run this again',
      )
    case 'crashed':
      return failure(
        `the helper process that reads the keychain broke down (${ending.how})`,
        'run this again; if it stays so, see whether other programs of this session can use the keychain',
      )
  }
}

/**
 * Says why keytar's native part does not load.
 *
 * @param code - the error's `code`, such as `ERR_DLOPEN_FAILED`
 * @param text - the message of the dynamic linker; glibc and musl word it differently
 */
function libraryFailure(code: string | undefined, text: string): Failure {
  const line = text.split('\n', 1)[0] ?? ''
  // musl's "Error loading shared library" and "Error relocating"; glibc says "cannot open shared object file".
  if (/Error loading shared library|Error relocating|ld-linux|musl/.test(text)) {
    return failure(
      `keytar has no build for this system's C library (musl): ${line}`,
      'use a system with glibc, such as Debian, Ubuntu or Fedora',
    )
  }
  if (/libsecret|libglib|libgio|libgobject/.test(text)) {
    return failure(
      `the keychain's library is missing: ${line}`,
      'install it: apt install libsecret-1-0 (Debian, Ubuntu), dnf install libsecret (Fedora), pacman -S libsecret (Arch)',
    )
  }
  if (/GLIBC(XX)?_|CXXABI_/.test(text))
    return failure(`this system is too old for keytar: ${line}`, 'use a newer system')
  // Only in the executable: Bun unpacks what is to be loaded into the temporary folder.
  if (/failed to map segment|\$bunfs|~BUN/.test(text)) {
    return failure(
      `the keychain's library cannot be loaded from the temporary folder: ${line}`,
      'set TMPDIR to a folder of your own that is not mounted noexec, such as ~/.cache',
    )
  }
  if (code === 'MODULE_NOT_FOUND') {
    return failure(
      `keytar is missing, or has no build for this machine: ${line}`,
      'install awsmfa again: npm install --global awsmfa',
    )
  }
  return failure(`keytar cannot be loaded: ${line}`, 'install awsmfa again with this version of Node')
}
