/**
 * When the session in an MFA profile ends, as far as the file tells. awsmfa writes `x_security_token_expires`; the other
 * names are those of tools that people come from (saml2aws, aws-mfa and others), read so that a good session is kept.
 *
 * @param keys - the profile's keys in the credentials file
 * @returns `undefined` when the profile holds no session or nothing says when it ends: then it counts as expired
 */
export function expirationOf(keys: Readonly<Record<string, string>> | undefined): Date | undefined {
  if (keys === undefined) return undefined
  if (!keys.aws_access_key_id || !keys.aws_secret_access_key || !keys.aws_session_token) return undefined
  const text = keys.x_security_token_expires ?? keys.aws_session_expiration ?? keys.expiration
  return text === undefined ? undefined : parseInstant(text)
}

/** RFC 3339, also with a blank for the `T`, without colon in the zone, or without zone, which then means UTC. */
function parseInstant(text: string): Date | undefined {
  const match = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2}(?:\.\d+)?)\s*(Z|[+-]\d{2}:?\d{2})?$/i.exec(text.trim())
  if (match === null) return undefined
  const [, day, time, zone = 'Z'] = match
  const instant = new Date(`${day}T${time}${zone.replace(/^([+-]\d{2})(\d{2})$/, '$1:$2').toUpperCase()}`)
  return Number.isNaN(instant.getTime()) ? undefined : instant
}

/** RFC 3339 in UTC with whole seconds, as awsmfa writes every instant. */
export function formatInstant(instant: Date): string {
  return `${instant.toISOString().slice(0, 19)}Z`
}

/** Seconds until `expiration`; 0 when it has passed or is unknown. */
export function secondsLeft(expiration: Date | undefined, now: Date): number {
  return expiration === undefined ? 0 : Math.max(0, Math.floor((expiration.getTime() - now.getTime()) / 1000))
}

/**
 * Whether a session need not be renewed yet. Half of its duration by default: programs do not re-read the file while
 * they run, so those that start should find a long remainder.
 *
 * @param durationSeconds - how long the profile's sessions last
 * @param minRemainingSeconds - overrides "half"
 */
export function isFresh(
  expiration: Date | undefined,
  now: Date,
  durationSeconds: number,
  minRemainingSeconds: number | undefined,
): boolean {
  return secondsLeft(expiration, now) > (minRemainingSeconds ?? durationSeconds / 2)
}
