import { Failure } from '../errors.js'
import type { AwsFileKind } from './awsFileScan.js'
import { profileOf } from './awsHeader.js'
import { codePoint, printable } from './text.js'

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
  const plain = (text: string) =>
    text
      .normalize()
      .replace(/\p{Cf}/gu, '')
      .trim()
      .replace(/\s+/g, ' ')
      .toLowerCase()
  const fold = (text: string) => plain(text).replace(/^profile /, '')
  for (const file of ['credentials', 'config'] as const) {
    const header = headers[file].find((each) => {
      const profile = profileOf(file, each)
      return profile !== name && [profile ?? each, each].some((one) => fold(one) === fold(name))
    })
    if (header === undefined) continue
    const where = `[${header}] in the ${file} file`
    const profile = profileOf(file, header)
    if (profile !== undefined && [plain(name), fold(name)].includes(plain(profile))) {
      return printable(`did you mean '${profile}', ${where}? capital letters, blanks and invisible characters count`)
    }
    const right = file === 'config' && name !== 'default' ? `profile ${name}` : name
    return printable(`${where} is not profile ${name} to the AWS CLI: write [${right}] there`)
  }
  return undefined
}

/** Far above the length of any chain of profiles. */
export const mostHops = 10

/**
 * The profiles from one to the end of its chain of `source_profile`, whose keys sign.
 *
 * @param keysOf - the settings of a profile, none of one that is not there
 * @returns none for a role that is taken with no profile's keys, and for a chain without an end
 */
export function sourceChain(
  profile: string,
  keysOf: (profile: string) => Readonly<Record<string, string>>,
): readonly string[] {
  const chain = [profile]
  for (let name = profile; chain.length <= mostHops; chain.push(name)) {
    const { source_profile: next, role_arn } = keysOf(name)
    if (next === undefined || next === name) return role_arn === undefined || next === name ? chain : []
    name = next
  }
  return []
}

type Fault = readonly [fault: RegExp, words: string, hint?: string]

const bare = 'write the key alone, with nothing round it, in it or behind it'
const taken = ', which the AWS CLI takes as part of the key'

/** What a value can have that no key has; the first that fits is told. */
const faults: readonly Fault[] = [
  [/^[<[{(].*[>\]})]$|^\$|^%.*%$|your[-_ ]|(?:change|replace)[-_ ]?me/i, 'is a placeholder'],
  [/^(?:A[KS]IA)?[-_]*([^\s])\1{3,}$|\*{3}|\.{3}|…/, 'is a placeholder'],
  [/\s[#;]|^[#;]/, `has a comment behind it${taken}`],
  // Also those that a word processor makes of them.
  [/^["'`“”„‘’‚«»].*["'`“”„‘’‚«»]$/, `has quotes round it${taken}`],
  [/["'`“”„‘’‚«»]/, `has a quote in it${taken}`],
  [/#/, `has a # in it${taken}`],
  [/[ \t]/, `has a blank in it${taken}`],
]

/**
 * Whether long-term keys can be keys at all, before a code is spent on them: AWS would say only that it does not know
 * them, and what cannot stand in an HTTP header is not even sent.
 *
 * Of a key id the AWS API asks for `\w{16,128}`, and AWS's are capital letters and digits
 * (https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKey.html). Of secrets no shape is promised, and stand-ins
 * have others than AWS, so only what cannot be in one is refused.
 *
 * @param path - of the file that the keys are in, for the message
 * @throws Failure `act` that repeats nothing of either value
 */
export function expectKeyShape(profile: string, accessKeyId: string, secretAccessKey: string, path: string): void {
  const id = faultOf(accessKeyId) ?? faultOfId(accessKeyId, secretAccessKey)
  const [name, fault] = id ? ['aws_access_key_id', id] : ['aws_secret_access_key', faultOf(secretAccessKey)]
  const [, words, hint = bare] = fault ?? faultOfSecret(secretAccessKey) ?? []
  if (words === undefined) return
  const cure =
    words === 'is a placeholder' ? `put the keys of the user there: aws configure --profile ${profile}` : hint
  throw new Failure('act', `${name} of profile ${profile} in ${path} ${words}`, cure)
}

function faultOf(value: string): Fault | undefined {
  const known = faults.find(([pattern]) => pattern.test(value))
  if (known !== undefined) return known
  const characters = [...value]
  const at = characters.findIndex((character) => !/^[\x21-\x7e]$/.test(character))
  if (at < 0) return undefined
  const place = at === 0 ? 'at its start' : `after character ${at}`
  return [
    /^/,
    `has a character that AWS keys never have (${codePoint(characters[at])} ${place})`,
    'type it again, or remove that one',
  ]
}

function faultOfId(id: string, secret: string): Fault | undefined {
  if (/^[A-Z0-9]{16,128}$/.test(id)) return undefined
  const swap = 'the key id is the one of the two that begins with AKIA'
  if (looksLikeId(secret) || /^[A-Za-z0-9/+=]{40}$/.test(id)) return [/^/, 'looks like the secret', swap]
  if (/^[a-z0-9]+$/.test(id)) return [/^/, 'is in small letters, and key ids have capital letters', bare]
  if (/^[A-Z0-9]+$/.test(id)) return [/^/, `has ${id.length} characters, and most key ids have 20`, 'copy it again']
  return [/^/, 'is no key id: those are capital letters and digits', 'it is AKIA and sixteen more of these']
}

function faultOfSecret(secret: string): Fault | undefined {
  return looksLikeId(secret)
    ? [
        /^/,
        'is a key id, not a secret',
        'the secret was shown once, when the key was made: if it is lost, make another key',
      ]
    : undefined
}

function looksLikeId(value: string): boolean {
  return /^(?:A[KS]IA|LSIA|LKIA)[A-Z0-9]{12,124}$/.test(value)
}
