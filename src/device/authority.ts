import type { Profile } from '../core/awsFile.js'
import { type AwsCredentials, Session } from '../core/session.js'
import { IamFailure } from '../errors.js'
import type { Signer } from '../outside/aws.js'
import type { AwsClock } from '../session/awsClock.js'
import type { Identified } from '../session/identify.js'

/**
 * In whose name IAM is asked. A user's own keys often suffice; where a policy or AWS's own rule wants MFA, other credentials
 * of the same user are tried in turn.
 */
export class Authority {
  readonly #clock: AwsClock
  readonly #region: string
  readonly #settings: Profile | undefined
  readonly #sources: AsyncIterator<AwsCredentials>
  #credentials: AwsCredentials | undefined

  /** @param sources - the credentials in the order in which they are to be tried; each is got when it is needed */
  constructor(
    clock: AwsClock,
    { region, settings }: Pick<Identified, 'region' | 'settings'>,
    sources: AsyncIterable<AwsCredentials>,
  ) {
    this.#clock = clock
    this.#region = region
    this.#settings = settings
    this.#sources = sources[Symbol.asyncIterator]()
  }

  /** The session in use, `undefined` while it is long-term keys or nothing. */
  get session(): Session | undefined {
    return this.#credentials instanceof Session ? this.#credentials : undefined
  }

  signerFor(credentials: AwsCredentials): Signer {
    return { credentials, region: this.#region, settings: this.#settings, clockOffsetMs: this.#clock.offsetMs }
  }

  /**
   * Does `work`, again with the next credentials when AWS does not allow it with these.
   *
   * @throws what `work` throws when there are no more; what getting the credentials throws
   */
  async attempt<T>(work: (signer: Signer) => Promise<T>): Promise<T> {
    this.#credentials ??= await this.#next()
    for (;;) {
      if (this.#credentials === undefined) throw new Error('there are no credentials at all')
      try {
        return await work(this.signerFor(this.#credentials))
      } catch (error) {
        const next = this.#mayGoOn(error) ? await this.#next() : undefined
        if (next === undefined) throw error
        this.#credentials = next
      }
    }
  }

  /** A session that AWS does not accept any more is no reason to give up either. */
  #mayGoOn(error: unknown): boolean {
    if (!(error instanceof IamFailure)) return false
    return isForbidden(error) || (error.reason === 'refused' && this.#credentials instanceof Session)
  }

  async #next(): Promise<AwsCredentials | undefined> {
    const { value, done } = await this.#sources.next()
    return done === true ? undefined : value
  }
}

/** Whether AWS would have done it for somebody else, or for the same user with MFA. */
export function isForbidden(error: unknown): boolean {
  return error instanceof IamFailure && (error.reason === 'denied' || error.reason === 'needs-mfa')
}
