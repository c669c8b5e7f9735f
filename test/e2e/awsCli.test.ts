import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { absent, which } from '../support/parts.js'
import { aliceFiles, enrolledFiles, openSandbox, type Sandbox } from '../support/sandbox.js'
import { alice } from '../support/strictSts.js'

const run = promisify(execFile)

/** The real `aws`, in the sandbox's home and with its STS. */
async function aws({ env, home }: Sandbox, ...args: string[]): Promise<string> {
  const more = { PATH: process.env.PATH ?? '', AWS_EC2_METADATA_DISABLED: 'true', AWS_PAGER: '' }
  const { stdout } = await run(which('aws') ?? 'aws', args, { env: { ...env, ...more }, cwd: home.path })
  return stdout.trim()
}

describe('the real AWS CLI reads what is written', { concurrency: 2, skip: absent('aws') }, () => {
  it('finds every key of the session, and AWS knows it', async (t) => {
    const sandbox = await openSandbox(t, { files: enrolledFiles })
    assert.equal((await sandbox.run(['refresh'])).code, 0)
    const written = sandbox.home.read('.aws/credentials') ?? ''
    const token = await aws(sandbox, 'configure', 'get', 'aws_session_token', '--profile', 'mfa')
    assert.equal(token, /^aws_session_token = (.*)$/m.exec(written)?.[1])
    assert.match(token, /\/\+.*=$/)
    const identity = JSON.parse(await aws(sandbox, 'sts', 'get-caller-identity', '--profile', 'mfa'))
    assert.equal(identity.Arn, alice.arn)
    const { accessKeyId, outcome } = sandbox.sts.log.at(-1) ?? assert.fail()
    assert.deepEqual([accessKeyId?.slice(0, 4), outcome], ['ASIA', 'ok'])
  })

  it('still reads the other profiles of files that were in use, a role on top of the MFA profile among them', async (t) => {
    const role = `
[profile admin]
role_arn = arn:aws:iam::123456789012:role/admin
source_profile = mfa
region = us-east-2
s3 =
  max_concurrent_requests = 20
; a comment, and a value that ini would cut off
[profile sso]
sso_start_url = https://example.awsapps.com/start#/
`
    const files = { ...enrolledFiles, '.aws/config': `# mine\r\n${enrolledFiles['.aws/config']}${role}` }
    const sandbox = await openSandbox(t, { files })
    assert.equal((await sandbox.run(['refresh'])).code, 0)
    assert.equal(sandbox.home.read('.aws/config'), files['.aws/config'])
    const get = (key: string, profile: string) => aws(sandbox, 'configure', 'get', key, '--profile', profile)
    assert.equal(await get('region', 'admin'), 'us-east-2')
    assert.equal(await get('sso_start_url', 'sso'), 'https://example.awsapps.com/start#/')
    assert.equal(await get('aws_access_key_id', 'default'), alice.accessKeyId)
    // The stand-in does not know this role; that it was asked for this one, with the session's key, is what matters.
    await assert.rejects(aws(sandbox, 'sts', 'get-caller-identity', '--profile', 'admin'))
    const { action, params, accessKeyId } = sandbox.sts.log.at(-1) ?? assert.fail()
    assert.deepEqual([action, params.RoleArn], ['AssumeRole', 'arn:aws:iam::123456789012:role/admin'])
    assert.match(accessKeyId ?? '', /^ASIA/)
  })

  it('is not disturbed by a token of the older name, nor by keys of other tools', async (t) => {
    const mfa = `
[mfa]
aws_access_key_id=ASIAIOSFODNN7EXAMPLE
; left by another tool
aws_security_token = stale+token==
aws_secret_access_key=old
aws_session_token=old
assumed_role = False
`
    const files = { ...enrolledFiles, '.aws/credentials': aliceFiles['.aws/credentials'] + mfa }
    const sandbox = await openSandbox(t, { files })
    assert.equal((await sandbox.run(['refresh'])).code, 0)
    const written = sandbox.home.read('.aws/credentials') ?? ''
    assert.match(written, /\n; left by another tool\n/)
    assert.match(written, /\nassumed_role = False\n/)
    assert.doesNotMatch(written, /security_token =/)
    assert.equal(JSON.parse(await aws(sandbox, 'sts', 'get-caller-identity', '--profile', 'mfa')).Arn, alice.arn)
  })
})
