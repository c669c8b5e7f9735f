import { ageInDays, keyEnd, type ListedKey } from '../core/keyPair.js'
import { inWords } from '../core/time.js'
import { attempt, Failure } from '../errors.js'
import type { Run } from '../session/run.js'
import type { KeyAuthority } from './authority.js'

interface Asking {
  readonly run: Run
  readonly authority: KeyAuthority
  readonly userName: string
  readonly sourceProfile: string
}

/** AWS allows two keys, inactive ones included: which of them may go is for a person to say. */
export async function twoKeys(asking: Asking, listed: readonly ListedKey[], inUse: string): Promise<Failure> {
  const { userName, sourceProfile } = asking
  const others = listed.filter(({ accessKeyId }) => accessKeyId !== inUse)
  const told: string[] = []
  for (const each of others) told.push(await described(asking, each))
  const end = others[0]?.accessKeyId.slice(-4) ?? ''
  return new Failure(
    'act',
    `${userName} has two access keys already, and AWS allows no third, inactive ones included`,
    [
      `besides the one that is in use here, ${keyEnd(inUse)}, there is ${told.join(', and ')}`,
      `find out who uses it; awsmfa keys rotate --profile ${sourceProfile} --delete-other ${end} deletes it, and goes on`,
    ],
  )
}

async function described({ run, authority }: Asking, { accessKeyId, active, createdAt }: ListedKey): Promise<string> {
  const now = run.clock.now()
  const used = await attempt(() => authority.attempt((signer) => run.world.iam.lastUseOf(signer, accessKeyId)))
  const facts = [active ? 'active' : 'inactive']
  if (createdAt !== undefined) facts.push(`made ${ageInDays(createdAt, now)} days ago`)
  // The user may not be allowed to ask, and it is only to help.
  if (used === undefined) facts.push('never used')
  else if (!(used instanceof Failure)) {
    facts.push(`last used ${inWords((now.getTime() - used.getTime()) / 1000)} ago, as far as IAM knows`)
  }
  return `${keyEnd(accessKeyId)} (${facts.join(', ')})`
}

/**
 * Deletes the key of the user that is not in use here.
 *
 * @param end - its last four characters
 * @throws Failure `usage` when there is no such key, or it is the one in use; IamFailure
 */
export async function deleteOther({ run, authority, userName }: Asking, inUse: string, end: string): Promise<void> {
  const listed = await authority.attempt((signer) => run.world.iam.listAccessKeys(signer, userName))
  const others = listed.filter(({ accessKeyId }) => accessKeyId !== inUse)
  const found = others.find(({ accessKeyId }) => accessKeyId.endsWith(end))
  if (found === undefined) {
    const known = others.map(({ accessKeyId }) => keyEnd(accessKeyId)).join(', ')
    throw new Failure('usage', `${userName} has no other key that ends in ${end}`, [
      known === '' ? `${keyEnd(inUse)} is the only one, and is in use here` : `the other one is ${known}`,
    ])
  }
  const { accessKeyId } = found
  await authority.attempt((signer) => run.world.iam.deleteAccessKey(signer, { userName, accessKeyId }))
  run.world.terminal.say(`the key ${keyEnd(accessKeyId)} of ${userName} is deleted`)
}
