import { inWords } from '../core/duration.js'
import { expirationOf, formatInstant, secondsLeft } from '../core/freshness.js'
import { localTime } from '../core/localTime.js'
import type { Outcome } from '../core/outcomes.js'
import { parseOutcomes } from '../core/outcomes.js'
import type { FailureKind } from '../errors.js'
import { Failure } from '../errors.js'
import { AwsClock } from '../session/awsClock.js'
import { AwsProfiles } from '../session/awsProfiles.js'
import type { World } from '../world.js'

export interface StatusOptions {
  readonly json: boolean
}

/** One enrolment as `status --json` shows it: RFC 3339 instants, no secrets. */
interface ProfileStatus {
  readonly mfaProfile: string
  readonly sourceProfile?: string
  readonly serialNumber?: string
  readonly seedStore?: string
  readonly durationSeconds?: number
  /** absent when the credentials file holds no session, or not until when it is good */
  readonly expiration?: string
  readonly secondsLeft: number
  readonly refreshedAt?: string
  readonly failure?: Outcome['failure']
  readonly needsPerson: boolean
}

/**
 * Shows what is enrolled, until when it is good, and what failed last. Reads files only: no keychain, no network.
 *
 * @returns `act` when a profile needs a person
 * @throws Failure `act` when the files cannot be read or nothing is enrolled
 */
export async function status(world: World, options: StatusOptions): Promise<FailureKind | undefined> {
  const profiles = await AwsProfiles.read(world)
  const outcomes = parseOutcomes(await world.state.read('outcomes.json'))
  const clock = await AwsClock.read(world)
  const now = world.clock.now()
  const rows = profiles.enrolled().map((mfaProfile) => inspect(profiles, mfaProfile, outcomes[mfaProfile], clock.now()))
  if (options.json) {
    world.terminal.answer(JSON.stringify({ schemaVersion: 1, now: formatInstant(now), profiles: rows }, undefined, 2))
  } else if (rows.length === 0) {
    world.terminal.answer('no MFA profile is enrolled; awsmfa enroll makes one')
  } else {
    world.terminal.answer(rows.map((row) => describe(row, now)).join('\n\n'))
  }
  if (clock.complaint !== undefined) world.terminal.warn(clock.complaint)
  return rows.some((row) => row.needsPerson) ? 'act' : undefined
}

function inspect(profiles: AwsProfiles, mfaProfile: string, outcome: Outcome | undefined, now: Date): ProfileStatus {
  const expiration = expirationOf(profiles.keys('credentials', mfaProfile))
  const left = secondsLeft(expiration, now)
  const session = {
    mfaProfile,
    ...(expiration === undefined ? {} : { expiration: formatInstant(expiration) }),
    secondsLeft: left,
    ...(outcome?.refreshedAt === undefined ? {} : { refreshedAt: outcome.refreshedAt }),
  }
  try {
    const enrolment = profiles.enrolment(mfaProfile)
    const needsPerson = left === 0 || outcome?.failure?.kind === 'act' || outcome?.failure?.kind === 'usage'
    const failure = outcome?.failure === undefined ? {} : { failure: outcome.failure }
    // Commands may hold passwords among their arguments.
    const { mfaProcess: _, seedKey: __, ...shown } = { mfaProcess: undefined, seedKey: undefined, ...enrolment }
    return { ...session, ...shown, ...failure, needsPerson }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const { kind, message, hints } = error
    return { ...session, failure: { at: formatInstant(now), kind, message, hints }, needsPerson: true }
  }
}

const codes: Readonly<Record<string, string>> = {
  keychain: 'from the keychain',
  file: 'from an encrypted file',
  process: 'from a command',
  none: 'typed',
}

function describe(row: ProfileStatus, now: Date): string {
  const lines = [
    `profile ${row.mfaProfile}: ${timeLeft(row)}`,
    `  source        ${row.sourceProfile ?? 'unknown'}`,
    `  serial number ${row.serialNumber ?? 'unknown'}`,
    `  codes         ${codes[row.seedStore ?? ''] ?? 'unknown'}`,
    `  refreshed     ${row.refreshedAt === undefined ? 'never by awsmfa on this machine' : ago(row.refreshedAt, now)}`,
  ]
  if (row.failure !== undefined) {
    lines.push(`  failed        ${ago(row.failure.at, now)}: ${row.failure.message}`)
    lines.push(...row.failure.hints.map((hint) => `                hint: ${hint}`))
  }
  return lines.join('\n')
}

function timeLeft(row: ProfileStatus): string {
  if (row.expiration === undefined) return 'no session yet'
  const until = localTime(new Date(row.expiration))
  if (row.secondsLeft === 0) return `expired at ${until}`
  const bar = row.durationSeconds === undefined ? '' : `${meter(row.secondsLeft / row.durationSeconds)} `
  return `${bar}${inWords(row.secondsLeft)} left, until ${until}`
}

/** Ten characters of ASCII: it looks the same in every terminal, log and screen reader. */
function meter(share: number): string {
  const full = Math.max(0, Math.min(10, Math.round(share * 10)))
  return `[${'#'.repeat(full)}${'.'.repeat(10 - full)}]`
}

function ago(instant: string, now: Date): string {
  const seconds = Math.floor((now.getTime() - new Date(instant).getTime()) / 1000)
  return `${localTime(new Date(instant))} (${seconds < 0 ? 'in the future' : `${inWords(seconds)} ago`})`
}
