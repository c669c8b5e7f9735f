import { ageInDays, oldKeyDays } from '../core/keyPair.js'
import { printable } from '../core/text.js'
import { formatInstant, inWords } from '../core/time.js'
import { attempt, Failure, type FailureKind } from '../errors.js'
import { chooseSourceProfile, enrolmentsOf, sourceProfiles } from '../keys/chooseSource.js'
import { signerFor } from '../keys/finish.js'
import { moveKeys, restoreKeys } from '../keys/move.js'
import { keepMade, readNotes } from '../keys/notes.js'
import { chooseSeedSource } from '../session/codes/choose.js'
import type { SeedSourceFlags } from '../session/codes/codeSource.js'
import { sourceKeys } from '../session/gate.js'
import type { AwsProfiles } from '../session/profiles.js'
import { Run } from '../session/run.js'
import { keyStore, openKeys } from '../session/sourceKeys.js'
import type { World } from '../world.js'

/** The store's flags are those of a seed. */
export interface MoveKeysOptions extends SeedSourceFlags {
  readonly sourceProfile?: string | undefined
  readonly region?: string | undefined
}

/** Moves the long-term keys of a source profile out of the AWS file, and tells who must be told. */
export async function moveLongTermKeys(world: World, options: MoveKeysOptions): Promise<void> {
  const run = await Run.start(world)
  const profiles = await run.read()
  const sourceProfile = chooseSourceProfile(profiles, options.sourceProfile)
  const { region } = options
  const place = await moveKeys(run, { sourceProfile, region, store: chooseSeedSource(world, options) })
  const { name } = keyStore(world, place)
  world.terminal.say(`the key of source profile ${sourceProfile} is in ${name} now, and in no AWS file any more`)
  await tellUsers(run, sourceProfile)
}

/** Who used the profile directly finds no keys there now, and gets the line to write instead. */
async function tellUsers(run: Run, sourceProfile: string): Promise<void> {
  const { terminal } = run.world
  const profiles = run.profiles ?? (await run.read())
  const mfaProfile = (await enrolmentsOf(profiles, sourceProfile)).find(({ role }) => role === undefined)?.mfaProfile
  if (mfaProfile === undefined) {
    terminal.warn(`no tool can use it until there is an MFA profile: awsmfa enroll --profile ${sourceProfile}`)
  } else {
    const how = sourceProfile === 'default' ? 'no profile, or default,' : `profile ${sourceProfile}`
    terminal.say(
      `tools that name ${how} find no keys any more: name profile ${mfaProfile} instead (AWS_PROFILE, --profile)`,
    )
  }
  for (const name of profiles.namesWith('source_profile')) {
    const keys = profiles.merged(name)
    if (name === sourceProfile || keys.source_profile !== sourceProfile) continue
    const without = keys.mfa_serial === undefined ? '' : ', and take mfa_serial out'
    terminal.warn(`profile ${name} takes its keys from ${sourceProfile}, which has none now`)
    terminal.warn(`  write source_profile = ${mfaProfile ?? 'the MFA profile'} in [profile ${name}]${without}`)
  }
}

/** Puts the long-term keys of a source profile back where they were. */
export async function restoreLongTermKeys(
  world: World,
  options: { sourceProfile?: string | undefined },
): Promise<void> {
  const run = await Run.start(world)
  const sourceProfile = chooseSourceProfile(await run.read(), options.sourceProfile)
  const path = await restoreKeys(run, sourceProfile)
  world.terminal.say(`the key of source profile ${sourceProfile} is in ${path} again, and nowhere else`)
}

/** One source profile's key as `keys status --json` shows it: RFC 3339 instants, no secrets. */
interface KeyStatus {
  readonly sourceProfile: string
  /** where it is, in words */
  readonly in?: string
  readonly keyEnd?: string
  readonly createdAt?: string
  readonly ageDays?: number
  /** how many the user has: two at most */
  readonly keys?: number
  readonly lastUsedAt?: string
  /** the other key, while a rotation is under way */
  readonly rotation?: { readonly phase: string; readonly oldKeyEnd: string; readonly deleteAt?: string }
  /** why something is not known */
  readonly unknown?: string
}

/**
 * Shows where the long-term keys are and how old they are. IAM is asked in the name of a session that is there; no code is
 * spent.
 *
 * @returns `act` when a rotation was cut short
 */
export async function keysStatus(world: World, { json }: { readonly json: boolean }): Promise<FailureKind | undefined> {
  const run = await Run.start(world)
  const profiles = await run.read()
  const rows: KeyStatus[] = []
  for (const name of sourceProfiles(profiles)) rows.push(await inspect(run, profiles, name))
  const now = run.clock.now()
  if (json) {
    world.terminal.answer(JSON.stringify({ schemaVersion: 1, now: formatInstant(now), keys: rows }, undefined, 2))
  } else if (rows.length === 0) world.terminal.answer('no profile is enrolled, so no key is known')
  else world.terminal.answer(rows.map((row) => describe(row, now)).join('\n\n'))
  return rows.some(({ rotation }) => rotation !== undefined && rotation.phase !== 'inactive') ? 'act' : undefined
}

async function inspect(run: Run, profiles: AwsProfiles, sourceProfile: string): Promise<KeyStatus> {
  const { world } = run
  const source = await attempt(async () => sourceKeys(profiles, sourceProfile))
  if (source instanceof Failure) return { sourceProfile, unknown: source.message }
  const where = 'keys' in source ? profiles.path(source.file) : keyStore(world, source.place).name
  const { rotation } = (await readNotes(world))[sourceProfile] ?? {}
  const facts = {
    sourceProfile,
    in: where,
    ...(rotation === undefined
      ? {}
      : {
          rotation: {
            phase: rotation.phase,
            oldKeyEnd: rotation.oldKeyId.slice(-4),
            ...(rotation.deleteAt === undefined ? {} : { deleteAt: rotation.deleteAt }),
          },
        }),
  }
  const keys = await attempt(() => openKeys(world, source))
  if (keys instanceof Failure) return { ...facts, unknown: keys.message }
  const { accessKeyId } = keys
  const told = await attempt(() => askIam(run, profiles, sourceProfile, accessKeyId))
  return {
    ...facts,
    keyEnd: accessKeyId.slice(-4),
    ...(told instanceof Failure ? { unknown: told.message } : told),
  }
}

async function askIam(
  run: Run,
  profiles: AwsProfiles,
  sourceProfile: string,
  accessKeyId: string,
): Promise<Partial<KeyStatus>> {
  const { iam, sts } = run.world
  const signer = await signerFor(run, profiles, sourceProfile)
  if (signer === undefined) return { unknown: 'IAM is asked with a session, and there is none: run awsmfa refresh' }
  const { arn } = await sts.getCallerIdentity(signer)
  const userName = arn.replace(/^.*\//, '')
  const listed = await iam.listAccessKeys(signer, userName)
  const createdAt = listed.find((each) => each.accessKeyId === accessKeyId)?.createdAt
  const used = await attempt(() => iam.lastUseOf(signer, accessKeyId))
  if (createdAt !== undefined) await keepMade(run.world, sourceProfile, accessKeyId, formatInstant(createdAt))
  return {
    keys: listed.length,
    ...(createdAt === undefined
      ? {}
      : { createdAt: formatInstant(createdAt), ageDays: ageInDays(createdAt, run.clock.now()) }),
    ...(used instanceof Failure || used === undefined ? {} : { lastUsedAt: formatInstant(used) }),
  }
}

function describe(row: KeyStatus, now: Date): string {
  const { sourceProfile, ageDays, keys, lastUsedAt, rotation, unknown } = row
  const lines = [
    `source profile ${sourceProfile}`,
    `  key       ${row.keyEnd === undefined ? 'unknown' : `ending in ${row.keyEnd}`}${row.in === undefined ? '' : `, in ${row.in}`}`,
  ]
  if (ageDays !== undefined) {
    lines.push(`  age       ${ageDays} days${ageDays > oldKeyDays ? ': awsmfa keys rotate exchanges it' : ''}`)
  }
  if (keys !== undefined) {
    lines.push(
      `  alone     ${keys === 1 ? 'yes: the only key of its user' : `no: one of the ${keys} keys of its user`}`,
    )
  }
  if (lastUsedAt !== undefined) {
    lines.push(`  last used ${inWords((now.getTime() - Date.parse(lastUsedAt)) / 1000)} ago, as far as IAM knows`)
  }
  if (rotation?.deleteAt !== undefined) {
    lines.push(
      `  rotated   the old key ending in ${rotation.oldKeyEnd} is inactive, and deleted after ${rotation.deleteAt}`,
    )
  } else if (rotation !== undefined) {
    lines.push('  rotation  was cut short: awsmfa keys rotate goes on, with --undo it is taken back')
  }
  if (unknown !== undefined) lines.push(`  unknown   ${unknown}`)
  return lines.map(printable).join('\n')
}
