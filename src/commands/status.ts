import { askingRoles, cureOfAsking } from '../core/doctor/checks.js'
import { parseKeyNotes } from '../core/keyNotes.js'
import { ageInDays, oldKeyDays } from '../core/keyPair.js'
import { type KeptFailure, keptFailure } from '../core/news.js'
import type { Paint } from '../core/paint.js'
import { isChained } from '../core/role.js'
import { printable } from '../core/text.js'
import { formatInstant, inWords, localTime } from '../core/time.js'
import { attempt, Failure, type FailureKind } from '../errors.js'
import { firstStep } from '../session/choose.js'
import type { CodeSourceKind } from '../session/codes/codeSource.js'
import { sourceInWords } from '../session/codes/table.js'
import { secondsLeft } from '../session/freshness.js'
import { readNews } from '../session/news.js'
import type { AwsProfiles } from '../session/profiles.js'
import { Run } from '../session/run.js'
import type { World } from '../world.js'

export interface StatusOptions {
  readonly json: boolean
}

/** One enrolment as `status --json` shows it: RFC 3339 instants, no secrets. */
interface ProfileStatus {
  readonly mfaProfile: string
  readonly sourceProfile?: string
  readonly serialNumber?: string
  readonly seedStore?: CodeSourceKind
  readonly durationSeconds?: number
  /** the role whose sessions these are; absent: the user's own */
  readonly roleArn?: string
  /** whether the role is taken with the MFA session, and costs no code */
  readonly chained?: boolean
  /** absent when the credentials file holds no session, or not until when it is good */
  readonly expiration?: string
  readonly secondsLeft: number
  readonly refreshedAt?: string
  readonly failure?: KeptFailure
  /** role profiles on the same keys for which tools ask for a code of their own */
  readonly askingRoles?: readonly string[]
  /** how old the long-term key is, when it is older than it should be; as `keys status` or a rotation has learnt it */
  readonly keyDays?: number
  readonly needsPerson: boolean
}

/**
 * Shows what is enrolled, until when it is good, and what failed last. Reads files only: no keychain, no network.
 *
 * @returns `act` when a profile needs a person
 * @throws Failure `act` when the files cannot be read or nothing is enrolled
 */
export async function status(world: World, options: StatusOptions): Promise<FailureKind | undefined> {
  const run = await Run.start(world)
  const profiles = await run.read()
  const now = world.clock.now()
  const rows: ProfileStatus[] = []
  for (const mfaProfile of profiles.enrolled()) rows.push(await inspect(run, profiles, mfaProfile))
  if (options.json) {
    world.terminal.answer(JSON.stringify({ schemaVersion: 1, now: formatInstant(now), profiles: rows }, undefined, 2))
  } else if (rows.length === 0) {
    world.terminal.answer(`no MFA profile is enrolled; ${firstStep}`)
  } else {
    world.terminal.answer(rows.map((row) => describe(row, now, world.terminal.paint)).join('\n\n'))
  }
  if (run.clock.complaint !== undefined) world.terminal.warn(run.clock.complaint)
  return rows.some((row) => row.needsPerson) ? 'act' : undefined
}

async function inspect(run: Run, profiles: AwsProfiles, mfaProfile: string): Promise<ProfileStatus> {
  const enrolment = await attempt(async () => profiles.enrolment(mfaProfile))
  const broken = enrolment instanceof Failure
  const { session } = run.standing(mfaProfile, broken ? 0 : (enrolment?.durationSeconds ?? 0))
  const left = secondsLeft(session, run.clock.now())
  const { refreshedAt, failure } = run.outcomes[mfaProfile] ?? {}
  const facts = {
    mfaProfile,
    ...(session === undefined ? {} : { expiration: formatInstant(session.expiration) }),
    secondsLeft: left,
    ...(refreshedAt === undefined ? {} : { refreshedAt }),
  }
  if (broken) return { ...facts, failure: keptFailure(enrolment, run.world.clock.now()), needsPerson: true }
  // Commands may hold passwords among their arguments, so of where codes come from only the kind is shown.
  const { codes, role, ...shown } = enrolment ?? {}
  const asking = askingRoles({ sourceProfile: '', ...enrolment }, profiles.roles, profiles.keptRoles)
  return {
    ...facts,
    ...shown,
    ...(role === undefined ? {} : { roleArn: role.arn, chained: enrolment !== undefined && isChained(enrolment) }),
    ...(codes === undefined ? {} : { seedStore: codes.kind }),
    ...(asking.length === 0 ? {} : { askingRoles: asking }),
    ...(failure === undefined ? {} : { failure }),
    ...(await oldKey(run, profiles, enrolment?.sourceProfile ?? '')),
    needsPerson: left === 0 || (failure !== undefined && failure.kind !== 'retry'),
  }
}

/** Nobody is asked: only what an earlier run has kept counts, for the key that is there now as far as files tell. */
async function oldKey(run: Run, profiles: AwsProfiles, sourceProfile: string): Promise<{ keyDays?: number }> {
  const { made } = parseKeyNotes(await readNews(run.world, 'keys.json'))[sourceProfile] ?? {}
  const inFile = profiles.setting(sourceProfile, 'aws_access_key_id')
  if (made === undefined || (inFile !== undefined && inFile !== made.accessKeyId)) return {}
  const keyDays = ageInDays(new Date(made.at), run.clock.now())
  return keyDays > oldKeyDays ? { keyDays } : {}
}

/** Names come from the person's files, and answers go to the terminal as they are: each line is made printable first. */
function describe(row: ProfileStatus, now: Date, paint: Paint): string {
  const lines = [
    ...(row.roleArn === undefined ? [] : [`  role          ${row.roleArn}`]),
    `  source        ${row.sourceProfile ?? 'unknown'}`,
    `  serial number ${row.serialNumber ?? 'unknown'}`,
    `  codes         ${codesInWords(row)}`,
    `  refreshed     ${row.refreshedAt === undefined ? 'never by awsmfa on this machine' : ago(row.refreshedAt, now)}`,
  ]
  if (row.askingRoles !== undefined) {
    lines.push(`  still asked   for a code: role profile ${row.askingRoles.join(', ')}`)
    lines.push(`                ${cureOfAsking(row.mfaProfile, row.sourceProfile ?? '')}`)
  }
  if (row.keyDays !== undefined) {
    lines.push(`  key           ${row.keyDays} days old: awsmfa keys rotate --profile ${row.sourceProfile}`)
  }
  if (row.failure !== undefined) {
    lines.push(`  failed        ${ago(row.failure.at, now)}: ${row.failure.message}`)
    lines.push(...row.failure.hints.map((hint) => `                hint: ${hint}`))
  }
  const [good, failure] = [row.secondsLeft > 0 ? 'ok' : 'bad', row.failure?.kind === 'retry' ? 'warn' : 'bad'] as const
  return [
    `profile ${printable(row.mfaProfile)}: ${paint(timeLeft(row), good)}`,
    ...lines.map((line) => printable(line).replace(/(?<=^ {2})failed/, (word) => paint(word, failure))),
  ].join('\n')
}

function codesInWords({ chained, seedStore }: ProfileStatus): string {
  if (chained) return 'none needed while the MFA session lasts'
  return seedStore === undefined ? 'unknown' : sourceInWords(seedStore)
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
