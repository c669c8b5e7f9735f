import { refresh } from '../commands/refresh.js'
import { isCode, parseCode } from '../core/code.js'
import { Failure } from '../errors.js'
import { profileFlags, settingsOf } from './flags.js'
import { command } from './spec.js'

/** `awsmfa CODE`: the Go tool's own form. */
export const manual = command({
  about: 'Renew with a typed code.',
  examples: [
    'awsmfa enroll --create # makes an MFA device for this machine',
    'awsmfa refresh # no input: for cron, timers and login hooks',
    'awsmfa 123456 # type a code, as with a hardware token',
    'aws s3 ls --profile mfa',
  ],
  flags: profileFlags,
  operand: { name: 'CODE', many: true, parse: codeOf },
  async run(world, flags, code) {
    const mfaProfiles = flags.mfaProfileName === undefined ? [] : [flags.mfaProfileName]
    return await refresh(world, { ...settingsOf(flags), mfaProfiles, one: true, force: true, code, quiet: flags.quiet })
  },
})

/** Phones show a code as two groups of three digits, and so people type it. */
function codeOf(words: readonly string[]): string {
  const [only, second, third] = words
  if (only === undefined) {
    throw new Failure('usage', 'CODE is required: the six digits that the device shows now', [
      'for example: awsmfa --serial-number arn:aws:iam::123456789012:mfa/alice 123456',
    ])
  }
  refuseSeed(words)
  if (second === undefined) return parseCode(only)
  if (third === undefined && only !== '' && second !== '' && isCode(only + second)) return only + second
  throw new Failure('usage', 'too many arguments: awsmfa takes one code', 'awsmfa help shows what there is')
}

/**
 * Base32 of 80 bits or more, in one piece or in groups of four, or a link: nothing else on the command line looks like it.
 *
 * @throws Failure `usage`
 */
export function refuseSeed(words: readonly string[]): void {
  const found = words.some((word) => /^otpauth|^[a-z2-7=\s-]{16,}$/i.test(word))
  if (found || /^([a-z2-7]{4} ){3,}[a-z2-7]{1,4}$/i.test(words.join(' '))) throw seedInArguments()
}

export function seedInArguments(): Failure {
  return new Failure(
    'usage',
    'a seed does not belong on the command line, where other users and the shell history see it',
    'if this was one, make a new device in the IAM console; awsmfa enroll asks for its seed without showing it',
  )
}
