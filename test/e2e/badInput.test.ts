import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { Home } from '../support/home.js'
import { aliceFiles, assertRefused, enrolledFiles, openSandbox, type SandboxOptions } from '../support/sandbox.js'
import { alice } from '../support/strictSts.js'

interface Row extends SandboxOptions {
  readonly args: readonly string[]
  readonly input?: string | Buffer
  /** the last touch to the home, for what is not a file */
  readonly prepare?: (home: Home) => void
  readonly code: 2 | 3
  readonly says: RegExp
}

const serial = ['--serial-number', alice.serialNumber]
const enroll = ['enroll', ...serial]
const { seed } = alice

const seeds: Record<string, readonly [seed: string | Buffer, says: RegExp]> = {
  'is empty': ['\n', /the seed is empty/],
  'is not there at all': ['', /the seed is empty/],
  'holds digits that base32 lacks': ['JBSWY3DPEHPK3PX0JBSWY3DPEHPK3PX1', /the seed is not base32/],
  'is the base64 of the base32 text': [Buffer.from(seed).toString('base64'), /the seed is base64, not base32/],
  'is shorter than 16 bytes': ['JBSWY3DPEHPK3PXP', /the seed is shorter than 16 bytes/],
  'has a second line': [`${seed}\n${seed}\n`, /the seed has a second line/],
  'holds a letter of another alphabet': [seed.replace('E', '\u0415'), /its character 9 is 'Е' \(U\+0415\)/],
  'is cut off': [`${seed}A`, /the seed is incomplete/],
  'is 10 kB long': ['JBSWY3DP'.repeat(1280), /the seed is longer than 512 characters/],
  'holds a NUL': [Buffer.from(`JBSWY3DPEHPK3PXP\0${seed}\n`), /the seed is not base32/],
  'is a link for another algorithm': [
    `otpauth://totp/a?secret=${seed}&algorithm=SHA256`,
    /another algorithm than SHA1/,
  ],
  'is a link for eight digits': [`otpauth://totp/a?secret=${seed}&digits=8`, /another digits than 6/],
  'is a link for another period': [`otpauth://totp/a?secret=${seed}&period=60`, /another period than 30/],
  'is a link to a counter-based device': [`otpauth://hotp/a?secret=${seed}&counter=1`, /not of the type totp/],
  'is a link without a secret': ['otpauth://totp/a?issuer=AWS', /exactly one secret/],
}

const codes = ['12345', '1234567', '12 456', '12345a', '١٢٣٤٥٦', '']

const credentials = aliceFiles['.aws/credentials'] ?? ''
const config = enrolledFiles['.aws/config'] ?? ''
const withCredentials = (text: string) => ({ ...enrolledFiles, '.aws/credentials': text })
const withConfig = (text: string) => ({ ...enrolledFiles, '.aws/config': text })
const refresh = ['refresh']
const enrolled = { files: enrolledFiles }
const temporary =
  '[default]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n'
const longTerm =
  '[mfa]\naws_access_key_id = AKIAI44QH8DHBEXAMPLE\naws_secret_access_key = je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY\n'

const rows: Record<string, Row> = {
  ...Object.fromEntries(
    Object.entries(seeds).map(([what, [input, says]]) => [
      `a seed that ${what}`,
      { args: enroll, input, code: 2, says },
    ]),
  ),
  ...Object.fromEntries(
    codes.map((code) => [`the code '${code}'`, { args: [...serial, '--', code], code: 2, says: /code/i }]),
  ),
  'a seed as an operand of enroll': { args: [...enroll, seed], code: 2, says: /too many arguments|does not belong/ },
  'a seed where a code belongs': {
    args: [...serial, seed],
    code: 2,
    says: /a seed does not belong on the command line/,
  },
  'a link where a code belongs': { args: [`otpauth://totp/a?secret=${seed}`], code: 2, says: /a seed does not belong/ },
  'a seed in a flag that is not offered': {
    args: [...enroll, `--seed=${seed}`],
    code: 2,
    says: /a seed does not belong on the command line/,
  },
  'nobody to ask and no seed': { args: ['enroll', ...serial, '--no-input'], code: 2, says: /the seed is empty/ },

  'the ARN of a user': {
    args: ['enroll', '--serial-number', 'arn:aws:iam::123456789012:user/alice'],
    input: seed,
    code: 2,
    says: /is the ARN of a user, not of an MFA device/,
  },
  'a security key': {
    args: ['--serial-number', 'arn:aws:iam::123456789012:u2f/user/alice/key', '123456'],
    code: 2,
    says: /is a security key or passkey/,
  },
  'a serial number with a line break': {
    args: ['--serial-number', `${alice.serialNumber}\n[default]`, '123456'],
    code: 2,
    says: /is not a serial number/,
  },
  ...Object.fromEntries(
    ['899', '129601', '12h', '-900', '1e4', '900.5', ''].map((duration) => [
      `a duration of '${duration}'`,
      { args: [...enroll, `--duration-seconds=${duration}`], input: seed, code: 2, says: /AWS allows 900 to 129600/ },
    ]),
  ),
  'a duration in the file that AWS does not allow': {
    args: refresh,
    files: withConfig(`${config}awsmfa_duration_seconds = 60\n`),
    code: 3,
    says: /awsmfa_duration_seconds of profile mfa in .* is '60'/,
  },
  'a --min-remaining that no session reaches': {
    args: ['refresh', '--min-remaining', '12h'],
    ...enrolled,
    code: 2,
    says: /not less than/,
  },
  ...Object.fromEntries(
    ['a]b', 'a\nb', 'a b', 'a#b', '', 'DEFAULT', 'é'].map((name) => [
      `the MFA profile name '${name}'`,
      { args: [...serial, `--mfa-profile-name=${name}`, '123456'], code: 2, says: /--mfa-profile-name/ },
    ]),
  ),

  'nothing enrolled': { args: refresh, code: 3, says: /no MFA profile is enrolled/ },
  'a profile that is not enrolled': {
    args: ['refresh', '--mfa-profile-name', 'other'],
    ...enrolled,
    code: 3,
    says: /MFA profile other is not enrolled/,
  },
  'no seed in the keychain': { args: refresh, files: withoutSeed(), code: 3, says: /the keychain holds no seed for/ },
  'no source profile': {
    args: [...enroll, '--profile', 'nobody'],
    input: seed,
    code: 3,
    says: /there is no source profile nobody/,
  },
  'no credentials file': { args: enroll, input: seed, files: {}, code: 3, says: /there is no source profile default/ },
  'a source profile with temporary keys': {
    args: enroll,
    input: seed,
    files: withCredentials(temporary),
    code: 3,
    says: /default holds temporary keys/,
  },
  'a source profile without its secret': {
    args: enroll,
    input: seed,
    files: withCredentials('[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n'),
    code: 3,
    says: /default holds no long-term keys/,
  },
  'the source profile as MFA profile': {
    args: [...enroll, '--mfa-profile-name', 'default'],
    input: seed,
    code: 3,
    says: /default cannot be the source profile and the MFA profile/,
  },
  'an MFA profile with long-term keys': {
    args: refresh,
    files: withCredentials(`${credentials}\n${longTerm}`),
    code: 3,
    says: /mfa holds long-term keys/,
  },

  'a BOM in credentials': {
    args: refresh,
    files: withCredentials(`\xef\xbb\xbf${credentials}`),
    code: 3,
    says: /credentials.*(BOM|byte order mark)/i,
  },
  'a BOM in config': {
    args: refresh,
    files: withConfig(`\xef\xbb\xbf${config}`),
    code: 3,
    says: /config.*(BOM|byte order mark)/i,
  },
  'a byte that is not UTF-8': {
    args: refresh,
    files: withCredentials(`${credentials}# caf\xe9\n`),
    code: 3,
    says: /credentials.*line 4.*UTF-8/,
  },
  'a section that is there twice': {
    args: refresh,
    files: withCredentials(credentials + credentials),
    code: 3,
    says: /credentials.*line 4/,
  },
  'a key that is there twice': {
    args: refresh,
    files: withConfig(config.replace('output', 'region = us-east-1\noutput')),
    code: 3,
    says: /config.*line 3/,
  },
  'a line without =': {
    args: refresh,
    files: withCredentials(`${credentials}nonsense\n`),
    code: 3,
    says: /credentials.*line 4/,
  },
  'a key before the first section': {
    args: refresh,
    files: withConfig(`region = x\n${config}`),
    code: 3,
    says: /config.*line 1/,
  },

  'a folder in place of the credentials file': {
    args: enroll,
    input: seed,
    files: {},
    prepare: (home) => mkdirSync(join(home.path, '.aws', 'credentials'), { recursive: true }),
    code: 3,
    says: /credentials/,
  },
  'a pipe in place of the config file': {
    args: [...serial, '123456'],
    files: { '.aws/credentials': credentials },
    prepare: (home) => execFileSync('mkfifo', [join(home.path, '.aws', 'config')]),
    code: 3,
    says: /config/,
  },
  'a link in a circle': {
    args: [...serial, '123456'],
    files: { '.aws/credentials': credentials },
    prepare: (home) => symlinkSync('config', join(home.path, '.aws', 'config')),
    code: 3,
    says: /config/,
  },
  'a credentials file that everybody may write': {
    args: refresh,
    ...enrolled,
    prepare: (home) => home.write('.aws/credentials', credentials, 0o666),
    code: 3,
    says: /credentials/,
  },

  'no keychain': { args: enroll, input: seed, keychain: 'none', code: 3, says: /no keychain here/ },
  'an endpoint that is not encrypted': {
    args: refresh,
    ...enrolled,
    env: { AWS_ENDPOINT_URL_STS: 'http://sts.example' },
    code: 3,
    says: /would send the code unencrypted to sts\.example/,
  },
  'a CA bundle that is not there': {
    args: refresh,
    ...enrolled,
    env: { AWS_CA_BUNDLE: '/nowhere.pem' },
    code: 3,
    says: /\/nowhere\.pem/,
  },

  'a command that does not exist': { args: ['refesh'], ...enrolled, code: 2, says: /unknown command 'refesh'/ },
  'a flag that does not exist': {
    args: ['refresh', '--forse'],
    ...enrolled,
    code: 2,
    says: /unknown option '--forse'/,
  },
  'a flag that the command does not have': {
    args: ['--serial-number', alice.serialNumber, 'status'],
    ...enrolled,
    code: 2,
    says: /awsmfa status has no --serial-number/,
  },
  'a device to keep and to delete': {
    args: ['unenroll', '--keep-device', '--delete-device'],
    ...enrolled,
    code: 2,
    says: /--delete-device cannot be used with --keep-device/,
  },
  'a seed in groups of four': { args: 'JBSW Y3DP EHPK 3PXP'.split(' '), code: 2, says: /a seed does not belong/ },
  'two codes': { args: [...serial, '123456', '654321'], code: 2, says: /too many arguments/ },
  'two MFA profiles where one is meant': {
    args: ['unenroll', '--mfa-profile-name', 'a', '--mfa-profile-name', 'b'],
    ...enrolled,
    code: 2,
    says: /takes one --mfa-profile-name/,
  },
}

describe('bad input changes nothing on disk, in the keychain or at AWS', { concurrency: 6 }, () => {
  for (const [what, row] of Object.entries(rows)) {
    it(`refuses ${JSON.stringify(what).slice(1, -1)}`, async (t) => {
      const sandbox = await openSandbox(t, row)
      row.prepare?.(sandbox.home)
      const before = sandbox.state()
      const run = await sandbox.run(row.args, row.input === undefined ? {} : { input: row.input })
      assertRefused(run, row.code, row.says)
      assert.deepEqual(sandbox.state(), before)
    })
  }
})

describe('what AWS refuses leaves files and keychain alone', { concurrency: 4 }, () => {
  const other = { arn: 'arn:aws:iam::123456789012:user/bob', keys: [alice], devices: [] }
  const refusals: Record<string, SandboxOptions & { readonly says: RegExp; readonly verifications: number }> = {
    'a seed of another device': {
      sts: { users: [{ ...other, devices: [{ ...alice, seed: `${'K'.repeat(31)}V` }] }] },
      says: /AWS refused the code/,
      verifications: 3,
    },
    'a device of another user': { sts: { users: [other] }, says: /AWS could not check a code/, verifications: 0 },
    'keys that were deleted': {
      sts: { users: [] },
      says: /AWS does not accept the access key ending in MPLE/,
      verifications: 0,
    },
    'a secret key of another key': {
      files: { ...aliceFiles, '.aws/credentials': credentials.replace('wJalr', 'jWalr') },
      says: /the secret access key does not belong to the access key ending in MPLE/,
      verifications: 0,
    },
  }
  for (const [what, { says, verifications, ...options }] of Object.entries(refusals)) {
    it(`says so: ${what}`, async (t) => {
      const sandbox = await openSandbox(t, options)
      const { files, seed: kept } = sandbox.state()
      assertRefused(await sandbox.run(enroll, { input: seed }), 3, says)
      const after = sandbox.state()
      assert.deepEqual([after.files, after.seed], [files, kept])
      const codes = sandbox.sts.log.map(({ params }) => params.TokenCode)
      assert.equal(new Set(codes).size, codes.length, 'no code was sent twice')
      assert.equal(after.spentSteps.length, codes.length, 'the ledger holds what was sent')
      assert.equal(sandbox.sts.verifications.length, verifications)
    })
  }
})

function withoutSeed(): Record<string, string> {
  return { ...enrolledFiles, '.throw-away-keychain.json': '{}' }
}
