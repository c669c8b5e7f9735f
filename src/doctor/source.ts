import { describeOffset } from '../core/clockOffset.js'
import { bad, type Check, type Checks, failed, ok, warn } from '../core/doctor/check.js'
import { checkPolicy, denialIn, type Permission } from '../core/doctor/checks.js'
import { iamUser } from '../core/iam.js'
import type { ListedKey } from '../core/keyPair.js'
import { customEndpoint } from '../core/network.js'
import { chooseRegion } from '../core/region.js'
import { accessKeyIdOf, Session } from '../core/session.js'
import { inWords } from '../core/time.js'
import { Failure, IamFailure, StsFailure } from '../errors.js'
import type { CallerIdentity, Signer } from '../outside/aws.js'
import type { Enrolment } from '../session/enrolment.js'
import { fingerprint, secondsLeft, standing } from '../session/freshness.js'
import { passGate } from '../session/gate.js'
import type { AwsProfiles } from '../session/profiles.js'
import type { Run } from '../session/run.js'
import { openKeys } from '../session/sourceKeys.js'
import type { World } from '../world.js'
import { checkAge } from './keys.js'

/** What AWS says of one source profile, and of the session in each MFA profile that builds on it. */
export interface SourceChecks {
  readonly source: Checks
  readonly sessions: ReadonlyMap<string, Check>
}

/**
 * Asks AWS about the long-term keys of one source profile and the sessions that were got with them. The calls are
 * read-only and spend no code, and nothing is learnt from them for later runs.
 *
 * @param enrolments - those with this source profile, one at least
 */
export async function checkSource(
  run: Run,
  profiles: AwsProfiles,
  enrolments: readonly [Enrolment, ...Enrolment[]],
): Promise<SourceChecks> {
  const { world, clock } = run
  const about = `source profile ${enrolments[0].sourceProfile}`
  let caller: Caller
  try {
    caller = await askCaller(run, profiles, enrolments[0])
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const offsetMs = error instanceof StsFailure ? error.clockOffsetMs : undefined
    const checks = [failed('keys', error), ...checkClock(world, offsetMs)]
    return {
      source: { about, checks },
      sessions: untested(findSessions(run, enrolments, clock.now()), error, clock.now()),
    }
  }
  const { signer, identity } = caller
  const now = new Date(world.clock.now().getTime() + signer.clockOffsetMs)
  const found = findSessions(run, enrolments, now)
  // A role may not ask about the user.
  const own = enrolments.flatMap(({ mfaProfile, role }) => (role === undefined ? (found.get(mfaProfile) ?? []) : []))
  const one = own.find((each) => each instanceof Session)
  const [policy, sessions] = await Promise.all([
    askPolicy(world, { ...caller, sourceProfile: enrolments[0].sourceProfile, now }, one),
    askSessions(found, (session) => askSession(world, signer, session, now)),
  ])
  const checks = [...checkCaller(caller, enrolments), ...checkClock(world, identity.clockOffsetMs), ...policy]
  return { source: { about, checks }, sessions }
}

/** The session in each MFA profile, or what is wrong with it. */
type Found = ReadonlyMap<string, Session | Check>

function findSessions(run: Run, enrolments: readonly Enrolment[], now: Date): Found {
  return new Map(enrolments.map((enrolment) => [enrolment.mfaProfile, findSession(run, enrolment, now)]))
}

/** What can be said of sessions when AWS cannot be asked. */
function untested(found: Found, { kind }: Failure, now: Date): ReadonlyMap<string, Check> {
  const check = (session: Session | Check): Check => {
    if (session instanceof Session) {
      const lasts = `the session lasts another ${timeLeft(session, now)}; whether AWS accepts it is untested`
      return warn('session', lasts)
    }
    // Without AWS there is nothing that a person could do about it.
    return kind === 'retry' ? { ...session, passing: true } : session
  }
  return new Map([...found].map(([mfaProfile, session]) => [mfaProfile, check(session)]))
}

/** One refresh writes its session into several profiles: AWS is asked about it once. */
async function askSessions(
  found: Found,
  ask: (session: Session) => Promise<Check>,
): Promise<ReadonlyMap<string, Check>> {
  const answers = new Map<string, Promise<Check>>()
  const askOnce = (session: Session) => {
    const print = fingerprint(session)
    const answer = answers.get(print) ?? ask(session)
    answers.set(print, answer)
    return answer
  }
  const checks = [...found].map(async ([mfaProfile, session]): Promise<[string, Check]> => {
    return [mfaProfile, session instanceof Session ? await askOnce(session) : session]
  })
  return new Map(await Promise.all(checks))
}

/**
 * Where STS is asked for an enrolment.
 *
 * @throws Failure `act` when a setting names no region
 */
export function regionOf(world: World, profiles: AwsProfiles, { sourceProfile, serialNumber }: Enrolment): string {
  const sourceProfileRegion = profiles.setting(sourceProfile, 'region')
  return chooseRegion({ flag: undefined, env: world.env, sourceProfileRegion, serialNumber })
}

interface Caller {
  /** with the long-term keys, at AWS's time */
  readonly signer: Signer
  readonly identity: CallerIdentity
}

/** @throws Failure when the keys cannot be used, or AWS does not accept them */
async function askCaller({ world, clock }: Run, profiles: AwsProfiles, enrolment: Enrolment): Promise<Caller> {
  const keys = {
    credentials: await openKeys(world, passGate(profiles, enrolment)),
    region: regionOf(world, profiles, enrolment),
    settings: profiles.keys('config', enrolment.sourceProfile),
  }
  const ask = async (offsetMs: number): Promise<Caller> => {
    const identity = await world.sts.getCallerIdentity({ ...keys, clockOffsetMs: offsetMs })
    return { signer: { ...keys, clockOffsetMs: identity.clockOffsetMs ?? offsetMs }, identity }
  }
  try {
    return await ask(clock.offsetMs)
  } catch (error) {
    const refused = error instanceof StsFailure && error.reason === 'clock-refused'
    if (!refused || error.clockOffsetMs === undefined) throw error
    return await ask(error.clockOffsetMs)
  }
}

function checkCaller({ identity, signer }: Caller, enrolments: readonly Enrolment[]): Check[] {
  const { arn, account } = identity
  const checks = [
    isRoot(arn)
      ? warn('keys', `these are keys of the root user of account ${account}`, 'make an IAM user, and delete these keys')
      : ok('keys', `AWS accepts the keys in ${signer.region}: ${arn}`),
  ]
  const partition = arn.split(':')[1]
  for (const { mfaProfile, serialNumber } of enrolments) {
    const [, itsPartition, , , itsAccount] = serialNumber.split(':')
    // The number of a hardware token names no account.
    if (itsAccount === undefined || (itsAccount === account && itsPartition === partition)) continue
    checks.push(
      bad(
        'serial-number',
        `the device of profile ${mfaProfile} is in account ${itsAccount} (${itsPartition}), the keys in ${account} (${partition})`,
        'run awsmfa enroll with the device of the user who owns the keys, or name other keys with --profile',
      ),
    )
  }
  return checks
}

function checkClock(world: World, offsetMs: number | undefined): Check[] {
  if (offsetMs === undefined) return []
  const words = describeOffset(offsetMs)
  if (words === undefined) return [ok('clock', "this machine's clock agrees with AWS's")]
  return [warn('clock', `${words}; awsmfa allows for it, other tools may not`, world.clock.mending)]
}

/** The session that the credentials file holds, or what is wrong with it as far as the file tells. */
function findSession(run: Run, { mfaProfile, durationSeconds, codes }: Enrolment, now: Date): Session | Check {
  // Also one that awsmfa did not write: what AWS says of it is worth more.
  const { session } = standing(run.profiles?.keys('credentials', mfaProfile), durationSeconds, now)
  const cure =
    codes.kind === 'none'
      ? `awsmfa --mfa-profile-name ${mfaProfile} CODE`
      : `awsmfa refresh --mfa-profile-name ${mfaProfile}`
  if (session === undefined) {
    return bad('session', 'there is no session that can be used, or nothing says when it ends', cure)
  }
  if (secondsLeft(session, now) > 0) return session
  return bad('session', `the session ended ${inWords((now.getTime() - session.expiration.getTime()) / 1000)} ago`, cure)
}

async function askSession(world: World, signer: Signer, session: Session, now: Date): Promise<Check> {
  try {
    await world.sts.getCallerIdentity({ ...signer, credentials: session })
    return ok('session', `AWS accepts the session, which lasts another ${timeLeft(session, now)}`)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    if (error.kind === 'retry') return failed('session', error)
    return bad('session', `AWS does not accept the session: ${error.message}`, 'awsmfa refresh --force')
  }
}

function timeLeft(session: Session, now: Date): string {
  return inWords(secondsLeft(session, now))
}

async function askPolicy(
  world: World,
  { signer, identity, sourceProfile, now }: Caller & { readonly sourceProfile: string; readonly now: Date },
  session: Session | undefined,
): Promise<Check[]> {
  // No policy of the account binds its root user.
  if (isRoot(identity.arn)) return []
  try {
    if (customEndpoint(world.env, 'STS') !== undefined && customEndpoint(world.env, 'IAM') === undefined) {
      // Whoever asks a stand-in or a VPC endpoint for sessions does not expect a call to the open internet.
      const why = 'STS has an endpoint of its own, and none is named for IAM'
      return [warn('policy', `whether a policy asks for MFA is untested: ${why}`, 'set AWS_ENDPOINT_URL_IAM too')]
    }
    const { userName } = iamUser(identity.arn, 'in use')
    const [keyAlone, withMfa] = await Promise.all([
      permission(world, signer, userName),
      session && permission(world, { ...signer, credentials: session }, userName),
    ])
    const listed = [keyAlone, withMfa].find((each) => typeof each === 'object')
    const age =
      typeof listed === 'object' ? checkAge(listed, accessKeyIdOf(signer.credentials), now, sourceProfile) : []
    return [checkPolicy(outcome(keyAlone), withMfa && outcome(withMfa)), ...age]
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return [warn('policy', `whether a policy asks for MFA could not be tested: ${error.message}`, ...error.hints)]
  }
}

function outcome(answer: readonly ListedKey[] | Permission): Permission {
  return typeof answer === 'object' ? 'allowed' : answer
}

/** @throws Failure when AWS does not answer the question */
async function permission(
  world: World,
  signer: Signer,
  userName: string,
): Promise<readonly ListedKey[] | Exclude<Permission, 'allowed'>> {
  try {
    return await world.iam.listAccessKeys(signer, userName)
  } catch (error) {
    if (!(error instanceof IamFailure) || !['denied', 'needs-mfa'].includes(error.reason)) throw error
    return denialIn(error.cause instanceof Error ? error.cause.message : '')
  }
}

function isRoot(arn: string): boolean {
  return arn.endsWith(':root')
}
