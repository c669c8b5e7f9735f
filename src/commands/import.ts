import { cureOfAsking } from '../core/doctor/checks.js'
import { isVirtual, parseSerialNumber } from '../core/iam.js'
import { parseProfileName } from '../core/profile.js'
import { parseRoleArn } from '../core/role.js'
import { defaultDurationSeconds } from '../core/time.js'
import { attempt, Failure } from '../errors.js'
import { updateStamp } from '../runs/outcome.js'
import { chooseMfaProcess, defaultSeconds, type Enrolment } from '../session/enrolment.js'
import { keptElsewhere, passGate } from '../session/gate.js'
import { findImportable, type Importable } from '../session/importable.js'
import type { AwsProfiles } from '../session/profiles.js'
import { Run } from '../session/run.js'
import { hasKeys } from '../session/sourceKeys.js'
import { rehearse, writeEnrolments } from '../session/write.js'
import type { World } from '../world.js'

export interface ImportOptions {
  /** do it without a question */
  readonly yes: boolean
}

/**
 * Takes over the settings of other tools: shows what it would write, and writes it on a yes. Keys and sessions stay where
 * they are, and the other tools go on working.
 *
 * @throws Failure `usage` when nobody can be asked and `--yes` was not given, `act` when a file is unusable
 */
export async function importSettings(world: World, { yes }: ImportOptions): Promise<void> {
  const { terminal } = world
  const run = await Run.start(world)
  const profiles = await run.read()
  const found = findImportable(profiles)
  const shown = found.flatMap((each) => show(world, profiles, each))
  if (found.length === 0) terminal.say('found nothing of another tool that is not enrolled already')
  if (shown.length === 0) return
  if (!yes && !terminal.interactive) {
    throw new Failure('usage', 'nobody is there to say yes to this', 'add --yes')
  }
  if (!yes && !(await terminal.confirm(`write these settings into ${world.awsFiles.path('config')}?`))) {
    terminal.say('nothing was changed')
    return
  }
  await world.lock.hold('session', async () => {
    // Only what was shown, and is still as it was shown.
    const now = await run.read()
    const wanted = shown.map((enrolment) => JSON.stringify(enrolment))
    const again = await Promise.all(findImportable(now).map((each) => attempt(async () => ready(now, each))))
    const enrolments = again
      .flatMap((each) => (each instanceof Failure ? [] : each))
      .filter((each) => wanted.includes(JSON.stringify(each)))
    await rehearse(run, now, enrolments)
    await writeEnrolments(run, now, enrolments)
    for (const enrolment of enrolments) sayNext(world, enrolment)
    if (enrolments.length < shown.length) terminal.warn('the files have changed meanwhile: run awsmfa import again')
  })
  await updateStamp(run)
}

/** Says what is found, and gives it back when it can be enrolled. */
function show(world: World, profiles: AwsProfiles, found: Importable): Enrolment[] {
  const { terminal } = world
  const { tool, mfaProfile, roleProfiles } = found
  try {
    const enrolments = ready(profiles, found)
    for (const { mfaProfile, sourceProfile, serialNumber, codes, role } of enrolments) {
      const words = role?.arn ?? (codes.kind === 'process' ? 'codes from mfa_process' : 'typed codes')
      terminal.say(`from ${tool}: profile ${mfaProfile}, source ${sourceProfile}, device ${serialNumber}, ${words}`)
    }
    const [first] = roleProfiles
    if (first !== undefined) {
      terminal.say(`  role profile ${roleProfiles.join(', ')} stays; ${cureOfAsking(mfaProfile, found.sourceProfile)}`)
      terminal.say(
        `  or have its role kept fresh: awsmfa enroll --role-profile ${first} --mfa-profile-name ${first}-session`,
      )
    }
    return enrolments
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    terminal.say(`from ${tool}: profile ${mfaProfile} is left out: ${error.message}`)
    for (const hint of error.hints) terminal.say(`hint: ${hint}`)
    return []
  }
}

/**
 * The enrolment that comes of it; two where the profile is that of a role, which is taken with the user's own session.
 *
 * @throws Failure when it would be of no use, or do harm
 */
function ready(profiles: AwsProfiles, found: Importable): Enrolment[] {
  const { sourceProfile } = found
  if (!hasKeys(profiles.merged(sourceProfile))) {
    throw new Failure('act', `neither file holds the keys of profile ${sourceProfile}`, keptElsewhere(sourceProfile))
  }
  const command = chooseMfaProcess(undefined, found.mfaProcess)
  const mfaProfile = parseProfileName(found.mfaProfile, 'the name of the profile')
  if (found.serialNumber === undefined) {
    throw new Failure('act', 'no file says which MFA device it uses', [
      `run: awsmfa enroll --profile ${sourceProfile} --mfa-profile-name ${mfaProfile} --serial-number ARN`,
    ])
  }
  const enrolment: Enrolment = {
    mfaProfile,
    sourceProfile,
    serialNumber: parseSerialNumber(found.serialNumber, 'its MFA device', 'act'),
    durationSeconds: defaultDurationSeconds,
    codes: command ? { kind: 'process', command } : { kind: 'none' },
  }
  if (found.role === undefined) return checked(profiles, [enrolment])
  const role = { arn: parseRoleArn(found.role, 'its assume_role', 'act') }
  const session = { ...enrolment, durationSeconds: defaultSeconds(role), role }
  return checked(profiles, [{ ...enrolment, mfaProfile: `${mfaProfile}-mfa` }, session])
}

function checked(profiles: AwsProfiles, enrolments: Enrolment[]): Enrolment[] {
  for (const enrolment of enrolments) passGate(profiles, enrolment)
  return enrolments
}

function sayNext({ terminal }: World, { mfaProfile, sourceProfile, serialNumber, codes, role }: Enrolment): void {
  if (role !== undefined) {
    terminal.say(`profile ${mfaProfile} is enrolled; awsmfa refresh renews it with the other`)
    return
  }
  const typed = codes.kind === 'none'
  const next = typed ? `--mfa-profile-name ${mfaProfile} CODE` : `refresh --mfa-profile-name ${mfaProfile}`
  terminal.say(`profile ${mfaProfile} is enrolled; next: awsmfa ${next}`)
  if (typed && isVirtual(serialNumber)) {
    terminal.say(`  or, never to type again: awsmfa enroll --mfa-profile-name ${mfaProfile} --profile ${sourceProfile}`)
  }
}
