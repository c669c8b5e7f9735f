import type { Seed } from './seed.js'

const issuer = 'Amazon Web Services'

/**
 * The link that authenticator apps read out of a QR code, as the IAM console makes it.
 *
 * Google's "Key URI Format" wants the issuer both before the name and as a parameter.
 *
 * @param account - what the app shows beside the code, such as `alice@123456789012`
 * @returns a secret: it holds the seed
 */
export function otpauthLink(seed: Seed, account: string): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`
  return `otpauth://totp/${label}?secret=${seed.reveal()}&issuer=${encodeURIComponent(issuer)}`
}
