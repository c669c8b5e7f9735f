import { runTool, type ToolRun } from './runTool.js'

/**
 * What a Secret Service (the D-Bus interface to GNOME Keyring, KWallet, KeePassXC) says about itself:
 * - `open`: it holds the item, and gives it without a dialog
 * - `empty`: it can be asked without a dialog, and holds no such item
 * - `locked`: an answer needs a person
 * - `asks`: its keyring is open, and an answer needs a person all the same, each time
 * - `no-keyring`: it runs, but has no default collection yet
 * - `no-provider`: a bus, and no Secret Service on it
 * - `no-bus`: the session bus cannot be reached
 * - `silent`: it did not answer in time
 * - `unknown`: there is no tool to ask with, or it said something else
 */
export type KeyringState =
  | 'open'
  | 'empty'
  | 'locked'
  | 'asks'
  | 'no-keyring'
  | 'no-provider'
  | 'no-bus'
  | 'silent'
  | 'unknown'

export const service = 'awsmfa'
/** What keytar looks for; an item without the schema does not exist for it (keytar_posix.cc, libsecret's SecretSchema). */
const attributes = (account: string) => ({ service, account, 'xdg:schema': 'org.freedesktop.Secret.Generic' })

const name = 'org.freedesktop.secrets'
const root = '/org/freedesktop/secrets'
/** the collection that new items go to (Secret Service API, "Aliases") */
const defaultCollection = `${root}/aliases/default`

interface Tool {
  readonly command: string
  search(account: string): readonly string[]
  locked(collection: string): readonly string[]
  /** finds the lists of unlocked and of locked items in the answer to `search` */
  readonly items: RegExp
}

/** busctl comes with systemd, gdbus with GLib, which keytar needs anyway. */
const tools: readonly Tool[] = [
  {
    command: 'busctl',
    search: (account) => [
      ...['--user', 'call', name, root, 'org.freedesktop.Secret.Service', 'SearchItems'],
      ...['a{ss}', '3', ...Object.entries(attributes(account)).flat()],
    ],
    locked: (path) => ['--user', 'get-property', name, path, 'org.freedesktop.Secret.Collection', 'Locked'],
    items: /^aoao \d+((?: "[^"]*")*) \d+((?: "[^"]*")*)/,
  },
  {
    command: 'gdbus',
    search: (account) => [
      ...['call', '--session', '--dest', name, '--object-path', root],
      ...['--method', 'org.freedesktop.Secret.Service.SearchItems'],
      JSON.stringify(attributes(account)),
    ],
    locked: (path) => [
      ...['call', '--session', '--dest', name, '--object-path', path],
      ...['--method', 'org.freedesktop.DBus.Properties.Get', 'org.freedesktop.Secret.Collection', 'Locked'],
    ],
    items: /^\((?:@ao )?\[(.*?)\], (?:@ao )?\[(.*?)\]\)/,
  },
]

/**
 * Asks the Secret Service how it is, without ever raising a dialog: SearchItems and properties do not prompt (Secret
 * Service API, "Locking and Unlocking"). libsecret cannot tell: for it a locked item without a display is an absent one.
 *
 * @param account - the item's account; it becomes visible to `ps`, so it must not be a secret
 * @param env - the environment for the tool, with the bus address in it
 * @param limitMs - how long the service may take to answer one question
 */
export async function keyringState(account: string, env: NodeJS.ProcessEnv, limitMs: number): Promise<KeyringState> {
  for (const tool of tools) {
    const run = (args: readonly string[]) => runTool(tool.command, args, env, { limitMs })
    const found = await run(tool.search(account))
    if (found === undefined) continue
    if (found.exitCode !== 0) return stateAfter(found)
    const [, unlocked, locked] = tool.items.exec(found.stdout) ?? []
    if (unlocked === undefined || locked === undefined) return 'unknown'
    // One that is open is found without a dialog, whatever else there is.
    if (/["']/.test(unlocked)) return 'open'
    const item = /["']([^"']+)\/[^"'/]*["']/.exec(locked)?.[1]
    // KWallet shows no items at all before it is unlocked, and a new item goes to the default collection: ask that one.
    const collection = await run(tool.locked(item ?? defaultCollection))
    if (collection === undefined) return 'unknown'
    if (collection.exitCode !== 0) return item === undefined ? stateAfter(collection) : 'locked'
    if (!collection.stdout.includes('false')) return collection.stdout.includes('true') || item ? 'locked' : 'unknown'
    // KeePassXC locks each item for each client, so that it can ask whether the client may have it.
    return item === undefined ? 'empty' : 'asks'
  }
  return 'unknown'
}

function stateAfter({ exitCode, stderr }: ToolRun): KeyringState {
  return exitCode === undefined ? 'silent' : stateInText(stderr)
}

/**
 * What an error's text of libsecret, busctl or gdbus tells. They are in English under `LC_ALL=C`; an unknown text is
 * `unknown`, never a guess.
 */
export function stateInText(text: string): KeyringState {
  const known: readonly (readonly [RegExp, KeyringState])[] = [
    [/not provided by any|ServiceUnknown|NameHasNoOwner|Error\.Spawn|activat/i, 'no-provider'],
    [/autolaunch|dbus-launch|connect to bus|Error connecting|Could not connect/i, 'no-bus'],
    // how a bus turns away another user, such as root after sudo
    [/connection is closed|endpoint is not connected/i, 'no-bus'],
    [/locked collection/i, 'locked'],
    [/does not exist|NoSuchObject|UnknownObject|Unknown object/i, 'no-keyring'],
    [/timed out|NoReply|Timeout was reached/i, 'silent'],
  ]
  return known.find(([pattern]) => pattern.test(text))?.[1] ?? 'unknown'
}
