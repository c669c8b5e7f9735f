import type { Profile } from '../core/awsFile.js'
import { type Role, sessionNameFor } from '../core/role.js'
import { type AwsCredentials, LongTermKeys, type Session } from '../core/session.js'
import { attempt, Failure, StsFailure } from '../errors.js'
import type { SessionAnswer } from '../outside/aws.js'
import type { World } from '../world.js'
import type { Run } from './run.js'
import { giveBack, type TakenCode } from './takeCode.js'

/** What AWS is asked for. */
export interface Asked {
  /** long-term keys; or the MFA session with which a role is taken, and then there is no code */
  readonly credentials: AwsCredentials
  readonly region: string
  readonly serialNumber: string
  readonly durationSeconds: number
  /** absent: the user's own session */
  readonly role?: Role | undefined
  /** of the source profile, for its settings of the way to AWS */
  readonly settings?: Profile | undefined
}

/** A session that AWS has given. */
export interface Given {
  readonly session: Session
  /** how long it lasts, in seconds: AWS may give less than was asked for */
  readonly lifeSeconds: number
}

/** That AWS has not given one, and how far this machine's idea of AWS's clock was corrected by the answer. */
export interface Refused {
  readonly refusal: StsFailure
  readonly correctionMs: number
}

/**
 * Asks AWS for a session, with one code or with the session that spares it. What comes back is a session or a refusal, and nothing that happens afterwards can turn one into the
 * other. A step leaves the ledger only when its code surely never left this machine.
 *
 * @throws Failure `usage` or `act` when the settings of the way to AWS are unusable; nothing was sent then
 */
export async function send(run: Run, asked: Asked, taken: TakenCode | undefined): Promise<Given | Refused> {
  const answer = await ask(run, asked, taken)
  const correctionMs = await run.clock.learn(answer.clockOffsetMs)
  if (answer instanceof StsFailure) return { refusal: answer, correctionMs }
  const { session } = answer
  const lifeMs = session.expiration.getTime() - run.clock.now().getTime()
  return { session, lifeSeconds: Math.max(1, Math.round(lifeMs / 1000)) }
}

async function ask(
  { world, clock }: Run,
  asked: Asked,
  taken: TakenCode | undefined,
): Promise<SessionAnswer | StsFailure> {
  try {
    return await call(world, asked, taken, clock.offsetMs)
  } catch (error) {
    // What is no StsFailure came from unusable settings, before anything was sent.
    const surelyUnsent = error instanceof StsFailure ? !error.codeMayBeSpent : error instanceof Failure
    // One step less to choose from is no reason to hide why nothing was sent.
    if (surelyUnsent && taken) await attempt(() => giveBack(world, asked.serialNumber, taken.step))
    if (error instanceof StsFailure) return error
    throw error
  }
}

async function call({ sts }: World, asked: Asked, taken: TakenCode | undefined, clockOffsetMs: number) {
  const { credentials, serialNumber, durationSeconds, role, region, settings } = asked
  const code = taken?.code
  if (role === undefined) {
    if (code === undefined || !(credentials instanceof LongTermKeys)) {
      throw new Error('a session with MFA was asked for without keys of a user and a code')
    }
    return await sts.getSessionToken({
      keys: credentials,
      serialNumber,
      code,
      durationSeconds,
      region,
      settings,
      clockOffsetMs,
    })
  }
  return await sts.assumeRole({
    credentials,
    mfa: code === undefined ? undefined : { serialNumber, code },
    role: { ...role, sessionName: role.sessionName ?? sessionNameFor(serialNumber) },
    durationSeconds,
    region,
    settings,
    clockOffsetMs,
  })
}
