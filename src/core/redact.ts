/** Key ids of users and of sessions; the shape is AWS's (IAM user guide, "Understanding unique ID prefixes"). */
const accessKeyId = /(?:AKIA|ASIA)[A-Z0-9]{8,}([A-Z0-9]{4})/g
/** The `secret` parameter of an otpauth link, also when the link is percent-encoded within another. */
const linkSecret = /(?<=\b|%3F|%26)secret(=|%3D)[^&\s"']+/gi
/** 26 characters are the 16 bytes that RFC 4226 §4 asks of a seed; nothing else that we print has so many capitals. */
const base32 = /[A-Z2-7]{26,}/g

/**
 * A net under everything that is said: no message is meant to hold a secret, and if one does it is caught here.
 * Answers on stdout do not pass it. Of a key id the last four characters stay, so that people can tell keys apart.
 */
export function redact(text: string): string {
  return text
    .replace(linkSecret, 'secret$1[seed]')
    .replace(accessKeyId, (_, lastFour: string) => `…${lastFour}`)
    .replace(base32, '[seed]')
}
