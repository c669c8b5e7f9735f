import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { aliceFiles, assertRefused, enrolledFiles, openSandbox, type Sandbox } from '../support/sandbox.js'
import { alice } from '../support/strictSts.js'

const inDays = (days: number) => `${new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 19)}Z`
const session = (expires: string) => `
[mfa]
aws_access_key_id = ASIAIOSFODNN7EXAMPLE
aws_secret_access_key = an old secret of a session
aws_session_token = an/old+token==
x_security_token_expires = ${expires}
`
const credentialsWith = (expires: string) => `${aliceFiles['.aws/credentials']}${session(expires)}`

const credentials = ({ home }: Sandbox) => home.read('.aws/credentials') ?? ''
const config = ({ home }: Sandbox) => home.read('.aws/config') ?? ''

describe('the story', { concurrency: 4 }, () => {
  it('enrols a seed that is piped in, and proves it with one real session', async (t) => {
    const sandbox = await openSandbox(t)
    const pasted = 'jbsw y3dp-ehpk 3pxp jbswy3dpehpk3pxp====\n'
    const run = await sandbox.run(['enroll', '--serial-number', alice.serialNumber], { input: pasted })
    assert.equal(run.code, 0, run.stderr)
    assert.match(
      run.stderr,
      /^awsmfa: warning: the seed has 32 characters.*\nawsmfa: profile mfa is enrolled and good until .*\((12 h|11 h \d+ min)\)\n/,
    )
    assert.equal(run.stdout, '')
    assert.equal(sandbox.seed(), alice.seed)
    assert.deepEqual(
      sandbox.sts.log.map(({ action, outcome, region }) => [action, outcome, region]),
      [['GetSessionToken', 'ok', 'eu-west-1']],
    )
    assert.equal(config(sandbox), enrolledFiles['.aws/config'])
    assert.ok(credentials(sandbox).startsWith(aliceFiles['.aws/credentials'] ?? 'x'), 'the source profile is as it was')
    assert.match(
      credentials(sandbox),
      /\n\[mfa\]\naws_access_key_id = ASIA\w{16}\naws_secret_access_key = \S{40}\naws_session_token = \S{300,}=\nx_security_token_expires = \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n$/,
    )
    assert.equal(sandbox.home.mode('.aws/credentials'), '600')
  })

  it('asks STS for nothing while the session is good, for a session with --force', async (t) => {
    const sandbox = await openSandbox(t)
    await sandbox.enroll('--quiet')
    const before = sandbox.state()
    const fresh = await sandbox.run(['refresh'])
    assert.match(`${fresh.code} ${fresh.stderr}`, /^0 awsmfa: profile mfa is still good for (12 h|11 h \d+ min)\n$/)
    assert.deepEqual(sandbox.state(), before)

    const forced = await sandbox.run(['refresh', '--force', '--quiet'])
    assert.deepEqual([forced.code, forced.stdout, forced.stderr], [0, '', ''])
    const [first, second] = sandbox.sts.log
    assert.equal(sandbox.sts.log.length, 2)
    assert.equal(second?.outcome, 'ok')
    assert.notEqual(first?.step, second?.step)
    assert.notEqual(credentials(sandbox), before.files['.aws/credentials'])
  })

  it('renews an expired session, and one with less left than --min-remaining', async (t) => {
    const files = { ...enrolledFiles, '.aws/credentials': credentialsWith('2001-01-01T00:00:00Z') }
    const sandbox = await openSandbox(t, { files })
    const renewed = await sandbox.run(['refresh', '--no-input'])
    assert.match(renewed.stderr, /^awsmfa: profile mfa is good until .* \((12 h|11 h \d+ min)\)\n$/)
    assert.equal(renewed.code, 0)
    assert.ok(!credentials(sandbox).includes('an old secret'))
    assert.equal((await sandbox.run(['refresh', '--min-remaining', '11h'])).code, 0)
    assert.equal(sandbox.sts.log.length, 1)
    assert.equal((await sandbox.run(['refresh', '--min-remaining', '11h59m59s'])).code, 0)
    assert.equal(sandbox.sts.log.length, 2)
  })

  it('renews two profiles of one device with one session', async (t) => {
    const sandbox = await openSandbox(t)
    await sandbox.enroll()
    const again = await sandbox.run(
      ['enroll', '--serial-number', alice.serialNumber, '--mfa-profile-name', 'second', '--replace'],
      {
        input: alice.seed,
      },
    )
    assert.equal(again.code, 0, again.stderr)
    const run = await sandbox.run(['refresh', '--force'])
    assert.match(run.stderr, /profile mfa, second is good until/)
    assert.equal(sandbox.sts.log.length, 3)
    const [mfa, second] = ['mfa', 'second'].map((name) =>
      credentials(sandbox).split(`[${name}]\n`)[1]?.split('\n[')[0]?.trim(),
    )
    assert.equal(mfa, second)
    assert.ok(mfa?.includes('aws_session_token'))
  })

  it('renews one profile although the device of another fails', async (t) => {
    const broken = `
[profile broken]
mfa_serial = arn:aws:iam::123456789012:mfa/gone
awsmfa_source_profile = default
`
    const files = { ...enrolledFiles, '.aws/config': broken + enrolledFiles['.aws/config'] }
    const sandbox = await openSandbox(t, { files })
    const run = await sandbox.run(['refresh'])
    assertRefused(run, 3, /profile broken: the keychain holds no seed for arn:aws:iam::123456789012:mfa\/gone/)
    assert.match(run.stderr, /awsmfa: profile mfa is good until/)
    assert.match(credentials(sandbox), /\n\[mfa\]\n/)
    assert.ok(!credentials(sandbox).includes('[broken]'))

    const status = await sandbox.run(['status'])
    assert.equal(status.code, 3)
    assert.match(
      status.stdout,
      /^profile broken: no session yet\n(.*\n)* {2}failed +.* ago\): the keychain holds no seed/,
    )
    assert.match(status.stdout, /hint: it was removed, or enrolled on another machine/)
  })

  it('enrols a hardware token, skips it when nobody can type, and says so when it was named', async (t) => {
    const serialNumber = 'GAHT12345678'
    const user = { arn: alice.arn, keys: [alice], devices: [{ serialNumber, seed: alice.seed }] }
    const sandbox = await openSandbox(t, { sts: { users: [user] } })
    const refused = await sandbox.run(['enroll', '--serial-number', serialNumber], { input: alice.seed })
    assertRefused(refused, 2, /'GAHT12345678' is a hardware token/)
    const enrolled = await sandbox.run(['enroll', '--serial-number', serialNumber, '--hardware-token'])
    assert.equal(enrolled.code, 0, enrolled.stderr)
    assert.match(config(sandbox), /\nmfa_serial = GAHT12345678\n/)
    assert.equal(sandbox.seed(serialNumber), undefined)

    const skipped = await sandbox.run(['refresh'])
    assert.deepEqual(
      [skipped.code, skipped.stderr],
      [0, 'awsmfa: profile mfa is skipped: its codes are typed, and nobody is there to type one\n'],
    )
    assertRefused(await sandbox.run(['refresh', '--mfa-profile-name', 'mfa']), 3, /profile mfa needs a typed code/)
    assert.equal(sandbox.sts.log.length, 0)

    const typed = await sandbox.run([sandbox.sts.code(serialNumber)])
    assert.equal(typed.code, 0, typed.stderr)
    assert.equal(sandbox.sts.log[0]?.params.SerialNumber, serialNumber)
    assert.equal((await sandbox.run(['status'])).code, 0)
  })

  it('shows in status what is enrolled, as text and as JSON, and exits with 3 when one needs a person', async (t) => {
    const files = { ...enrolledFiles, '.aws/credentials': credentialsWith(inDays(0.25)) }
    const sandbox = await openSandbox(t, { files })
    const good = await sandbox.run(['status'])
    assert.deepEqual([good.code, good.stderr], [0, ''])
    assert.match(good.stdout, /^profile mfa: \[#{5}\.{5}\] (6 h|5 h \d+ min) left, until /)
    assert.match(good.stdout, /\n {2}source +default\n {2}serial number +arn:aws:iam::123456789012:mfa\/alice\n/)
    assert.match(good.stdout, /\n {2}refreshed +never by awsmfa/)

    const json = await sandbox.run(['status', '--json'])
    assert.equal(json.code, 0)
    const { schemaVersion, now, profiles } = JSON.parse(json.stdout)
    assert.equal(schemaVersion, 1)
    assert.match(now, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    assert.equal(profiles.length, 1)
    const { mfaProfile, sourceProfile, serialNumber, durationSeconds, needsPerson } = profiles[0]
    assert.deepEqual(
      [mfaProfile, sourceProfile, serialNumber, durationSeconds, needsPerson],
      ['mfa', 'default', alice.serialNumber, 43_200, false],
    )

    sandbox.home.write('.aws/credentials', credentialsWith('2001-01-01T00:00:00Z'))
    const expired = await sandbox.run(['status'])
    assert.equal(expired.code, 3)
    assert.match(expired.stdout, /^profile mfa: expired at 2001-01-01/)
    assert.equal(JSON.parse((await sandbox.run(['status', '--json'])).stdout).profiles[0].needsPerson, true)
    assert.equal(sandbox.sts.log.length, 0)
  })

  it('forgets seed and settings with unenroll, the session too with --purge', async (t) => {
    const sandbox = await openSandbox(t)
    await sandbox.enroll()
    const run = await sandbox.run(['unenroll'])
    assert.equal(run.code, 0, run.stderr)
    assert.match(run.stderr, /the seed of .*:mfa\/alice is removed from the keychain\n/)
    assert.equal(sandbox.seed(), undefined)
    assert.equal(config(sandbox), `${aliceFiles['.aws/config']}\n[profile mfa]\nregion = eu-west-1\noutput = json\n`)
    assert.match(credentials(sandbox), /\n\[mfa\]\naws_access_key_id = ASIA/)
    assertRefused(await sandbox.run(['unenroll']), 3, /no MFA profile is enrolled/)

    await sandbox.enroll()
    const purged = await sandbox.run(['unenroll', '--purge'])
    assert.equal(purged.code, 0, purged.stderr)
    assert.deepEqual(
      [credentials(sandbox), config(sandbox)],
      [aliceFiles['.aws/credentials'], aliceFiles['.aws/config']],
    )
  })

  it('puts another seed in the place of one that is enrolled only when told to', async (t) => {
    const sandbox = await openSandbox(t, { files: enrolledFiles })
    const before = sandbox.state()
    const enroll = ['enroll', '--serial-number', alice.serialNumber]
    const another = { input: 'KVKFKRCPNZQUYMLXOVYDSQKJKZDTSRLD' }
    assertRefused(await sandbox.run(enroll, another), 2, /is enrolled already/)
    assert.deepEqual(sandbox.state(), before)

    const link = `otpauth://totp/AWS:alice?secret=${alice.seed}&issuer=AWS`
    const right = await sandbox.run([...enroll, '--replace'], { input: link })
    assert.equal(right.code, 0, right.stderr)
    assert.equal(sandbox.seed(), alice.seed)
  })

  it('keeps the old seed when the new one does not pass', async (t) => {
    const sandbox = await openSandbox(t, { files: enrolledFiles })
    const { files, seed } = sandbox.state()
    const input = 'KVKFKRCPNZQUYMLXOVYDSQKJKZDTSRLD'
    const wrong = await sandbox.run(['enroll', '--serial-number', alice.serialNumber, '--replace'], { input })
    assertRefused(wrong, 3, /AWS refused the code/)
    assert.equal(sandbox.seed(), seed)
    for (const file of ['.aws/credentials', '.aws/config']) assert.equal(sandbox.state().files[file], files[file])
  })
})
