import { inspect } from 'node:util'

/** Long-term keys of an IAM user, as the source profile holds them. Prints without its secret. */
export class LongTermKeys {
  readonly accessKeyId: string
  readonly #secretAccessKey: string

  constructor(accessKeyId: string, secretAccessKey: string) {
    this.accessKeyId = accessKeyId
    this.#secretAccessKey = secretAccessKey
  }

  /** For signing only. */
  revealSecret(): string {
    return this.#secretAccessKey
  }

  toString(): string {
    return '[keys]'
  }

  toJSON(): string {
    return '[keys]'
  }

  [inspect.custom](): string {
    return '[keys]'
  }
}

/** What can sign a request: a user's own keys, or a session of theirs. */
export type AwsCredentials = LongTermKeys | Session

/** What GetSessionToken returned, validated. Prints as `[session]`. */
export class Session {
  readonly expiration: Date
  readonly #accessKeyId: string
  readonly #secretAccessKey: string
  readonly #sessionToken: string

  /** @param expiration - the instant that AWS names, not one computed here */
  constructor(accessKeyId: string, secretAccessKey: string, sessionToken: string, expiration: Date) {
    this.#accessKeyId = accessKeyId
    this.#secretAccessKey = secretAccessKey
    this.#sessionToken = sessionToken
    this.expiration = expiration
  }

  /** For the credentials file only. */
  reveal(): { accessKeyId: string; secretAccessKey: string; sessionToken: string } {
    return {
      accessKeyId: this.#accessKeyId,
      secretAccessKey: this.#secretAccessKey,
      sessionToken: this.#sessionToken,
    }
  }

  toString(): string {
    return '[session]'
  }

  toJSON(): string {
    return '[session]'
  }

  [inspect.custom](): string {
    return '[session]'
  }
}

/** The id of the key that signs, of which people know the last characters. */
export function accessKeyIdOf(credentials: AwsCredentials): string {
  return credentials instanceof LongTermKeys ? credentials.accessKeyId : credentials.reveal().accessKeyId
}

/** The `Credentials` of an answer as they were parsed, believed in nothing yet. */
export interface RawCredentials {
  readonly AccessKeyId?: string | undefined
  readonly SecretAccessKey?: string | undefined
  readonly SessionToken?: string | undefined
  readonly Expiration?: Date | undefined
}

/** A session with less left is of no use, and more likely somebody's mistake. */
const shortestLifeMs = 60_000
/** AWS takes a signature from a clock that is up to 15 minutes off, so the time known here can be as wrong. */
const toleranceMs = 15 * 60_000
/** A machine whose clock were further off could not trust any certificate: they are made for 13 months at most. */
const furthestOffMs = 400 * 86_400_000
/** AWS's documentation's own, which is nobody's: moto answers with it. */
const exampleKey = 'AKIAIOSFODNN7EXAMPLE'
const visibleAscii = /^[\x21-\x7e]+$/

/**
 * Checks what an endpoint answered before it is believed: a captive portal's page parses to nothing, and a line end in
 * a token would write lines of its own into the credentials file.
 *
 * AWS promises no length of a token, so there is no limit here
 * (https://docs.aws.amazon.com/STS/latest/APIReference/API_Credentials.html).
 *
 * @param now - at AWS's clock
 * @param durationSeconds - what was asked for
 * @returns the session, or what is wrong, as the end of a sentence; it repeats no value
 */
export function readSession(
  credentials: RawCredentials | undefined,
  now: Date,
  durationSeconds: number,
): Session | string {
  if (credentials === undefined) return 'it holds no credentials'
  const { AccessKeyId: id, SecretAccessKey: secret, SessionToken: token, Expiration: expiration } = credentials
  if (id === undefined || !/^\w{16,128}$/.test(id)) return 'its AccessKeyId is not one'
  // AWS's prefix of a user's own keys (IAM user guide, "Understanding unique ID prefixes").
  if (id.startsWith('AKIA') && id !== exampleKey) return 'its AccessKeyId is that of long-term keys'
  if (secret === undefined || !visibleAscii.test(secret)) return 'its SecretAccessKey is not one'
  if (token === undefined || !visibleAscii.test(token)) return 'its SessionToken is not one'
  if (!(expiration instanceof Date) || Number.isNaN(expiration.getTime())) return 'its Expiration is not a time'
  if (expiration.getTime() < now.getTime() + shortestLifeMs) return 'its Expiration is past'
  const latest = now.getTime() + durationSeconds * 1000 + toleranceMs
  if (expiration.getTime() > latest) return 'its Expiration is later than what was asked for'
  return new Session(id, secret, token, expiration)
}

/**
 * AWS's clock minus this machine's, from the `Date` of an answer.
 *
 * The header has whole seconds, so half a second is added; it was written at some instant between sending and receiving,
 * so the middle is taken. Wrong by half the time of the call at most.
 *
 * @param headers - names in lower case
 * @param sentMs - this machine's clock before the request, in milliseconds since the epoch
 * @param receivedMs - and after the answer
 * @returns milliseconds, or `undefined` when the answer came out of a cache (`Age`, RFC 9111 §5.1), took more than 15
 * minutes (the machine slept), or has no date that can be true
 */
export function clockOffset(
  headers: Readonly<Record<string, string | undefined>>,
  sentMs: number,
  receivedMs: number,
): number | undefined {
  const date = Date.parse(headers.date ?? '')
  const took = receivedMs - sentMs
  if (Number.isNaN(date) || headers.age !== undefined || took < 0 || took > 15 * 60_000) return undefined
  const offsetMs = Math.round(date + 500 - (sentMs + receivedMs) / 2)
  return Math.abs(offsetMs) > furthestOffMs ? undefined : offsetMs
}
