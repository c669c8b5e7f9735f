import type { Profile } from '../core/awsFile.js'
import type { LongTermKeys, Session } from '../core/session.js'
import { attempt, Failure, StsFailure } from '../errors.js'
import type { SessionAnswer } from '../outside/aws.js'
import type { Run } from './run.js'
import { giveBack, type TakenCode } from './takeCode.js'

/** What AWS is asked for. */
export interface Asked {
  readonly keys: LongTermKeys
  readonly region: string
  readonly serialNumber: string
  readonly durationSeconds: number
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
 * Sends one code. What comes back is a session or a refusal, and nothing that happens afterwards can turn one into the
 * other. A step leaves the ledger only when its code surely never left this machine.
 *
 * @throws Failure `usage` or `act` when the settings of the way to AWS are unusable; nothing was sent then
 */
export async function sendCode(run: Run, asked: Asked, taken: TakenCode): Promise<Given | Refused> {
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
  { code, step }: TakenCode,
): Promise<SessionAnswer | StsFailure> {
  try {
    return await world.sts.getSessionToken({ ...asked, code, clockOffsetMs: clock.offsetMs })
  } catch (error) {
    // What is no StsFailure came from unusable settings, before anything was sent.
    const surelyUnsent = error instanceof StsFailure ? !error.codeMayBeSpent : error instanceof Failure
    // One step less to choose from is no reason to hide why nothing was sent.
    if (surelyUnsent) await attempt(() => giveBack(world, asked.serialNumber, step))
    if (error instanceof StsFailure) return error
    throw error
  }
}
