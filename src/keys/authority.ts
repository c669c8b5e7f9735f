import { isChained } from '../core/role.js'
import type { AwsCredentials } from '../core/session.js'
import { Failure, IamFailure } from '../errors.js'
import type { Signer } from '../outside/aws.js'
import { askCode } from '../session/askCode.js'
import type { OpenSource } from '../session/codes/codeSource.js'
import type { Enrolment } from '../session/enrolment.js'
import type { Identified } from '../session/identify.js'
import type { AwsProfiles } from '../session/profiles.js'
import type { Run } from '../session/run.js'
import { sessionFor, type Wanted } from '../session/sessionFor.js'

/** Enough for all calls of a run, and less than any duration that can be asked for. */
const enoughSeconds = 600

/**
 * In whose name a user's keys are changed: by the session of an enrolled profile, because policies ask for MFA there. It is
 * renewed when it ends soon, or when AWS does not accept it any more.
 */
export class KeyAuthority {
  readonly #run: Run
  readonly #enrolment: Enrolment
  readonly #identified: Identified
  readonly #region: string | undefined

  /** @param region - what `--region` says */
  constructor(run: Run, enrolment: Enrolment, identified: Identified, region: string | undefined) {
    this.#run = run
    this.#enrolment = enrolment
    this.#identified = identified
    this.#region = region
  }

  /** Makes sure of a session, outside of any lock. A code is sent only where none is good for long enough. */
  async open(): Promise<void> {
    await this.#session(false)
  }

  /** Does `work`, once more with a new session when AWS does not accept this one: it did nothing then. */
  async attempt<T>(work: (signer: Signer) => Promise<T>): Promise<T> {
    try {
      return await work(this.signerFor(await this.#session(false)))
    } catch (error) {
      if (!(error instanceof IamFailure) || error.reason !== 'refused' || error.mayHaveWorked) throw error
      return await work(this.signerFor(await this.#session(true)))
    }
  }

  signerFor(credentials: AwsCredentials): Signer {
    const { region, settings } = this.#identified
    return { credentials, region, settings, clockOffsetMs: this.#run.clock.offsetMs }
  }

  /** What a new session of the enrolment is asked for with, and with it of all that it serves. */
  async wanted(enrolment = this.#enrolment): Promise<Wanted> {
    const source = await typedFor(this.#run, enrolment)
    return {
      enrolments: (profiles) => group(profiles, enrolment),
      force: true,
      region: this.#region,
      ...(source === undefined ? {} : { source }),
    }
  }

  async #session(force: boolean): Promise<AwsCredentials> {
    const run = this.#run
    const { mfaProfile, durationSeconds } = this.#enrolment
    await run.read()
    const standing = run.standing(mfaProfile, durationSeconds).session
    if (!force && standing !== undefined && run.isFresh(mfaProfile, durationSeconds, enoughSeconds)) return standing
    const { session } = await sessionFor(run, await this.wanted())
    if (session !== undefined) return session
    throw new Failure('act', `profile ${mfaProfile} is not enrolled any more`, 'awsmfa status shows what is')
  }
}

/** The enrolments that one session serves. */
function group(profiles: AwsProfiles, { mfaProfile, ...wanted }: Enrolment): readonly Enrolment[] {
  const same = (each: Enrolment) => {
    const { mfaProfile: _, ...facts } = each
    return JSON.stringify(facts) === JSON.stringify(wanted)
  }
  return profiles.enrolled().flatMap((name) => {
    if (name !== mfaProfile && profiles.keys('config', name)?.awsmfa_source_profile !== wanted.sourceProfile) return []
    const each = readable(profiles, name)
    return each !== undefined && same(each) ? [each] : []
  })
}

function readable(profiles: AwsProfiles, name: string): Enrolment | undefined {
  try {
    return profiles.enrolment(name)
  } catch (error) {
    // A broken one is no reason to leave the others without a session.
    if (error instanceof Failure) return undefined
    throw error
  }
}

async function typedFor({ world }: Run, enrolment: Enrolment): Promise<OpenSource | undefined> {
  const { codes, serialNumber, mfaProfile } = enrolment
  // A role of up to an hour is taken with the session, which is new by then.
  if (codes.kind !== 'none' || isChained(enrolment)) return undefined
  if (world.terminal.interactive) return { typed: await askCode(world, `code of ${serialNumber}:`) }
  throw new Failure('act', `the codes of profile ${mfaProfile} are typed, and nobody is there to type one`, [
    'run it in a terminal, with the device at hand',
  ])
}
