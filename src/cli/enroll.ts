import { Failure } from '../errors.js'
import { arn, code, commandLine, file, name, profileFlags, profileName, settingsOf } from './flags.js'
import { choice, command, group, on, valued } from './spec.js'

const { serialNumber, ...profile } = profileFlags
const stores = choice('STORE', ['keychain', 'file'])

const ownSeed = [
  'create',
  'seedStdin',
  'qr',
  'qrClipboard',
  'account',
  'hardwareToken',
  'replace',
  'mfaProcess',
  'seedStore',
]

const flags = {
  ...group('Device', {
    create: on('make a device for this machine and enable it, next to those that you have', {
      conflicts: ['seedStdin', 'qr', 'qrClipboard', 'account', 'hardwareToken', 'replace', 'mfaProcess'],
    }),
    deviceName: valued(name, 'what the new device is called', { needs: 'create', fallback: 'awsmfa-USER-MACHINE' }),
    showQr: on('draw its QR code once, so that a phone can hold a copy', { needs: 'create' }),
    code: valued(code, 'a code of a device that you have, which --serial-number names', { needs: 'create' }),
    serialNumber,
  }),
  ...group('How the seed comes in', {
    seedStdin: on('read it from standard input, not from the terminal'),
    qr: valued(file, 'read it from the QR code in a PNG; - is standard input', {
      conflicts: ['qrClipboard', 'seedStdin', 'hardwareToken'],
    }),
    qrClipboard: on("read it from the QR code in the clipboard's picture", {
      conflicts: ['seedStdin', 'hardwareToken'],
    }),
    account: valued(name, 'which account of a Google Authenticator export, by name or number'),
    replace: on('put it in the place of a seed that is enrolled already'),
  }),
  ...group('Where codes come from', {
    seedStore: valued(stores, 'where the seed is kept; a file is encrypted with age', {
      conflicts: ['hardwareToken'],
      fallback: 'keychain',
    }),
    identity: valued(file, 'the age identity that opens the seed file, as age-keygen makes it'),
    newIdentity: valued(file, 'make that identity now'),
    passphraseFile: valued(file, 'a file whose first line is the passphrase of the seed file'),
    passphraseCommand: valued(commandLine, 'a command that prints that passphrase'),
    mfaProcess: valued(commandLine, 'no seed, but a command that prints codes; it runs without a shell', {
      conflicts: ['seedStdin', 'qr', 'qrClipboard', 'hardwareToken', 'seedStore'],
    }),
    hardwareToken: on('no seed: keep the settings, and type later codes'),
  }),
  ...group('Role', {
    roleArn: valued(arn, 'keep sessions of this role fresh, with the device that is enrolled for the source profile', {
      conflicts: ['roleProfile', ...ownSeed],
    }),
    roleProfile: valued(profileName, 'the same, as this profile with role_arn says; it stays as it is', {
      conflicts: ownSeed,
    }),
    roleSessionName: valued(name, "what AWS's logs call its sessions", { fallback: "the device's name" }),
    externalId: valued(name, 'what the owner of the role asks for'),
  }),
  ...group('Profile', {
    ...profile,
    ifNeeded: on('do nothing, with exit code 0, when the profile is enrolled with these settings already'),
  }),
}

/** `awsmfa enroll` */
export const enroll = command({
  about: 'Put a seed in the keychain, prove it with one real session, remember the profile.',
  examples: [
    'awsmfa enroll --create # makes a device here, next to your phone',
    'awsmfa enroll --serial-number arn:aws:iam::123456789012:mfa/alice',
    'awsmfa enroll --qr screenshot.png',
    'awsmfa enroll --profile work --mfa-profile-name work-mfa',
    'awsmfa enroll --serial-number GAHT12345678 --hardware-token',
    "awsmfa enroll --mfa-process 'pass otp aws/alice'",
    'awsmfa enroll --create --seed-store file --new-identity ~/.config/awsmfa/identity.txt # no keychain here',
    'awsmfa enroll --role-profile prod --mfa-profile-name prod-session # a role: no seed is asked for again',
  ],
  flags,
  async run(world, { create, deviceName, code, showQr, ...flags }) {
    const { mfaProfileName: mfaProfile, ifNeeded } = flags
    const { seedStore, identity, newIdentity, passphraseFile, passphraseCommand } = flags
    const enrolment = { ...settingsOf(flags), mfaProfile, ifNeeded }
    const seedOrigin = { seedStore, identity, newIdentity, passphraseFile, passphraseCommand }
    if (create) {
      const { createDevice } = await import('../commands/createDevice.js')
      await createDevice(world, { ...enrolment, ...seedOrigin, deviceName, code, showQr })
      return undefined
    }
    const { roleArn, roleProfile, roleSessionName, externalId } = flags
    if (roleArn !== undefined || roleProfile !== undefined) {
      const { enrollRole } = await import('../commands/enrollRole.js')
      await enrollRole(world, { ...enrolment, roleArn, roleProfile, roleSessionName, externalId })
      return undefined
    }
    if (roleSessionName !== undefined || externalId !== undefined) {
      throw new Failure('usage', 'no role is named', 'add --role-arn or --role-profile')
    }
    const { seedStdin, qr, qrClipboard, account, hardwareToken, mfaProcess, replace } = flags
    const seedInput = { seedStdin, qr, qrClipboard, account }
    const { enroll } = await import('../commands/enroll.js')
    await enroll(world, { ...enrolment, ...seedInput, ...seedOrigin, hardwareToken, mfaProcess, replace })
  },
})
