import { Failure } from '../errors.js'

/** Names that some tool takes for something else. */
const unusable: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  DEFAULT: 'which the AWS CLI mixes into every profile',
  ['__proto__']: 'which the AWS SDK for JavaScript cannot read',
})

/**
 * Checks the name of a profile that is to be written: only characters that every AWS tool reads alike in a section's
 * header (AWS SDKs and Tools Reference Guide, "Format of the config file").
 *
 * @param origin - where the name stands, for the message
 * @throws Failure `usage`
 */
export function parseProfileName(text: string, origin: string): string {
  if (text === '') throw new Failure('usage', `${origin} is empty`, 'name a profile')
  if (!/^[A-Za-z0-9_.\-/%@:+]+$/.test(text)) {
    throw new Failure('usage', `${origin} '${text}' has a character that not every AWS tool reads`, [
      'use letters, digits and _ . - / % @ : +',
    ])
  }
  const why = unusable[text]
  if (why !== undefined) throw new Failure('usage', `${origin} is ${text}, ${why}`, 'name another profile')
  return text
}
