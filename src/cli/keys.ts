import { Failure } from '../errors.js'
import { commandLine, file, json, sourceProfile as profile, region, time } from './flags.js'
import { choice, command, group, on, type Value, valued } from './spec.js'

const status = command({
  about:
    'Show where each long-term key is, how old it is, and whether it is the only one of its user. Asks IAM in the name of a session that is there, and spends no code.',
  examples: ['awsmfa keys status', 'awsmfa keys status --json'],
  flags: { json },
  async run(world, { json }) {
    const { keysStatus } = await import('../commands/keys.js')
    return await keysStatus(world, { json })
  },
})

const move = command({
  about:
    'Move the long-term key of a source profile out of the credentials file. It is proven, stored and read back first; every other byte of the file stays.',
  examples: [
    'awsmfa keys move',
    'awsmfa keys move --profile work',
    'awsmfa keys move --seed-store file --identity ~/.config/awsmfa/identity.txt # no keychain here',
  ],
  flags: {
    profile,
    region,
    ...group('Where the key goes', {
      seedStore: valued(choice('STORE', ['keychain', 'file']), 'a file is encrypted with age', {
        fallback: 'keychain',
      }),
      identity: valued(file, 'with --seed-store file: the age identity that opens it', { needs: 'seedStore' }),
      passphraseFile: valued(file, 'or the file with its passphrase', { needs: 'seedStore' }),
      passphraseCommand: valued(commandLine, 'or the command that prints its passphrase', { needs: 'seedStore' }),
    }),
  },
  async run(world, { profile: sourceProfile, ...flags }) {
    const { moveLongTermKeys } = await import('../commands/keys.js')
    await moveLongTermKeys(world, { sourceProfile, ...flags })
    return undefined
  },
})

const restore = command({
  about: 'Put the long-term key of a source profile back into the file, where it was.',
  examples: ['awsmfa keys restore', 'awsmfa keys restore --profile work'],
  flags: { profile },
  async run(world, { profile: sourceProfile }) {
    const { restoreLongTermKeys } = await import('../commands/keys.js')
    await restoreLongTermKeys(world, { sourceProfile })
    return undefined
  },
})

const lastFour: Value<string> = {
  name: 'LAST4',
  kind: 'text',
  parse(text, flag) {
    if (/^[A-Z0-9]{4}$/.test(text)) return text
    throw new Failure('usage', `the value of ${flag} is not the end of a key id`, 'give its last four characters')
  },
}

const rotate = command({
  about:
    'Exchange the long-term key of a source profile for a new one. The new key is proven beside the old one before it takes its place; the old one is made inactive, and deleted a day later by any refresh. Cut short, the same command goes on.',
  examples: [
    'awsmfa keys rotate',
    'awsmfa keys rotate --delete-now',
    'awsmfa keys rotate --undo # while the old key is inactive only',
    'awsmfa keys rotate --no-input --quiet # from a schedule',
  ],
  flags: {
    profile,
    region,
    keepOld: valued(time, 'how long the old key is kept inactive', { fallback: '24h' }),
    deleteNow: on('delete the old key at once', { conflicts: ['keepOld', 'undo'] }),
    undo: on('take the last rotation back, while the old key is not deleted', {
      conflicts: ['keepOld', 'deleteOther'],
    }),
    deleteOther: valued(lastFour, 'where the user has two keys: delete the one that ends so first'),
  },
  async run(world, { profile: sourceProfile, keepOld: keepOldSeconds, ...flags }) {
    const { rotateKeys } = await import('../commands/keysRotate.js')
    await rotateKeys(world, { sourceProfile, keepOldSeconds, ...flags })
    return undefined
  },
})

/** `awsmfa keys` */
export const keys = command({
  about: 'Look after the long-term keys: where they are, how old they are, and new ones in time.',
  examples: ['awsmfa keys status', 'awsmfa keys move', 'awsmfa keys rotate'],
  commands: {
    status: { summary: 'where each key is, and how old', load: async () => status },
    move: { summary: 'out of the credentials file, into the keychain', load: async () => move },
    restore: { summary: 'back into the file, where it was', load: async () => restore },
    rotate: { summary: 'a new key for the old one', load: async () => rotate },
  },
})
