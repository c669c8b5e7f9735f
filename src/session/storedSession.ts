import { expirationOf, secondsLeft } from '../core/freshness.js'
import { Session } from '../core/session.js'
import type { AwsProfiles } from './awsProfiles.js'

/** Enough for the few calls that are made with it. */
const fewestSeconds = 60

/**
 * The session in an MFA profile, while it is good.
 *
 * @param now - at AWS's clock
 */
export function storedSession(profiles: AwsProfiles, mfaProfile: string, now: Date): Session | undefined {
  const keys = profiles.keys('credentials', mfaProfile)
  const expiration = expirationOf(keys)
  if (expiration === undefined || secondsLeft(expiration, now) < fewestSeconds) return undefined
  const { aws_access_key_id: id = '', aws_secret_access_key: secret = '', aws_session_token: token = '' } = keys ?? {}
  return new Session(id, secret, token, expiration)
}
