import type { Profile } from '../core/awsFile.js'
import { removeProfile, setProfile } from '../core/awsFileEdit.js'
import type { AwsFileKind } from '../core/awsFileScan.js'
import { sameKeys } from '../core/keyPair.js'
import { LongTermKeys } from '../core/session.js'
import { Failure } from '../errors.js'
import type { Run } from '../session/run.js'
import { type KeySource, type KeyStore, keyStore } from '../session/sourceKeys.js'

const names = ['aws_access_key_id', 'aws_secret_access_key']

/** The two places of a rotation: the key in use, and beside it the one that is to take its place, or had it before. */
export interface KeyStores {
  readonly main: KeyStore
  readonly beside: KeyStore
}

/** What the profile is called in which the other key lies, where keys are lines of a file. */
export function profileBeside(sourceProfile: string): string {
  return `${sourceProfile}-awsmfa-rotation`
}

/**
 * @throws Failure `act` when the other key cannot lie beside the first
 */
export function keyStores(run: Run, sourceProfile: string, source: KeySource): KeyStores {
  const { world } = run
  if ('keys' in source) {
    return {
      main: lines(run, source.file, sourceProfile),
      beside: lines(run, 'credentials', profileBeside(sourceProfile)),
    }
  }
  const { account, store } = source.place
  const path = store.kind === 'file' ? (store.path ?? world.seedFile.defaultPath(account)) : undefined
  const aside = store.kind === 'file' ? { ...store, path: `${path}.rotation` } : store
  return {
    main: keyStore(world, source.place),
    beside: keyStore(world, { account: `${account}:rotation`, store: aside }),
  }
}

/** Keys as two lines of an AWS file, which are exchanged at once. */
function lines(run: Run, file: AwsFileKind, profile: string): KeyStore {
  const { awsFiles } = run.world
  const get = async () => pairOf((await run.read()).keys(file, profile))
  const edit = async (change: (text: string) => string) => {
    await awsFiles.edit(file, change)
  }
  return {
    name: awsFiles.path(file),
    get,
    async set(keys) {
      const before = run.profiles ?? (await run.read())
      const values = { aws_access_key_id: keys.accessKeyId, aws_secret_access_key: keys.revealSecret() }
      await edit((text) => setProfile(before.model(file, text), profile, values))
      if (sameKeys(keys, await get())) return
      throw new Failure('retry', `the keys of profile ${profile} do not read back from ${awsFiles.path(file)}`, [
        'another program may have written the file at the same moment: run the command again',
      ])
    },
    async delete() {
      const before = await run.read()
      const existed = before.keys(file, profile) !== undefined
      if (existed) await edit((text) => removeProfile(before.model(file, text), profile, names))
      return existed
    },
  }
}

function pairOf(keys: Profile | undefined): LongTermKeys | undefined {
  const { aws_access_key_id: id, aws_secret_access_key: secret } = keys ?? {}
  return id && secret ? new LongTermKeys(id, secret) : undefined
}
