import type { Changes, Profile } from '../core/awsFile.js'
import { removeProfile, setProfile, setProfiles } from '../core/awsFileEdit.js'
import type { AwsFileKind } from '../core/awsFileScan.js'
import { Session } from '../core/session.js'
import { formatInstant } from '../core/time.js'
import { attempt, Failure, OpenToOthers, ReadOnlyFailure } from '../errors.js'
import { type Enrolment, enrolmentChanges, enrolmentKeys, sessionKeys } from './enrolment.js'
import type { AwsProfiles } from './profiles.js'
import type { Run } from './run.js'

type Edit = readonly (readonly [profile: string, changes: Changes])[]

/**
 * Makes the edits of {@link writeSession} in memory and finds out whether the files can be written, before a code is spent.
 * A config file that says everything already is not going to be written, so it may be read-only. Where others could write,
 * nothing of what it says can be trusted.
 *
 * @throws Failure `act`
 */
export async function rehearse(run: Run, profiles: AwsProfiles, enrolments: readonly Enrolment[]): Promise<void> {
  setProfiles(profiles.file('credentials'), sessionEdit(enrolments, new Session('A', 'A', 'A', new Date(0))))
  const config = profiles.file('config')
  await checkWritable(run, 'credentials')
  const edit = enrolmentEdit(profiles, enrolments)
  const obstacle = await attempt(() => checkWritable(run, 'config'))
  if (setProfiles(config, edit) === config.text && !(obstacle instanceof OpenToOthers)) return
  if (obstacle instanceof ReadOnlyFailure) throw withLines(obstacle, edit)
  if (obstacle instanceof Failure) throw obstacle
}

/** @throws Failure `act` */
export async function checkWritable({ world }: Run, ...kinds: readonly AwsFileKind[]): Promise<void> {
  for (const kind of kinds) {
    for (const warning of await world.awsFiles.checkWritable(kind)) world.terminal.warn(warning)
  }
}

/** A file that another program makes gets its lines from there. */
function withLines(obstacle: Failure, edit: Edit): Failure {
  const lines = edit.flatMap(([profile, changes]) => [
    `or add to [profile ${profile}], where the file is made: ${Object.entries(changes)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => `${key} = ${value}`)
      .join(', ')}`,
  ])
  return obstacle.withHints([...obstacle.hints, ...lines])
}

/**
 * Writes one session into every MFA profile of `enrolments`, credentials first, and reads both files back.
 *
 * @throws Failure `act` when a file cannot be written, `retry` when it does not read back as it was written
 */
export async function writeSession(
  run: Run,
  before: AwsProfiles,
  enrolments: readonly Enrolment[],
  session: Session,
): Promise<void> {
  const edit = sessionEdit(enrolments, session)
  await run.world.awsFiles.edit('credentials', (text) => setProfiles(before.model('credentials', text), edit))
  await writeEnrolments(run, before, enrolments)
  const written = run.profiles ?? (await run.read())
  for (const [profile, keys] of edit) expectKeys(written, 'credentials', profile, keys)
}

/**
 * Writes the settings of `enrolments` into the config file and reads the files back.
 *
 * @throws Failure as {@link writeSession} does
 */
export async function writeEnrolments(run: Run, before: AwsProfiles, enrolments: readonly Enrolment[]): Promise<void> {
  const edit = enrolmentEdit(before, enrolments)
  await run.world.awsFiles.edit('config', (text) => setProfiles(before.model('config', text), edit))
  const written = await run.read()
  for (const [profile, keys] of edit) expectKeys(written, 'config', profile, keys)
}

/**
 * Puts the keys that awsmfa owns in one profile back to what they were, after a failure of which the person is told anyway:
 * when that fails too, it is a warning.
 *
 * @returns whether they are as they were
 */
export async function takeBackProfile({ world }: Run, before: AwsProfiles, mfaProfile: string): Promise<boolean> {
  const owned = { credentials: sessionKeys, config: ['region', 'output', ...enrolmentKeys] }
  const restore = async (kind: AwsFileKind) => {
    const keys = before.keys(kind, mfaProfile)
    const values = Object.fromEntries(owned[kind].map((key) => [key, keys?.[key]]))
    await world.awsFiles.edit(kind, (text) => {
      const file = before.model(kind, text)
      return keys === undefined ? removeProfile(file, mfaProfile, owned[kind]) : setProfile(file, mfaProfile, values)
    })
  }
  const restored = await attempt(() =>
    world.lock.hold('session', async () => {
      await restore('credentials')
      await restore('config')
    }),
  )
  if (!(restored instanceof Failure)) return true
  world.terminal.warn(`profile ${mfaProfile} could not be put back to what it was`)
  return false
}

function sessionEdit(enrolments: readonly Enrolment[], session: Session): Edit {
  const { accessKeyId, secretAccessKey, sessionToken } = session.reveal()
  const changes = {
    aws_access_key_id: accessKeyId,
    aws_secret_access_key: secretAccessKey,
    aws_session_token: sessionToken,
    x_security_token_expires: formatInstant(session.expiration),
    // The AWS CLI would take a left-over token of this older name before the new one.
    aws_security_token: undefined,
  }
  return enrolments.map(({ mfaProfile }) => [mfaProfile, changes])
}

/**
 * The config keys to write. A section that does not exist yet gets the source profile's region and output too, because
 * the AWS CLI inherits neither; a value that only some tools read alike, such as one with a comment behind, is left out.
 */
function enrolmentEdit(profiles: AwsProfiles, enrolments: readonly Enrolment[]): Edit {
  return enrolments.map((enrolment) => {
    const { mfaProfile, sourceProfile, region } = enrolment
    const before = profiles.keys('config', mfaProfile)
    const mfaProcess = profiles.mfaProcess(mfaProfile, sourceProfile)
    const settings = enrolmentChanges(enrolment, before, mfaProcess)
    const copied = { ...copiedFrom(profiles, sourceProfile), ...(region === undefined ? {} : { region }) }
    return [mfaProfile, before === undefined ? { ...copied, ...settings } : settings]
  })
}

/** What a section that awsmfa makes gets from its source profile. */
export function copiedFrom(profiles: AwsProfiles, sourceProfile: string): Profile {
  const copied = ['region', 'output'].flatMap((key) => {
    const value = profiles.setting(sourceProfile, key)
    return value !== undefined && /^[a-z0-9-]+$/i.test(value) ? [[key, value]] : []
  })
  return Object.fromEntries(copied)
}

function expectKeys(written: AwsProfiles, kind: AwsFileKind, profile: string, expected: Changes): void {
  const found = written.keys(kind, profile)
  for (const [key, value] of Object.entries(expected)) {
    if (found?.[key] === value) continue
    throw new Failure(
      'retry',
      `${key} of profile ${profile} does not read back from ${written.path(kind)} as it was written`,
      ['another program may have written the file at the same moment: run the command again'],
    )
  }
}
