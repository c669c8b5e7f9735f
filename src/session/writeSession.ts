import { checkAwsFile, removeProfile, setProfile } from '../core/awsFile.js'
import { type Enrolment, enrolmentChanges, enrolmentKeys, sessionKeys } from '../core/enrolment.js'
import { formatInstant } from '../core/freshness.js'
import { Session } from '../core/session.js'
import { Failure } from '../errors.js'
import type { AwsFile, World } from '../world.js'
import { AwsProfiles } from './awsProfiles.js'

type Changes = Record<string, string | undefined>

/**
 * Finds out, before a code is spent, whether both files can be written.
 *
 * @throws Failure `act`
 */
export async function checkWritable(world: World): Promise<void> {
  for (const file of ['credentials', 'config'] as const) {
    for (const warning of await world.awsFiles.checkWritable(file)) world.terminal.warn(warning)
  }
}

/**
 * Makes the edits of {@link writeSession} in memory, before a code is spent: a section that cannot be edited is found out
 * now.
 *
 * @throws Failure `act`
 */
export function rehearse(profiles: AwsProfiles, enrolments: readonly Enrolment[]): void {
  setSession(profiles.text('credentials'), enrolments, new Session('A', 'A', 'A', new Date(0)))
  setEnrolments(profiles.text('config'), enrolmentChangesOf(profiles, enrolments))
}

/**
 * Writes one session into every MFA profile of `enrolments`, credentials first, and reads both files back.
 *
 * @throws Failure `act` when a file cannot be written or does not read back as it was written
 */
export async function writeSession(world: World, enrolments: readonly Enrolment[], session: Session): Promise<void> {
  const path = world.awsFiles.path('credentials')
  await world.awsFiles.edit('credentials', (text) => {
    checkAwsFile(text, path)
    return setSession(text, enrolments, session)
  })
  await writeEnrolments(world, enrolments)
  const written = await AwsProfiles.read(world)
  const keys = sessionChanges(session)
  for (const { mfaProfile } of enrolments) expectKeys(world, written, 'credentials', mfaProfile, keys)
}

/**
 * Writes the settings of `enrolments` into the config file and reads them back.
 *
 * @throws Failure `act`
 */
export async function writeEnrolments(world: World, enrolments: readonly Enrolment[]): Promise<void> {
  const changes = enrolmentChangesOf(await AwsProfiles.read(world), enrolments)
  const path = world.awsFiles.path('config')
  await world.awsFiles.edit('config', (text) => {
    checkAwsFile(text, path)
    return setEnrolments(text, changes)
  })
  const written = await AwsProfiles.read(world)
  for (const [profile, keys] of changes) expectKeys(world, written, 'config', profile, keys)
}

/**
 * Puts the keys that awsmfa owns in one profile back to what they were, after a failure of which the person is told anyway:
 * when that fails too, it is a warning.
 */
export async function takeBackProfile(world: World, before: AwsProfiles, mfaProfile: string): Promise<void> {
  try {
    await restoreProfile(world, before, mfaProfile)
  } catch {
    world.terminal.warn(`profile ${mfaProfile} could not be put back to what it was`)
  }
}

async function restoreProfile(world: World, before: AwsProfiles, mfaProfile: string): Promise<void> {
  const owned = { credentials: sessionKeys, config: ['region', 'output', ...enrolmentKeys] } as const
  for (const file of ['credentials', 'config'] as const) {
    const keys = before.keys(file, mfaProfile)
    const values = Object.fromEntries(owned[file].map((key) => [key, keys?.[key]]))
    await world.awsFiles.edit(file, (text) =>
      keys === undefined
        ? removeProfile(text, file, mfaProfile, owned[file])
        : setProfile(text, file, mfaProfile, values),
    )
  }
}

function setSession(text: string, enrolments: readonly Enrolment[], session: Session): string {
  const keys = sessionChanges(session)
  return enrolments.reduce((edited, { mfaProfile }) => setProfile(edited, 'credentials', mfaProfile, keys), text)
}

function setEnrolments(text: string, changes: readonly [string, Changes][]): string {
  return changes.reduce((edited, [profile, keys]) => setProfile(edited, 'config', profile, keys), text)
}

/**
 * The config keys to write. A section that does not exist yet gets the source profile's region and output too, because
 * the AWS CLI inherits neither; a value that only some tools read alike, such as one with a comment behind, is left out.
 */
function enrolmentChangesOf(profiles: AwsProfiles, enrolments: readonly Enrolment[]): [string, Changes][] {
  return enrolments.map((enrolment) => {
    const { mfaProfile, sourceProfile } = enrolment
    const settings = enrolmentChanges(enrolment, profiles.mfaProcess(mfaProfile, sourceProfile))
    if (profiles.keys('config', mfaProfile) !== undefined) return [mfaProfile, settings]
    const copied = (['region', 'output'] as const).flatMap((key) => {
      const value = profiles.setting(sourceProfile, key)
      return value !== undefined && /^[a-z0-9-]+$/i.test(value) ? [[key, value]] : []
    })
    return [mfaProfile, { ...Object.fromEntries(copied), ...settings }]
  })
}

function sessionChanges(session: Session): Record<(typeof sessionKeys)[number], string | undefined> {
  const { accessKeyId, secretAccessKey, sessionToken } = session.reveal()
  return {
    aws_access_key_id: accessKeyId,
    aws_secret_access_key: secretAccessKey,
    aws_session_token: sessionToken,
    x_security_token_expires: formatInstant(session.expiration),
    // The AWS CLI would take a left-over token of this older name before the new one.
    aws_security_token: undefined,
  }
}

function expectKeys(world: World, written: AwsProfiles, file: AwsFile, profile: string, expected: Changes): void {
  const found = written.keys(file, profile)
  for (const [key, value] of Object.entries(expected)) {
    if (found?.[key] === value) continue
    throw new Failure(
      'act',
      `${key} of profile ${profile} does not read back from ${world.awsFiles.path(file)} as it was written`,
      ['another program may have written the file at the same moment: run the command again'],
    )
  }
}
