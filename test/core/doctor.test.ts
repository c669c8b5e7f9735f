import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  bad,
  type Check,
  type Checks,
  failed,
  formatReport,
  formatReportJson,
  ok,
  verdictOf,
  warn,
} from '../../src/core/doctor/check.js'
import {
  checkPolicy,
  checkProcesses,
  checkRoles,
  checkVariables,
  denialIn,
  type Permission,
} from '../../src/core/doctor/checks.js'
import { checkNode } from '../../src/core/doctor/node.js'
import { newerNode } from '../../src/core/oldestNode.js'
import { Failure } from '../../src/errors.js'

const brief = (checks: readonly Check[]) => checks.map(({ name, verdict }) => `${verdict} ${name}`)

describe('Node', () => {
  const rows = {
    '20.17.0': 'warn',
    '21.0.0': 'warn',
    '22.0.0': 'ok',
    '24.21.0': 'ok',
  }
  for (const [version, verdict] of Object.entries(rows)) {
    it(`${version} is ${verdict}`, () => assert.equal(checkNode(version).verdict, verdict))
  }
  for (const [version, newer] of Object.entries({
    '12.22.12': '20.17',
    '20.16.9': '20.17',
    '20.17.0': undefined,
    '20.99.0': undefined,
    '21.7.3': '22.3',
    '22.2.0': '22.3',
    '22.3.0': undefined,
    '100.0.0': undefined,
  })) {
    it(`${version} ${newer === undefined ? 'will do' : `needs ${newer}`}`, () =>
      assert.equal(newerNode(version), newer))
  }
  it('20 is told when its time is over', () => assert.match(checkNode('20.20.2').text, /January 2027/))
})

describe('variables of the shell', () => {
  const names = { mfaProfiles: ['mfa'], roleProfiles: ['admin'] }
  it('that keep nobody from the MFA profile are one good line', () => {
    assert.deepEqual(brief(checkVariables({ AWS_ACCESS_KEY_ID: '', AWS_REGION: 'eu-west-1' }, names)), [
      'ok environment',
    ])
    assert.deepEqual(brief(checkVariables({ AWS_PROFILE: 'mfa' }, names)), ['ok environment'])
    assert.deepEqual(brief(checkVariables({ AWS_PROFILE: 'admin' }, names)), ['ok environment'])
  })
  it('that hold keys are named, and never shown', () => {
    const [check] = checkVariables({ AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SESSION_TOKEN: 'IQoToken' }, names)
    assert.equal(check?.verdict, 'warn')
    assert.match(check?.text ?? '', /^AWS_ACCESS_KEY_ID, AWS_SESSION_TOKEN are set/)
    assert.deepEqual(check?.cures, ['unset AWS_ACCESS_KEY_ID AWS_SESSION_TOKEN'])
  })
  it('that choose another profile are told', () => {
    for (const name of ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE']) {
      const [check] = checkVariables({ [name]: 'default' }, names)
      assert.match(check?.text ?? '', new RegExp(`^${name} is default`))
    }
  })
  it('that disagree are told, because tools take different ones', () => {
    const checks = checkVariables({ AWS_PROFILE: 'mfa', AWS_DEFAULT_PROFILE: 'admin' }, names)
    assert.match(checks[0]?.text ?? '', /differ/)
  })
})

describe('profiles that build on an MFA profile', () => {
  const role = { role_arn: 'arn:aws:iam::123456789012:role/admin', source_profile: 'mfa' }
  it('are good without mfa_serial and with one hour', () => {
    assert.deepEqual(brief(checkRoles('mfa', {}, { admin: { ...role, duration_seconds: '3600' } })), ['ok role'])
  })
  it('ask for a code again with mfa_serial', () => {
    assert.match(checkRoles('mfa', {}, { admin: { ...role, mfa_serial: 'x' } })[0]?.text ?? '', /admin .* mfa_serial/)
  })
  it('cannot have more than an hour', () => {
    assert.match(checkRoles('mfa', {}, { admin: { ...role, duration_seconds: '3601' } })[0]?.text ?? '', /3601 s/)
  })
  it('of another profile are none of its business', () => {
    assert.deepEqual(checkRoles('mfa', {}, { admin: { ...role, source_profile: 'other', mfa_serial: 'x' } }), [])
  })
  it('need an MFA profile that Go programs and every SDK read', () => {
    const keys = { source_profile: 'default', credential_process: 'x' }
    assert.deepEqual(brief(checkRoles('mfa', keys, { mfa: keys })), [
      'warn source-profile-key',
      'warn credential-process-key',
    ])
  })
})

describe('the policy', () => {
  const rows: readonly (readonly [Permission, Permission | undefined, Check['verdict'], RegExp])[] = [
    ['allowed', 'allowed', 'bad', /MFA protects nothing/],
    ['allowed', undefined, 'bad', /MFA protects nothing/],
    ['denied', 'allowed', 'ok', /asks for MFA/],
    ['forbidden', 'allowed', 'ok', /asks for MFA/],
    ['forbidden', 'denied', 'ok', /asks for MFA/],
    ['denied', 'denied', 'warn', /cannot tell/],
    ['forbidden', 'forbidden', 'warn', /cannot tell/],
    ['denied', 'forbidden', 'warn', /cannot tell/],
    ['denied', undefined, 'warn', /beside a session/],
    ['forbidden', undefined, 'warn', /beside a session/],
  ]
  for (const [keyAlone, session, verdict, text] of rows) {
    it(`is ${verdict} when the key alone is ${keyAlone} and the session ${session ?? 'absent'}`, () => {
      const check = checkPolicy(keyAlone, session)
      assert.equal(check.verdict, verdict)
      assert.match(check.text, text)
    })
  }
  it("denies by name where AWS's message says so", () => {
    const start = 'User: arn:aws:iam::123456789012:user/alice is not authorized to perform: iam:ListAccessKeys'
    assert.equal(
      denialIn(`${start} on resource: user alice with an explicit deny in an identity-based policy`),
      'forbidden',
    )
    assert.equal(denialIn(`${start} because no identity-based policy allows the iam:ListAccessKeys action`), 'denied')
  })
})

describe('the report', () => {
  const network = failed('keys', new Failure('retry', 'no network', 'wait'))
  const group = (...checks: Check[]): Checks[] => [{ about: 'files', checks }]

  it('needs a person for one thing that must be mended, and for nothing that passes by itself', () => {
    assert.equal(verdictOf(group(ok('a', 'x'), warn('b', 'y'))), undefined)
    assert.equal(verdictOf(group(network)), 'retry')
    assert.equal(verdictOf(group(network, bad('c', 'z'))), 'act')
    assert.equal(verdictOf(group(failed('c', new Failure('usage', 'x')))), 'act')
  })
  it('breaks lines at blanks, keeps long words, and lines cures up', () => {
    const long = `${'word '.repeat(9)}${'x'.repeat(60)} end`
    assert.equal(
      formatReport(group(ok('a', 'good'), bad('b', long, 'mend it now '.repeat(4).trim())), 44),
      [
        'files',
        '  ok    good',
        '  bad   word word word word word word word',
        '        word word',
        `        ${'x'.repeat(60)}`,
        '        end',
        '        -> mend it now mend it now mend it',
        '           now mend it now',
        '',
        'bad: 1, warnings: 0; each -> says what to do',
      ].join('\n'),
    )
  })
  it('colours the verdicts alone, and breaks lines where it would without', () => {
    const groups = group(ok('a', 'ok and bad'), warn('b', 'warn '.repeat(30).trim()), bad('c', 'x', 'ok'))
    const painted = formatReport(groups, 60, (text, tone) => `<${tone}>${text}</>`)
    assert.deepEqual(painted.match(/<.*?<\/>/g), ['<ok>ok</>', '<warn>warn</>', '<bad>bad</>'])
    assert.equal(painted.replace(/<.*?>/g, ''), formatReport(groups, 60))
  })
  it('drives no terminal and shows no key, whatever a server or a file says', () => {
    const text = formatReport(group(bad('a', 'key AKIAIOSFODNN7EXAMPLE\u001b[2J\nawsmfa: forged')), 80)
    assert.ok(!text.includes('AKIAIOSFODNN7EXAMPLE') && !text.includes('\u001b') && !text.includes('\nawsmfa'), text)
    assert.ok(!formatReportJson(group(bad('a', 'key AKIAIOSFODNN7EXAMPLE'))).includes('AKIAIOSFODNN7EXAMPLE'))
  })
  it('is one object for programs', () => {
    assert.deepEqual(JSON.parse(formatReportJson(group(network))), {
      schemaVersion: 1,
      checks: [{ about: 'files', name: 'keys', verdict: 'bad', text: 'no network', cures: ['wait'] }],
    })
  })
})

it('warns of a profile that holds keys and a credential_process line', () => {
  const process = 'awsmfa credential-process'
  const profiles = {
    both: { aws_access_key_id: 'AKIAIOSFODNN7EXAMPLE', credential_process: process },
    process: { credential_process: process, region: 'eu-west-1' },
    keys: { aws_access_key_id: 'AKIAIOSFODNN7EXAMPLE' },
  }
  const [check, ...others] = checkProcesses(Object.entries(profiles))
  assert.deepEqual([check?.verdict, others], ['warn', []])
  assert.match(check?.text ?? '', /^profile both holds keys and a credential_process line/)
})
