import { Failure } from '../errors.js'
import { type AwsFileKind, profileOf } from './awsFileScan.js'
import { printable } from './text.js'

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

/**
 * Checks the name of a profile that is only read: whatever the AWS CLI takes, blanks, quotes and letters of every script
 * among it, as far as it can be kept as a value of the config file, whose ends lose their blanks.
 *
 * @param origin - where the name stands, for the message
 * @throws Failure `usage`
 */
export function parseSourceProfileName(text: string, origin: string): string {
  const name = `${origin} '${printable(text)}'`
  if (text.trim() === '')
    throw new Failure('usage', `${origin} is empty`, 'name the profile that holds the long-term keys')
  if (/\p{Cc}/u.test(text)) {
    throw new Failure('usage', `${name} has a control character`, 'give the name as it stands in the section’s header')
  }
  if (text.trim() !== text) {
    throw new Failure('usage', `${name} has a blank at one end`, 'take the blank out, in the section’s header too')
  }
  if (text === 'DEFAULT')
    throw new Failure('usage', `${origin} is DEFAULT, ${unusable.DEFAULT}`, 'name another profile')
  return text
}

/**
 * What somebody may have meant who named a profile that is not there, as a hint.
 *
 * @param headers - what stands between the brackets of the sections of each file
 */
export function similarProfile(
  name: string,
  headers: Readonly<Record<AwsFileKind, readonly string[]>>,
): string | undefined {
  const fold = (text: string) => text.normalize().trim().replace(/\s+/g, ' ').toLowerCase()
  for (const file of ['credentials', 'config'] as const) {
    const header = headers[file].find((each) => {
      const profile = profileOf(file, each)
      return (
        profile !== name &&
        [profile ?? each, each.replace(/^\s*profile\s+/i, '')].some((one) => fold(one) === fold(name))
      )
    })
    if (header === undefined) continue
    const where = `[${header}] in the ${file} file`
    const profile = profileOf(file, header)
    if (profile !== undefined && fold(profile) === fold(name)) {
      return printable(`did you mean '${profile}', ${where}? capital letters and blanks count`)
    }
    const right = file === 'config' && name !== 'default' ? `profile ${name}` : name
    return printable(`${where} is not profile ${name} to the AWS CLI: write [${right}] there`)
  }
  return undefined
}
