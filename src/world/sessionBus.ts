import { lstatSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import process from 'node:process'
import { Failure } from '../errors.js'
import type { World } from '../world.js'

/** A socket of this machine answers at once, or never. */
const limitMs = 1_000

/**
 * The address of the person's D-Bus session bus, which programs started by cron are not told, and which a shell that has
 * outlived its login (in tmux, say) is told wrongly.
 *
 * An address in `DBUS_SESSION_BUS_ADDRESS` is taken when something answers there. Otherwise the well-known socket `bus` is
 * used, in `XDG_RUNTIME_DIR` or in `/run/user/<uid>`, but only where nobody else can have put it: the seed goes through it.
 * The XDG base directory specification asks the same of the folder: owned by the user, mode 0700.
 *
 * @param uid - whose bus
 * @param runtimeFolders - where folders named after user ids lie
 * @returns an address that does not answer only when the environment names it, and there is no other
 * @throws Failure `act` when there is no such socket, or none that can be trusted
 */
export async function sessionBusAddress(
  env: World['env'],
  uid: number = process.getuid?.() ?? -1,
  runtimeFolders = '/run/user',
): Promise<string> {
  const named = env.DBUS_SESSION_BUS_ADDRESS
  if (named && (await answersAt(named))) return named
  const wellKnown = join(runtimeFolders, String(uid))
  const folders = env.XDG_RUNTIME_DIR ? [env.XDG_RUNTIME_DIR, wellKnown] : [wellKnown]
  const objections: string[] = []
  for (const folder of new Set(folders)) {
    const objection = await whyNot(folder, uid)
    if (objection === undefined) return `unix:path=${escapeValue(join(folder, 'bus'))}`
    objections.push(objection)
  }
  if (named) return named
  throw new Failure(
    'act',
    `no keychain here: DBUS_SESSION_BUS_ADDRESS is not set and the session bus cannot be found (${objections.join('; ')})`,
    [
      ...sudoHint(env, uid),
      `log in to the desktop as this user; in cron or over ssh set XDG_RUNTIME_DIR to the folder that the login made, usually ${wellKnown}`,
      'that folder goes when the last session ends, unless "loginctl enable-linger" was run; the keyring still needs a login with the password to be unlocked',
      'until then type a code: awsmfa refresh --code CODE',
    ],
  )
}

/** What to say first to root in the session of another user, whose bus turns root away. */
export function sudoHint(env: World['env'], uid: number = process.getuid?.() ?? -1): string[] {
  const place = `${env.DBUS_SESSION_BUS_ADDRESS} ${env.XDG_RUNTIME_DIR}`
  if (uid !== 0 || (!env.SUDO_UID && !/\/run\/user\/[1-9]/.test(place))) return []
  return ['this is root in the session of another user: run awsmfa as that user, without sudo']
}

/** What speaks against the bus in `folder`, or `undefined`. */
async function whyNot(folder: string, uid: number): Promise<string | undefined> {
  const socket = join(folder, 'bus')
  try {
    const outside = lstatSync(folder)
    if (!outside.isDirectory()) return `${folder} is not a folder`
    if (outside.uid !== uid) return `${folder} belongs to another user`
    if ((outside.mode & 0o077) !== 0) return `${folder} is open to other users`
    const inside = lstatSync(socket)
    if (!inside.isSocket()) return `${socket} is not a socket`
    if (inside.uid !== uid) return `${socket} belongs to another user`
    return (await answers(socket)) ? undefined : `nothing answers at ${socket}`
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? `${folder} cannot be read` : `no ${socket}`
  }
}

/** D-Bus specification, "Server addresses": several, separated by `;`. Only those of sockets are tried. */
async function answersAt(addresses: string): Promise<boolean> {
  for (const address of addresses.split(';')) {
    const [, key, value = ''] = /^unix:(?:.*,)?(path|abstract)=([^,]*)/.exec(address) ?? []
    const bytes = value.replace(/%([0-9A-Fa-f]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
    const path = Buffer.from(bytes, 'latin1').toString()
    if (key === undefined || (await answers(key === 'path' ? path : `\0${path}`))) return true
  }
  return false
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path, timeout: limitMs })
    const done = (yes: boolean) => {
      socket.destroy()
      resolve(yes)
    }
    socket.once('connect', () => done(true))
    socket.once('timeout', () => done(false))
    // A socket that may not be opened is somebody's, and its own words are told later.
    socket.once('error', (error: NodeJS.ErrnoException) => done(error.code === 'EACCES' || error.code === 'EPERM'))
  })
}

/** Every other byte is written as `%` and two hexadecimal digits. */
function escapeValue(path: string): string {
  return Array.from(Buffer.from(path), (byte) => {
    const character = String.fromCharCode(byte)
    return /[-0-9A-Za-z_/.\\*]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`
  }).join('')
}
