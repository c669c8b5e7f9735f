import { type Command, Option } from 'commander'
import { Failure } from '../errors.js'
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
  readonly create?: boolean
  readonly deviceName?: string
  readonly code?: string
  readonly showQr?: boolean
  readonly seedStdin?: boolean
  readonly qr?: string
  readonly qrClipboard?: boolean
  readonly account?: string
  readonly hardwareToken?: boolean
  readonly mfaProcess?: string
  readonly seedStore?: 'keychain' | 'file'
  readonly identity?: string
  readonly newIdentity?: string
  readonly passphraseFile?: string
  readonly passphraseCommand?: string
  readonly replace?: boolean
}

/** `awsmfa enroll` */
export function declareEnroll(program: Command, { world }: Context): void {
  const command = declare(
    program,
    'enroll',
    'Put a seed in the keychain, prove it with one real session, remember the profile.',
    [
      'awsmfa enroll --create         # makes a device for this machine, next to your phone',
      'awsmfa enroll --serial-number arn:aws:iam::123456789012:mfa/alice',
      'awsmfa enroll --qr screenshot.png',
      'awsmfa enroll --profile work --mfa-profile-name work-mfa',
      'awsmfa enroll --serial-number GAHT12345678 --hardware-token',
      "awsmfa enroll --mfa-process 'pass otp aws/alice'",
      'awsmfa enroll --create --seed-store file --new-identity ~/.config/awsmfa/identity.txt   # no keychain here',
    ],
  )
  withVoiceFlags(withProfileFlags(command))
    .addOption(
      new Option('--create', 'make a device for this machine and enable it, next to those that you have').conflicts([
        'seedStdin',
        'qr',
        'qrClipboard',
        'account',
        'hardwareToken',
        'replace',
        'mfaProcess',
      ]),
    )
    .option('--device-name <name>', 'with --create: how the device is called (awsmfa-USER-MACHINE)')
    .option('--code <code>', 'with --create: six digits of a device that you have, named by --serial-number')
    .option('--show-qr', 'with --create: draw the QR code once, so that a phone can hold a copy')
    .option('--seed-stdin', 'read the seed from standard input, not from the terminal')
    .addOption(
      new Option('--qr <file>', 'read the seed from the QR code in a PNG; - is standard input').conflicts([
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
    .addOption(
      new Option(
        '--mfa-process <command>',
        'a command that prints codes, instead of a seed; run without a shell',
      ).conflicts(['seedStdin', 'qr', 'qrClipboard', 'hardwareToken', 'seedStore']),
    )
    .addOption(
      new Option('--seed-store <store>', 'where the seed is kept: the keychain, or an age-encrypted file (keychain)')
        .choices(['keychain', 'file'])
        .conflicts('hardwareToken'),
    )
    .option('--identity <file>', 'the age identity that opens the seed file, as age-keygen makes it')
    .option('--new-identity <file>', 'make that identity now')
    .option('--passphrase-file <file>', 'the passphrase that opens the seed file is the first line of this one')
    .option('--passphrase-command <command>', 'or what this command prints')
    .option('--replace', 'put another seed in the place of one that is enrolled already')
    .action(async () => {
      const flags = flagsOf<EnrollFlags>(command)
      const { seedStdin = false, qr, qrClipboard, account, hardwareToken = false, replace = false } = flags
      const { mfaProcess, seedStore, identity, newIdentity, passphraseFile, passphraseCommand } = flags
      const mfaProfile = singleMfaProfile(flags)
      const seedOrigin = { seedStore, identity, newIdentity, passphraseFile, passphraseCommand }
      const { create = false, deviceName, code, showQr = false } = flags
      if (create) {
        const { createDevice } = await import('../commands/createDevice.js')
        const device = { deviceName, code, showQr }
        return await createDevice(world, { ...settingsOf(flags), ...seedOrigin, ...device, mfaProfile })
      }
      expectCreate({ '--device-name': deviceName, '--code': code, '--show-qr': showQr || undefined })
      const { enroll } = await import('../commands/enroll.js')
      await enroll(world, {
        ...settingsOf(flags),
        mfaProfile,
        seedStdin,
        qr,
        qrClipboard,
        account,
        hardwareToken,
        mfaProcess,
        ...seedOrigin,
        replace,
      })
    })
}

/** @throws Failure `usage` that names the first flag that was given without `--create` */
function expectCreate(flags: Readonly<Record<string, unknown>>): void {
  const [given] = Object.keys(flags).filter((name) => flags[name] !== undefined)
  if (given === undefined) return
  throw new Failure('usage', `${given} is for a device that awsmfa makes`, 'add --create, or leave it out')
}
