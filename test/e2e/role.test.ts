import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmodSync, readFileSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { which } from '../support/parts.js'
import { assertRefused, enrolledFiles, openSandbox } from '../support/sandbox.js'
import { admin } from '../support/strictSts.js'
import { until } from '../support/until.js'

const profile = ['--mfa-profile-name', 'admin-session']

describe('a role profile with the built program', { concurrency: 2 }, () => {
  it('is enrolled, renewed and used like every other, and the AWS CLI is the role with it', async (t) => {
    const sandbox = await openSandbox(t, { files: enrolledFiles })
    const enrolled = await sandbox.run(['enroll', '--role-arn', admin.arn, ...profile])
    assert.equal(enrolled.code, 0, enrolled.stderr)
    assert.equal((await sandbox.run(['refresh', '--force'])).code, 0)
    assert.equal(sandbox.sts.verifications.length, 2)
    const aws = which('aws')
    if (aws === undefined) return t.diagnostic('aws is not installed')
    const env = { ...sandbox.env, PATH: process.env.PATH ?? '', AWS_PAGER: '' }
    const args = ['sts', 'get-caller-identity', '--profile', 'admin-session']
    const { stdout } = await promisify(execFile)(aws, args, { env, cwd: sandbox.home.path })
    assert.equal(JSON.parse(stdout).Arn, 'arn:aws:sts::210987654321:assumed-role/admin/alice')
  })

  it('opens the console without the address in a command line', async (t) => {
    const sandbox = await openSandbox(t, { files: enrolledFiles })
    const args = ['enroll', '--role-arn', admin.arn, ...profile, '--duration-seconds', '43200']
    assert.equal((await sandbox.run(args)).code, 0)
    const printed = await sandbox.run(['console', '--service', 's3'])
    assert.match(
      printed.stdout,
      /^http:\/\/127\.0\.0\.1:\d+\/federation\?Action=login&.*s3%2Fhome.*&SigninToken=[\w-]+\n$/,
    )
    assert.equal(printed.stderr, '')
    sandbox.secrets.add('sign-in token', new URL(printed.stdout).searchParams.get('SigninToken') ?? '')

    const folder = sandbox.home.path
    sandbox.home.write(
      'xdg-open',
      `#!/bin/sh\nprintf %s "$1" > ${folder}/page.new; mv ${folder}/page.new ${folder}/page\n`,
    )
    chmodSync(join(folder, 'xdg-open'), 0o755)
    const run = sandbox.start(['console', '--open'], { env: { DISPLAY: ':0', PATH: `${folder}:/usr/bin:/bin` } })
    await until('the browser', () => sandbox.home.read('page') !== undefined)
    const location = await new Promise((resolve) => {
      get(readFileSync(join(folder, 'page'), 'utf8'), (response) => resolve(response.headers.location))
    })
    assert.match(String(location), /SigninToken=/)
    assert.deepEqual([(await run.ended).code, (await run.ended).stdout], [0, ''])
  })

  it('is what the console needs: without one it is said why, and what else there is', async (t) => {
    const sandbox = await openSandbox(t, { files: enrolledFiles })
    const before = sandbox.state()
    assertRefused(
      await sandbox.run(['console']),
      3,
      /profile mfa is of no role: AWS opens the console for sessions of roles/,
    )
    assertRefused(await sandbox.run(['enroll', '--external-id', 'x1']), 2, /no role is named/)
    assertRefused(
      await sandbox.run(['enroll', '--role-arn', admin.arn, '--create']),
      2,
      /--role-arn cannot be used with --create/,
    )
    assert.deepEqual(sandbox.state(), before)
  })
})
