import { type Command, Option } from 'commander'
import {
  type Context,
  declare,
  flagsOf,
  settingsOf,
  singleMfaProfile,
  withProfileFlags,
  withVoiceFlags,
} from './flags.js'

interface EnrollFlags {
  readonly seedStdin?: boolean
  readonly qr?: string
  readonly qrClipboard?: boolean
  readonly account?: string
  readonly hardwareToken?: boolean
  readonly replace?: boolean
}

/** `awsmfa enroll` */
export function declareEnroll(program: Command, { world }: Context): void {
  const command = declare(
    program,
    'enroll',
    'Put a seed in the keychain, prove it with one real session, remember the profile.',
    [
      'awsmfa enroll --serial-number arn:aws:iam::123456789012:mfa/alice',
      'awsmfa enroll --qr screenshot.png',
      'awsmfa enroll --profile work --mfa-profile-name work-mfa',
      'awsmfa enroll --serial-number GAHT12345678 --hardware-token',
    ],
  )
  withVoiceFlags(withProfileFlags(command))
    .option('--seed-stdin', 'read the seed from standard input, not from the terminal')
    .addOption(
      new Option('--qr <file>', 'read the seed from the QR code in a PNG or JPEG; - is standard input').conflicts([
        'qrClipboard',
        'seedStdin',
        'hardwareToken',
      ]),
    )
    .addOption(
      new Option('--qr-clipboard', "read the seed from the QR code in the clipboard's picture").conflicts([
        'seedStdin',
        'hardwareToken',
      ]),
    )
    .option('--account <name>', 'which account of a Google Authenticator export, by name or number')
    .option('--hardware-token', 'keep the settings without a seed: later codes are typed')
    .option('--replace', 'put another seed in the place of one that is enrolled already')
    .action(async () => {
      const flags = flagsOf<EnrollFlags>(command)
      const { seedStdin = false, qr, qrClipboard, account, hardwareToken = false, replace = false } = flags
      const mfaProfile = singleMfaProfile(flags)
      const { enroll } = await import('../commands/enroll.js')
      await enroll(world, {
        ...settingsOf(flags),
        mfaProfile,
        seedStdin,
        qr,
        qrClipboard,
        account,
        hardwareToken,
        replace,
      })
    })
}
