import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { processLine } from '../../src/core/processLine.js'
import { absent, which } from '../support/parts.js'
import { top } from '../support/program.js'
import { aliceFiles, assertRefused, enrolledFiles, openSandbox, type Sandbox } from '../support/sandbox.js'
import { alice } from '../support/strictSts.js'
import { until } from '../support/until.js'

const run = promisify(execFile)
const handsOut = { handsOut: true } as const
const enrolled = { files: enrolledFiles }

/** Enrolled, with a session that ends in ten minutes. */
const dueFiles = () => ({
  ...enrolledFiles,
  '.aws/credentials': `${aliceFiles['.aws/credentials']}
[mfa]
aws_access_key_id = ASIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYSESSIONKEY
aws_session_token = IQoJb3JpZ2luX2Vj/mfa+session==
x_security_token_expires = ${new Date(Date.now() + 600_000).toISOString().slice(0, 19)}Z
`,
})

const codes = ({ sts }: Sandbox) => sts.verifications.length
const locks = ({ home }: Sandbox) =>
  readdirSync(join(home.path, '.local', 'state', 'awsmfa')).filter((name) => /lock|tmp/.test(name))

describe('awsmfa credential-process', { concurrency: 1, skip: process.platform === 'win32' }, () => {
  it('costs one code and one call when many start at once, and gives all the same session', async (t) => {
    const sandbox = await openSandbox(t, enrolled)
    const [node = '', ...words] = sandbox.command
    const options = { env: sandbox.env, cwd: sandbox.home.path }
    const all = await Promise.all(
      Array.from({ length: 50 }, () => run(node, [...words, 'credential-process'], options)),
    )
    assert.deepEqual([sandbox.sts.log.length, codes(sandbox)], [1, 1])
    assert.equal(new Set(all.map(({ stdout }) => stdout)).size, 1)
    assert.deepEqual([...new Set(all.map(({ stderr }) => stderr))], [''])
    const { Version, AccountId, SessionToken } = JSON.parse(all[0]?.stdout ?? '')
    assert.deepEqual([Version, AccountId], [1, '123456789012'])
    assert.ok(sandbox.home.read('.aws/credentials')?.includes(SessionToken))
    assert.deepEqual(locks(sandbox), [])
  })

  it('answers with the session that lives while AWS does not answer, and lets go of the lock', async (t) => {
    const sandbox = await openSandbox(t, { files: dueFiles() })
    sandbox.sts.fault('hang')
    const { code, stdout, stderr } = await sandbox.run(['credential-process'], handsOut)
    assert.equal(code, 0)
    assert.equal(JSON.parse(stdout).AccessKeyId, 'ASIAIOSFODNN7EXAMPLE')
    assert.match(stderr, /^awsmfa: profile mfa was not renewed within 4 s\nawsmfa: hint: [^\n]*\n$/)
    assert.deepEqual(locks(sandbox), [])
  })

  it('answers with the session that lives while another run has the lock and waits for AWS', async (t) => {
    const sandbox = await openSandbox(t, { files: dueFiles() })
    sandbox.sts.fault('hang')
    const other = sandbox.start(['refresh'])
    await until('the request', () => sandbox.sts.log.length === 1)
    const { code, stdout } = await sandbox.run(['credential-process'], handsOut)
    assert.deepEqual([code, JSON.parse(stdout).AccessKeyId], [0, 'ASIAIOSFODNN7EXAMPLE'])
    assert.deepEqual([sandbox.sts.log.length, locks(sandbox)], [1, ['lock']])
    other.kill('SIGTERM')
    await other.ended
  })

  it('leaves standard input to the program that has asked', async (t) => {
    const sandbox = await openSandbox(t, enrolled)
    const within = ['/bin/sh', '-c', '"$0" "$@" > /dev/null; cat']
    const { stdout, stderr } = await sandbox.run(['credential-process'], { within, input: 'first\nsecond\n' })
    assert.deepEqual([stdout, stderr], ['first\nsecond\n', ''])
  })

  it('never asks, whatever terminal the program has', { skip: absent('python3') }, async (t) => {
    const sandbox = await openSandbox(t, {
      files: { ...enrolledFiles, '.aws/config': `${enrolledFiles['.aws/config']}awsmfa_seed_store = none\n` },
    })
    const terminal = await sandbox.terminal(['credential-process'])
    const { code, output } = await terminal.end()
    assert.equal(code, 3)
    assert.match(output, /^awsmfa: the codes of profile mfa are typed[^\n]*\n(awsmfa: hint: [^\n]*\n)+$/)
  })

  it('is told in two lines when there is nothing to answer with', async (t) => {
    const sandbox = await openSandbox(t)
    assertRefused(await sandbox.run(['credential-process']), 3, /no MFA profile is enrolled/)
    assertRefused(
      await sandbox.run(['credential-process', '--mfa-profile-name', 'x']),
      3,
      /MFA profile x is not enrolled/,
    )
    assertRefused(await sandbox.run(['credential-process', 'x']), 2, /takes nothing besides its flags/)
  })
})

/** Asks AWS who it is through a provider that starts the process; prints the ARNs. */
const javascript = `
const { fromIni } = require('@aws-sdk/credential-provider-ini')
const { STSClient, GetCallerIdentityCommand } = require('@aws-sdk/client-sts')
const client = new STSClient({ region: 'eu-west-1', credentials: fromIni({ profile: 'mfa-process' }) })
const ask = () => client.send(new GetCallerIdentityCommand({}))
Promise.all([1, 2, 3, 4, 5].map(ask)).then((all) => console.log(all.map(({ Arn }) => Arn).join()))
`

const python = `
import boto3, concurrent.futures
session = boto3.Session(profile_name='mfa-process')
def ask(_):
    return session.client('sts').get_caller_identity()['Arn']
with concurrent.futures.ThreadPoolExecutor(20) as pool:
    print(','.join(pool.map(ask, range(20))))
`

/** A line for a program in a folder with an awkward name. */
function awkwardLine({ home, command }: Sandbox): string {
  const [node = '', ...words] = command
  home.write("my node's #1/README", '')
  symlinkSync(node, join(home.path, "my node's #1", 'node'))
  return processLine([
    join(home.path, "my node's #1", 'node'),
    ...words,
    'credential-process',
    '--mfa-profile-name',
    'mfa',
  ]).line
}

describe('real programs', { skip: absent('aws') || absent('python3') }, () => {
  it('start it as the line says: the AWS CLI, boto3 with twenty threads and the JS SDK, all at once and cold', async (t) => {
    const sandbox = await openSandbox(t, enrolled)
    const profile = `\n[profile mfa-process]\nregion = eu-west-1\ncredential_process = ${awkwardLine(sandbox)}\n`
    sandbox.home.write('.aws/config', enrolledFiles['.aws/config'] + profile)
    // Every client hands its own AWS_PROFILE on.
    const more = { PATH: process.env.PATH ?? '', AWS_PROFILE: 'mfa-process', AWS_EC2_METADATA_DISABLED: 'true' }
    const options = { env: { ...sandbox.env, ...more, AWS_PAGER: '' }, cwd: sandbox.home.path }
    const require = createRequire(join(top, 'package.json'))
    const hasBoto = await run('python3', ['-c', 'import boto3'], options).then(
      () => true,
      () => false,
    )
    const modules = { ...options, env: { ...options.env, NODE_PATH: join(top, 'node_modules') } }
    assert.ok(require.resolve('@aws-sdk/client-sts'))
    const [aws, boto, js] = await Promise.all([
      run(which('aws') ?? 'aws', ['sts', 'get-caller-identity', '--query', 'Arn', '--output', 'text'], options),
      hasBoto ? run('python3', ['-c', python], options) : undefined,
      run(process.execPath, ['-e', javascript], modules),
    ])
    assert.equal(aws.stdout.trim(), alice.arn)
    if (boto !== undefined) assert.equal(boto.stdout.trim(), Array(20).fill(alice.arn).join())
    assert.equal(js.stdout.trim(), Array(5).fill(alice.arn).join())
    assert.equal(codes(sandbox), 1)
    const asked = sandbox.sts.log.filter(({ action }) => action === 'GetCallerIdentity')
    assert.deepEqual([...new Set(asked.map(({ outcome }) => outcome))], ['ok'])
    assert.equal(new Set(asked.map(({ accessKeyId }) => accessKeyId)).size, 1)
  })
})

describe('awsmfa export', { skip: process.platform === 'win32' || absent('bash') }, () => {
  it('is taken in by eval in a real shell, in the place of AWS_PROFILE', async (t) => {
    const sandbox = await openSandbox(t, enrolled)
    const script = 'eval "$("$0" "$@")"; printf "%s\\n" "$AWS_SESSION_TOKEN" "$AWS_PROFILE" "$AWS_REGION"'
    const within = [which('bash') ?? 'bash', '-c', script]
    const { stdout, stderr } = await sandbox.run(['export'], { within, env: { AWS_PROFILE: 'x' }, ...handsOut })
    const token = /^aws_session_token = (.*)$/m.exec(sandbox.home.read('.aws/credentials') ?? '')?.[1]
    assert.deepEqual([stdout, stderr], [`${token}\n\neu-west-1\n`, ''])
  })

  it('shows nothing on a terminal', { skip: absent('python3') }, async (t) => {
    const sandbox = await openSandbox(t, { files: dueFiles() })
    const { code, output } = await (await sandbox.terminal(['export'])).end()
    assert.equal(code, 2)
    assert.match(output, /^awsmfa: stdout is a terminal[^\n]*\n(awsmfa: hint: [^\n]*\n)+$/)
  })
})
