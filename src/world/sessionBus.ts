import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { Failure } from '../errors.js'
import type { World } from '../world.js'

/**
 * The address of the person's D-Bus session bus, which programs started by cron are not told.
 *
 * An address in `DBUS_SESSION_BUS_ADDRESS` is taken as it is. Otherwise the well-known socket `bus` is used, in
 * `XDG_RUNTIME_DIR` or in `/run/user/<uid>`, but only where nobody else can have put it: the seed goes through it.
 * The XDG base directory specification asks the same of the folder: owned by the user, mode 0700.
 *
 * @param uid - whose bus
 * @param runtimeFolders - where folders named after user ids lie
 * @throws Failure `act` when there is no such socket, or none that can be trusted
 */
export function sessionBusAddress(
  env: World['env'],
  uid: number = process.getuid?.() ?? -1,
  runtimeFolders = '/run/user',
): string {
  if (env.DBUS_SESSION_BUS_ADDRESS) return env.DBUS_SESSION_BUS_ADDRESS
  const wellKnown = join(runtimeFolders, String(uid))
  const folders = env.XDG_RUNTIME_DIR ? [env.XDG_RUNTIME_DIR, wellKnown] : [wellKnown]
  const objections: string[] = []
  for (const folder of new Set(folders)) {
    const objection = whyNot(folder, uid)
    if (objection === undefined) return `unix:path=${escapeValue(join(folder, 'bus'))}`
    objections.push(objection)
  }
  throw new Failure(
    'act',
    `no keychain here: DBUS_SESSION_BUS_ADDRESS is not set and the session bus cannot be found (${objections.join('; ')})`,
    [
      `log in to the desktop as this user; in cron or over ssh set XDG_RUNTIME_DIR to the folder that the login made, usually ${wellKnown}`,
      'that folder goes when the last session ends, unless "loginctl enable-linger" was run; the keyring still needs a login with the password to be unlocked',
      'until then type a code: awsmfa refresh --code CODE',
    ],
  )
}

/** What speaks against the bus in `folder`, or `undefined`. */
function whyNot(folder: string, uid: number): string | undefined {
  const socket = join(folder, 'bus')
  try {
    const outside = lstatSync(folder)
    if (!outside.isDirectory()) return `${folder} is not a folder`
    if (outside.uid !== uid) return `${folder} belongs to another user`
    if ((outside.mode & 0o077) !== 0) return `${folder} is open to other users`
    const inside = lstatSync(socket)
    if (!inside.isSocket()) return `${socket} is not a socket`
    return inside.uid === uid ? undefined : `${socket} belongs to another user`
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? `${folder} cannot be read` : `no ${socket}`
  }
}

/** D-Bus specification, "Server addresses": every other byte is written as `%` and two hexadecimal digits. */
function escapeValue(path: string): string {
  return Array.from(Buffer.from(path), (byte) => {
    const character = String.fromCharCode(byte)
    return /[-0-9A-Za-z_/.\\*]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`
  }).join('')
}
