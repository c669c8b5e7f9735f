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
