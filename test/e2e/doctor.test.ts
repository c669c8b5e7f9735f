import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { absent } from '../support/parts.js'
import { enrolledFiles, openSandbox, type Sandbox, type SandboxOptions } from '../support/sandbox.js'
import { type SecretService, secretServiceParts, startSecretService } from '../support/secretService.js'
import { alice } from '../support/strictSts.js'

interface Found {
  readonly about: string
  readonly name: string
  readonly verdict: string
  readonly text: string
}

/** A sandbox with a fresh session and a policy that asks for MFA; IAM is asked at the stand-in too. */
async function refreshed(t: Parameters<typeof openSandbox>[0], options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await openSandbox(t, { files: enrolledFiles, ...options })
  sandbox.sts.iam.deniedWithoutMfa.add('ListAccessKeys')
  const { code, stderr } = await sandbox.run(['refresh'])
  assert.equal(code, 0, stderr)
  return sandbox
}

/** Runs doctor, checks that it changed nothing, and gives back exit code and checks. */
async function examine(sandbox: Sandbox, env: Record<string, string> = {}): Promise<[number | null, readonly Found[]]> {
  const { home, sts } = sandbox
  const before = {
    files: home.snapshot(),
    seed: sandbox.seed(),
    sessions: sessionsAsked(sandbox),
    devices: sts.iam.devices,
  }
  const run = await sandbox.run(['doctor', '--json'], { env: { AWS_ENDPOINT_URL_IAM: sts.url, ...env } })
  const now = {
    files: home.snapshot(),
    seed: sandbox.seed(),
    sessions: sessionsAsked(sandbox),
    devices: sts.iam.devices,
  }
  assert.deepEqual(now, before, 'doctor changed something')
  assert.equal(run.stderr, '')
  return [run.code, (JSON.parse(run.stdout) as { checks: Found[] }).checks]
}

function sessionsAsked({ sts }: Sandbox): number {
  return sts.log.filter(({ action }) => action === 'GetSessionToken').length
}

function textOf(checks: readonly Found[], name: string, verdict: string): string {
  const found = checks.find((check) => check.name === name)
  assert.equal(found?.verdict, verdict, `${name}: ${JSON.stringify(checks)}`)
  return found?.text ?? ''
}

describe('doctor', { concurrency: 4 }, () => {
  it('finds the chain good, changes nothing and calls nothing but what reads', async (t) => {
    const sandbox = await refreshed(t)
    const asked = sandbox.sts.log.length
    const [code, checks] = await examine(sandbox)
    assert.equal(code, 0)
    assert.deepEqual(
      checks.filter(({ verdict }) => verdict === 'bad'),
      [],
    )
    assert.match(textOf(checks, 'session', 'ok'), /AWS accepts the session, which lasts another (12 h|11 h \d+ min)/)
    assert.match(textOf(checks, 'policy', 'ok'), /asks for MFA/)
    const calls = sandbox.sts.log.slice(asked).map(({ action, outcome }) => `${action} ${outcome}`)
    assert.deepEqual(calls.sort(), [
      'GetCallerIdentity ok',
      'GetCallerIdentity ok',
      'ListAccessKeys AccessDenied',
      'ListAccessKeys ok',
    ])
  })

  it('reads well: plain ASCII, 80 columns at most, on stdout', async (t) => {
    const sandbox = await refreshed(t)
    sandbox.home.write(
      '.aws/config',
      `${sandbox.home.read('.aws/config')}[profile admin]\nrole_arn = x\nsource_profile = mfa\nmfa_serial = y\n`,
    )
    const { code, stdout } = await sandbox.run(['doctor'], { env: { AWS_ENDPOINT_URL_IAM: sandbox.sts.url } })
    assert.equal(code, 0)
    assert.match(stdout, /^program\n {2}ok {4}awsmfa \d+\.\d+\.\d+\n/)
    assert.match(stdout, /\n {2}warn {2}profile admin builds on mfa .*\n.*\n {8}-> remove mfa_serial/)
    assert.match(stdout, /\n\nit works; warnings: \d+\n$/)
    for (const line of stdout.split('\n')) assert.ok(line.length <= 80 && /^[ -~]*$/.test(line), line)
  })

  it('says that MFA protects nothing when the long-term key may do what the session may', async (t) => {
    const sandbox = await refreshed(t)
    sandbox.sts.iam.deniedWithoutMfa.clear()
    const [code, checks] = await examine(sandbox)
    assert.equal(code, 3)
    assert.match(textOf(checks, 'policy', 'bad'), /MFA protects nothing/)
  })

  it('sees the policy even of a user who may list no keys with MFA either, by its explicit deny', async (t) => {
    const sandbox = await refreshed(t)
    sandbox.sts.iam.denied.add('ListAccessKeys')
    const [, checks] = await examine(sandbox)
    assert.match(textOf(checks, 'policy', 'ok'), /asks for MFA/)
  })

  it('finds the keys good through a clock that is two hours off, and remembers nothing of it', async (t) => {
    const sandbox = await refreshed(t)
    sandbox.sts.clockOffsetMs = 2 * 3_600_000
    const [code, checks] = await examine(sandbox)
    assert.equal(code, 0)
    assert.match(textOf(checks, 'clock', 'warn'), /2 h behind AWS's/)
    assert.match(textOf(checks, 'session', 'ok'), /another (10 h|9 h \d+ min)/)
  })

  it('finds keys that AWS does not know, and a session that AWS has forgotten', async (t) => {
    const sandbox = await refreshed(t)
    const credentials = sandbox.home.read('.aws/credentials') ?? ''
    sandbox.home.write('.aws/credentials', credentials.replace(/ASIA\w{4}/, 'ASIA0000'))
    const [code, checks] = await examine(sandbox)
    assert.equal(code, 3)
    assert.match(textOf(checks, 'session', 'bad'), /AWS does not accept the session/)
    sandbox.home.write('.aws/credentials', credentials.replace(/AKIA\w{4}/, 'AKIA0000'))
    const [again, more] = await examine(sandbox)
    assert.equal(again, 3)
    assert.match(textOf(more, 'keys', 'bad'), /AWS does not accept the access key ending in/)
  })

  it('offline: tests what it can and exits 4', async (t) => {
    const sandbox = await refreshed(t)
    const nobody = `http://127.0.0.1:${await closedPort()}`
    const [code, checks] = await examine(sandbox, { AWS_ENDPOINT_URL_STS: nobody, AWS_ENDPOINT_URL_IAM: nobody })
    assert.equal(code, 4)
    assert.match(textOf(checks, 'keys', 'bad'), /refused the connection/)
    textOf(checks, 'keychain', 'ok')
    textOf(checks, 'session', 'warn')
  })

  it('tells of files as they are: modes, links, git, and what cannot be written', async (t) => {
    const sandbox = await refreshed(t, { secretsIn: ['.aws/credentials', 'dotfiles/credentials'] })
    const { home } = sandbox
    const credentials = join(home.path, '.aws/credentials')
    chmodSync(credentials, 0o640)
    mkdirSync(join(home.path, '.git'))
    const [, open] = await examine(sandbox)
    const cautions = open.filter(({ name }) => name === 'credentials').map(({ verdict, text }) => `${verdict} ${text}`)
    assert.match(cautions[0] ?? '', /^warn others can read .* \(mode 0640\)/)
    assert.match(cautions[1] ?? '', /^warn .* lies in the git work tree /)
    chmodSync(credentials, 0o600)
    home.remove('.git')
    home.write('dotfiles/credentials', home.read('.aws/credentials') ?? '')
    home.remove('.aws/credentials')
    symlinkSync('../dotfiles/credentials', credentials)
    assert.match(
      textOf((await examine(sandbox))[1], 'credentials', 'ok'),
      /a link to .*dotfiles\/credentials\) \(0600\)/,
    )
    chmodSync(credentials, 0o400)
    const [code, checks] = await examine(sandbox)
    assert.equal(code, 3)
    assert.match(textOf(checks, 'credentials', 'bad'), /is read-only \(mode 0400\)/)
  })

  it('without any AWS files it says so, and what to do', async (t) => {
    const sandbox = await openSandbox(t, { files: {} })
    const [code, checks] = await examine(sandbox)
    assert.equal(code, 3)
    assert.match(textOf(checks, 'credentials', 'warn'), /there is no .* yet/)
    textOf(checks, 'enrolments', 'bad')
  })

  it('without any session bus it says why there is no keychain', async (t) => {
    const sandbox = await openSandbox(t, { files: enrolledFiles, keychain: 'none' })
    const run = await sandbox.run(['doctor', '--json'], { env: { AWS_ENDPOINT_URL_IAM: sandbox.sts.url } })
    assert.equal(run.code, 3)
    const { checks } = JSON.parse(run.stdout) as { checks: Found[] }
    textOf(checks, 'keychain', 'bad')
  })
})

describe('doctor with a real Secret Service', { skip: absent(...secretServiceParts) }, () => {
  const services: SecretService[] = []
  after(async () => {
    for (const service of services) await service.stop()
  })

  it('finds the seed and its keeper, here and without the desktop, then a locked keyring, then none', async (t) => {
    const service = await startSecretService()
    services.push(service)
    service.store(alice.serialNumber, alice.seed)
    const sandbox = await refreshed(t, { keychain: service })

    const [, checks] = await examine(sandbox)
    assert.match(textOf(checks, 'keychain', 'ok'), /\(gnome-keyring-d.*\) is open and holds the seed/)
    textOf(checks, 'keychain-unattended', 'ok')

    await service.lock()
    const run = await sandbox.run(['doctor', '--json'], { env: { AWS_ENDPOINT_URL_IAM: sandbox.sts.url } })
    assert.equal(run.code, 3)
    assert.match(textOf((JSON.parse(run.stdout) as { checks: Found[] }).checks, 'keychain', 'bad'), /keyring is locked/)

    await service.kill()
    const gone = await sandbox.run(['doctor', '--json'], { env: { AWS_ENDPOINT_URL_IAM: sandbox.sts.url } })
    assert.equal(gone.code, 3)
    assert.match(textOf((JSON.parse(gone.stdout) as { checks: Found[] }).checks, 'keychain', 'bad'), /no keychain here/)
  })
})

async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : assert.fail('no port')
}
