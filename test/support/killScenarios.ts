import assert from 'node:assert/strict'
import { aliceFiles, enrolledFiles, type Sandbox } from './sandbox.js'
import { alice } from './strictSts.js'

/** A command that writes, and what is there when it has done its work. `@HOME@` stands for the home. */
export interface Scenario {
  readonly name: string
  readonly args: readonly string[]
  readonly input?: string
  readonly files: Readonly<Record<string, string>>
  /** a command that makes what this one ends */
  readonly first?: readonly string[]
  readonly profile: string
  /** programs by name */
  readonly tools?: Readonly<Record<string, string>>
  readonly secretsIn?: readonly string[]
  /** codes are typed, or come from a program: another one needs half a minute */
  readonly typed?: boolean
  /** cut short, it may leave what cannot refresh until it is typed again */
  readonly halfway?: boolean
  /** what the command says when it had done everything before it was cut short */
  readonly ended?: RegExp
  /** files that are there afterwards besides awsmfa's usual ones */
  readonly leaves?: RegExp
  /** Throws when the command's work is not done. */
  reached(sandbox: Sandbox): void
}

const serial = ['--serial-number', alice.serialNumber]
const input = `${alice.seed}\n`
const identity = ['--seed-store', 'file', '--new-identity', '@HOME@/id.txt']
const seedFiles = /^(id\.txt|\.local\/share\/awsmfa\/seeds\/[\w-]+\.age)$/
const seeds = ['id.txt']

/** A program of the person's that prints the code of this moment; its TOTP is written from RFC 6238, not with ours. */
const totpProgram = `
import { createHmac } from 'node:crypto'
const bits = [...'${alice.seed}'].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('')
const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)))
const counter = Buffer.alloc(8)
counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000)))
const mac = createHmac('sha1', key).update(counter).digest()
const code = (mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1000000
console.log(String(code).padStart(6, '0'))
`

/** Keeps the crontab in the home. */
const crontab = `#!/bin/sh
case "$1" in
  -l) cat "$HOME/crontab" 2>/dev/null || { echo "no crontab for alice" >&2; exit 1; } ;;
  -r) rm -f "$HOME/crontab" ;;
  -) cat > "$HOME/crontab.new" && mv "$HOME/crontab.new" "$HOME/crontab" ;;
esac
`
const systemctl = `#!/bin/sh
case "$*" in
  *is-system-running*) echo running ;;
  *show*) echo LoadState=loaded; echo UnitFileState=enabled; echo ActiveState=active ;;
esac
`

const hasSession = ({ home }: Sandbox, profile = 'mfa') =>
  assert.match(home.read('.aws/credentials') ?? '', new RegExp(`\\[${profile}\\]\naws_access_key_id = ASIA`))
const inKeychain = (sandbox: Sandbox) => {
  hasSession(sandbox)
  assert.equal(sandbox.seed(), alice.seed)
}
const inFile = (sandbox: Sandbox) => {
  hasSession(sandbox)
  assert.equal(sandbox.seed(), undefined, 'the seed is still in the keychain')
  assert.match(sandbox.home.read('.aws/config') ?? '', /awsmfa_seed_store = file/)
}
const unenrolled = (sandbox: Sandbox) => {
  assert.doesNotMatch(sandbox.home.read('.aws/config') ?? '', /awsmfa|mfa_serial/)
  assert.equal(sandbox.seed(), undefined, 'the seed is left')
  assert.doesNotMatch(Object.keys(sandbox.home.snapshot()).join('\n'), /\.age$/m)
}
const purged = (sandbox: Sandbox) => {
  unenrolled(sandbox)
  assert.doesNotMatch(sandbox.home.read('.aws/credentials') ?? '', /ASIA|\[mfa\]/, 'the session is left')
}

const base = { profile: 'mfa', files: aliceFiles }
const notEnrolled = /no MFA profile is enrolled/

export const scenarios: readonly Scenario[] = [
  { ...base, name: 'refresh', args: ['refresh'], files: enrolledFiles, reached: hasSession },
  { ...base, name: 'enroll into the keychain', args: ['enroll', ...serial], input, reached: inKeychain },
  {
    ...base,
    name: 'enroll into a seed file',
    args: ['enroll', ...serial, ...identity],
    input,
    secretsIn: seeds,
    leaves: seedFiles,
    reached: inFile,
  },
  {
    ...base,
    name: 'enroll a program',
    args: ['enroll', ...serial, '--mfa-process', `${process.execPath} @HOME@/code.mjs`],
    files: { ...aliceFiles, 'code.mjs': totpProgram },
    typed: true,
    reached: hasSession,
  },
  {
    ...base,
    name: 'enroll a hardware token',
    args: ['enroll', ...serial, '--hardware-token'],
    typed: true,
    reached: ({ home }) => assert.match(home.read('.aws/config') ?? '', /awsmfa_seed_store = none/),
  },
  {
    ...base,
    name: 'enroll --replace',
    args: ['enroll', ...serial, '--replace'],
    input,
    files: {
      ...enrolledFiles,
      '.throw-away-keychain.json': JSON.stringify({
        [`awsmfa ${alice.serialNumber}`]: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
      }),
    },
    halfway: true,
    reached: inKeychain,
  },
  {
    ...base,
    name: 'move the seed from keychain to file',
    args: ['enroll', '--replace', ...identity],
    input,
    files: enrolledFiles,
    secretsIn: seeds,
    leaves: seedFiles,
    reached: inFile,
  },
  {
    ...base,
    name: 'unenroll the keychain',
    args: ['unenroll'],
    first: ['enroll', ...serial],
    halfway: true,
    ended: notEnrolled,
    reached: unenrolled,
  },
  {
    ...base,
    name: 'unenroll --purge of a seed file',
    args: ['unenroll', '--purge'],
    first: ['enroll', ...serial, ...identity],
    secretsIn: seeds,
    leaves: /^id\.txt$/,
    halfway: true,
    ended: notEnrolled,
    reached: purged,
  },
  {
    ...base,
    name: 'import',
    profile: 'work',
    args: ['import', '--yes'],
    files: {
      ...aliceFiles,
      '.aws/credentials': `[work-long-term]
aws_access_key_id = ${alice.accessKeyId}
aws_secret_access_key = ${alice.secretAccessKey}
aws_mfa_device = ${alice.serialNumber}
`,
    },
    typed: true,
    reached: ({ home }) => assert.match(home.read('.aws/config') ?? '', /\[profile work\][^[]*awsmfa_source_profile/),
  },
  ...(['cron', 'systemd'] as const).flatMap((using): Scenario[] => {
    const tools = { crontab, systemctl }
    const installed = ['schedule', 'install', '--using', using]
    const leaves = /^crontab(\.new)?$|^\.config(\/systemd(\/user(\/.*)?)?)?$/
    const files = enrolledFiles
    const where = ({ home }: Sandbox) =>
      home.read(using === 'cron' ? 'crontab' : '.config/systemd/user/awsmfa.timer') ?? ''
    return [
      {
        ...base,
        name: `schedule install with ${using}`,
        args: installed,
        files,
        tools,
        leaves,
        reached: (sandbox) => assert.match(where(sandbox), /awsmfa/),
      },
      {
        ...base,
        name: `schedule remove with ${using}`,
        args: ['schedule', 'remove'],
        files,
        tools,
        first: installed,
        leaves,
        ended: /there is no schedule/,
        reached: (sandbox) => assert.doesNotMatch(where(sandbox), /awsmfa/),
      },
    ]
  }),
]
