import { Failure } from '../errors.js'

/**
 * Picks the text that holds a seed out of what the QR codes of one picture say; a screenshot may show others too.
 *
 * @param texts - of all codes found
 * @param name - how messages call the picture
 * @throws Failure `usage` when none or more than one holds a seed; never echoes a text
 */
export function qrSeedText(texts: readonly string[], name: string): string {
  const links = texts.filter((text) => /^otpauth(-migration)?:\/\//i.test(text.trim()))
  const [only, another] = links
  if (only !== undefined && another === undefined) return only
  if (only !== undefined) {
    throw new Failure('usage', `${name} shows ${links.length} QR codes with a seed`, [
      'crop the picture to the one of the MFA device',
    ])
  }
  if (texts.length === 0) {
    throw new Failure('usage', `no QR code can be read in ${name}`, [
      'take a screenshot instead of a photo, with the whole code and a margin around it, or crop the picture to it',
      'or paste the "secret key" that AWS shows beside the QR code: run awsmfa enroll without a picture',
    ])
  }
  const what = texts.length === 1 ? 'the QR code holds no seed' : `none of the ${texts.length} QR codes holds a seed`
  throw new Failure('usage', `${what}: ${name} shows ${kindOf(texts)}`, [
    'AWS shows the right one when a virtual MFA device is made: it begins with otpauth://totp/',
  ])
}

/** Only the kind: a code that is not ours may hold another secret, such as a sign-in link. */
function kindOf(texts: readonly string[]): string {
  return texts.every((text) => /^https?:/i.test(text)) ? 'a web address' : 'something else'
}
