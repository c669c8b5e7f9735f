import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { aliceFiles, assertRefused, openSandbox } from '../support/sandbox.js'
import { alice } from '../support/strictSts.js'

// The command line and the files of https://github.com/future-architect/awsmfa, which people come from.

const work = {
  '.aws/credentials': (aliceFiles['.aws/credentials'] ?? '').replace('[default]', '[work]'),
  '.aws/config': '[profile work]\nregion = ap-northeast-1\noutput = table\n',
}

const flags = ['--serial-number', alice.serialNumber, '--profile', 'work', '--mfa-profile-name', 'work-mfa']
const oneDash = ['-serial-number', alice.serialNumber, '-profile', 'work', '-mfa-profile-name', 'work-mfa']
const equals = [`--serial-number=${alice.serialNumber}`, '--profile=work', '--mfa-profile-name=work-mfa']
const rest = ['--duration-seconds', '3600', '--quiet']

const forms: Record<string, (code: string) => string[]> = {
  'with its five flags before the code': (code) => [...flags, ...rest, code],
  'with its flags after the code': (code) => [code, ...flags, ...rest],
  'with one dash': (code) => [...oneDash, '-duration-seconds', '3600', '-quiet', code],
  'with = between flag and value': (code) => [...equals, '--duration-seconds=3600', '--quiet', code],
  'with one dash and =': (code) => [...equals.map((flag) => flag.slice(1)), '-duration-seconds=3600', '-quiet', code],
}

describe("the Go tool's form", { concurrency: 4 }, () => {
  for (const [form, args] of Object.entries(forms)) {
    it(`works ${form}`, async (t) => {
      const sandbox = await openSandbox(t, { files: work })
      const run = await sandbox.run(args(sandbox.sts.code()))
      assert.deepEqual([run.code, run.stdout, run.stderr], [0, '', ''])
      const { params, outcome } = sandbox.sts.log[0] ?? assert.fail('no call')
      assert.deepEqual([outcome, params.SerialNumber, params.DurationSeconds], ['ok', alice.serialNumber, '3600'])
      assert.match(sandbox.home.read('.aws/credentials') ?? '', /\n\[work-mfa\]\naws_access_key_id = ASIA/)
      assert.equal(
        sandbox.home.read('.aws/config'),
        `${work['.aws/config']}
[profile work-mfa]
region = ap-northeast-1
output = table
mfa_serial = ${alice.serialNumber}
awsmfa_source_profile = work
awsmfa_duration_seconds = 3600
awsmfa_seed_store = none
`,
      )
    })
  }

  it('creates the config file and the sections when they are absent, and needs the code alone next time', async (t) => {
    const files = { '.aws/credentials': aliceFiles['.aws/credentials'] ?? '' }
    const sandbox = await openSandbox(t, { files, env: { AWS_REGION: 'us-west-2' } })
    const first = await sandbox.run(['--serial-number', alice.serialNumber, sandbox.sts.code()])
    assert.equal(first.code, 0, first.stderr)
    assert.match(first.stderr, /^awsmfa: profile mfa is good until .* \((12 h|11 h \d+ min)\)\n$/)
    assert.equal(sandbox.home.mode('.aws/config'), '600')
    const remembered = `[profile mfa]\nmfa_serial = ${alice.serialNumber}\nawsmfa_source_profile = default\nawsmfa_seed_store = none\n`
    assert.equal(sandbox.home.read('.aws/config')?.trimStart(), remembered)

    const second = await sandbox.run([sandbox.sts.code(alice.serialNumber, 1)])
    assert.equal(second.code, 0, second.stderr)
    assert.deepEqual(
      sandbox.sts.log.map(({ outcome, region, params }) => [outcome, region, params.DurationSeconds]),
      [
        ['ok', 'us-west-2', '43200'],
        ['ok', 'us-west-2', '43200'],
      ],
    )
    assert.equal(sandbox.home.read('.aws/config')?.trimStart(), remembered)
  })

  it('creates files that the environment names, folder and all', async (t) => {
    const sandbox = await openSandbox(t, {
      files: { 'keys/credentials': aliceFiles['.aws/credentials'] ?? '' },
      env: { AWS_SHARED_CREDENTIALS_FILE: '~/keys/credentials', AWS_CONFIG_FILE: '~/other/folder/config' },
      secretsIn: ['keys/credentials'],
    })
    const run = await sandbox.run(['--serial-number', alice.serialNumber, sandbox.sts.code()])
    assert.equal(run.code, 0, run.stderr)
    assert.match(sandbox.home.read('keys/credentials') ?? '', /\n\[mfa\]\n/)
    assert.match(sandbox.home.read('other/folder/config') ?? '', /\[profile mfa\]\n/)
    assert.deepEqual(['other', 'other/folder', 'other/folder/config'].map(sandbox.home.mode), ['700', '700', '600'])
    assert.equal(sandbox.home.read('.aws/config'), undefined)
  })

  it('keeps the look of files that the Go tool wrote, aligned keys and all', async (t) => {
    const credentials = `${aliceFiles['.aws/credentials']}
[mfa]
aws_access_key_id        = ASIAIOSFODNN7EXAMPLE
aws_secret_access_key    = old-secret
aws_session_token        = old-token==
x_security_token_expires = 2022-05-14T12:34:56+09:00
`
    const config = `${aliceFiles['.aws/config']}
[profile mfa]
region = us-east-2
output = text
`
    const sandbox = await openSandbox(t, { files: { '.aws/credentials': credentials, '.aws/config': config } })
    const run = await sandbox.run(['--serial-number', alice.serialNumber, sandbox.sts.code()])
    assert.equal(run.code, 0, run.stderr)
    const shape = (text = '') => text.replace(/(= )\S+$/gm, '$1…')
    assert.equal(shape(sandbox.home.read('.aws/credentials')), shape(credentials))
    assert.ok(!sandbox.home.read('.aws/credentials')?.includes('old-'))
    assert.ok(sandbox.home.read('.aws/config')?.startsWith(config))
  })

  it('says which of its two arguments is missing', async (t) => {
    const sandbox = await openSandbox(t)
    const before = sandbox.state()
    assertRefused(await sandbox.run(['123456']), 2, /^awsmfa: --serial-number is required/)
    assertRefused(await sandbox.run(['--serial-number', alice.serialNumber]), 2, /^awsmfa: CODE is required/)
    assert.deepEqual(sandbox.state(), before)
  })

  it('takes a code with a leading zero as six digits', async (t) => {
    const devices = Array.from({ length: 512 }, (_, index) => ({
      serialNumber: `arn:aws:iam::123456789012:mfa/device-${index}`,
      seed: `KVKFKRCPNZQUYMLXOVYDSQKJKZDTS${['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'][index >> 6]}${'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[(index >> 1) & 31]}${'AQ'[index & 1]}`,
    }))
    const { sts, run } = await openSandbox(t, { sts: { users: [{ arn: alice.arn, keys: [alice], devices }] } })
    const codes = devices.map(({ serialNumber }) => [serialNumber, sts.code(serialNumber)] as const)
    const [serialNumber, typed] = codes.find(([, code]) => code.startsWith('0')) ?? assert.fail()
    const { code, stderr } = await run(['--serial-number', serialNumber, typed])
    assert.equal(code, 0, stderr)
    assert.equal(sts.log[0]?.params.TokenCode, typed)
  })
})
