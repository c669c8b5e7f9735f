/** The judge is judged: the strict STS against the AWS CLI, and against what AWS was seen to do with MFA codes. */
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { LongTermKeys } from '../../src/core/session.js'
import type { StsReason } from '../../src/errors.js'
import { StsFailure } from '../../src/errors.js'
import { makeSts } from '../../src/world/sts.js'
import { absent } from '../support/parts.js'
import { alice, type StrictSts, startStrictSts } from '../support/strictSts.js'

const stepMs = 30_000
/** The start of a window of three minutes, ten seconds into a time step. */
const start = Math.ceil(Date.now() / 180_000) * 180_000 + 10_000

describe('the strict STS', () => {
  let strict: StrictSts
  let nowMs: number
  beforeEach(async () => {
    nowMs = start
    strict = await startStrictSts({ now: () => nowMs, propagationMs: 10_000 })
  })
  // A fresh one for each test, since every one of them uses codes up.
  const closing: StrictSts[] = []
  beforeEach(() => void closing.push(strict))
  after(async () => {
    for (const one of closing) await one.close()
  })

  async function ask(code: string, serialNumber: string = alice.serialNumber): Promise<'ok' | StsReason> {
    const sts = makeSts({ env: { AWS_ENDPOINT_URL: strict.url }, now: () => nowMs })
    const keys = new LongTermKeys(alice.accessKeyId, alice.secretAccessKey)
    try {
      await sts.getSessionToken({
        keys,
        region: 'us-east-1',
        serialNumber,
        code,
        durationSeconds: 900,
        clockOffsetMs: 0,
      })
      return 'ok'
    } catch (error) {
      if (error instanceof StsFailure) return error.reason
      throw error
    }
  }
  const code = (stepsAhead: number) => strict.code(alice.serialNumber, stepsAhead)

  test('makes the codes of RFC 6238', async () => {
    // Appendix B's key, of whose eight digits the last six are used.
    const serialNumber = 'arn:aws:iam::123456789012:mfa/rfc'
    strict.addUser({ arn: alice.arn, keys: [], devices: [{ serialNumber, seed: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' }] })
    nowMs = 1_111_111_109_000
    assert.equal(strict.code(serialNumber), '081804')
    nowMs = 20_000_000_000_000
    assert.equal(strict.code(serialNumber), '353130')
  })

  test('takes codes of two steps to either side, in any order, and no others', async () => {
    assert.equal(await ask(code(3)), 'code-refused')
    assert.equal(await ask(code(-3)), 'code-refused')
    for (const step of [0, 2, -1, 1, -2]) assert.equal(await ask(code(step)), 'ok', String(step))
  })

  test('takes each code once, and says which step was sent', async () => {
    assert.equal(await ask(code(0)), 'ok')
    assert.equal(await ask(code(0)), 'code-refused')
    const step = Math.floor(nowMs / stepMs)
    assert.deepEqual(
      strict.verifications.map((entry) => [entry.outcome, entry.step]),
      [
        ['ok', step],
        ['AccessDenied', step],
      ],
    )
  })

  test('looks at nine codes in an aligned window of three minutes, good and bad, then says it cannot validate', async () => {
    for (let count = 0; count < 8; count += 1) assert.equal(await ask('000000'), 'code-refused')
    assert.equal(await ask(code(0)), 'ok')
    assert.equal(await ask(code(1)), 'device-refused')
    nowMs = start - 10_000 + 179_999
    assert.equal(await ask(code(0)), 'device-refused')
    nowMs += 1
    assert.equal(await ask(code(0)), 'ok')
  })

  test('hears of a device only a while after it was enabled', async () => {
    const serialNumber = 'arn:aws:iam::123456789012:mfa/new'
    const seed = 'KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU'
    strict.addUser({ arn: alice.arn, keys: [], devices: [{ serialNumber, seed, enabledAtMs: nowMs }] })
    nowMs += 9_999
    assert.equal(await ask(strict.code(serialNumber), serialNumber), 'device-refused')
    nowMs += 1
    assert.equal(await ask(strict.code(serialNumber), serialNumber), 'ok')
  })

  test('knows a session by its token, until it ends', async () => {
    const { STSClient, GetCallerIdentityCommand, GetSessionTokenCommand } = await import('@aws-sdk/client-sts')
    const client = (accessKeyId: string, secretAccessKey: string, sessionToken?: string) =>
      new STSClient({
        endpoint: strict.url,
        region: 'us-east-1',
        maxAttempts: 1,
        systemClockOffset: nowMs - Date.now(),
        credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
      })
    const whoAmI = (id: string, secret: string, token?: string) =>
      client(id, secret, token).send(new GetCallerIdentityCommand({}))

    const answer = await client(alice.accessKeyId, alice.secretAccessKey).send(
      new GetSessionTokenCommand({ SerialNumber: alice.serialNumber, TokenCode: code(0), DurationSeconds: 900 }),
    )
    const { AccessKeyId: id = '', SecretAccessKey: secret = '', SessionToken: token = '' } = answer.Credentials ?? {}
    assert.equal((await whoAmI(id, secret, token)).Arn, alice.arn)
    await assert.rejects(whoAmI(id, secret), { name: 'InvalidClientTokenId' })
    await assert.rejects(whoAmI(id, secret, `${token.slice(0, -4)}AA==`), { name: 'InvalidClientTokenId' })
    nowMs += 900_000
    await assert.rejects(whoAmI(id, secret, token), { name: 'ExpiredToken' })
  })

  test("does not take a code for another user's device", async () => {
    const serialNumber = 'arn:aws:iam::123456789012:mfa/bob'
    const bob = { arn: 'arn:aws:iam::123456789012:user/bob', keys: [], devices: [{ serialNumber, seed: alice.seed }] }
    strict.addUser(bob)
    assert.equal(await ask(strict.code(serialNumber), serialNumber), 'device-refused')
    assert.deepEqual(strict.verifications, [])
  })
})

describe('the strict STS as a process', () => {
  test('prints where it is and whom it knows, and ends when its standard input closes', async () => {
    const file = fileURLToPath(new URL('../support/strictSts.js', import.meta.url))
    const child = spawn(process.execPath, [file, '{"clockOffsetMs":60000}'], { stdio: ['pipe', 'pipe', 'inherit'] })
    const [line] = await once(child.stdout, 'data')
    const { url, accessKeyId } = JSON.parse(String(line))
    assert.equal(accessKeyId, alice.accessKeyId)
    const answer = await fetch(url, { method: 'POST', body: 'Action=GetCallerIdentity' })
    assert.equal(answer.status, 403)
    assert.match(await answer.text(), /<Code>MissingAuthenticationToken<\/Code>/)
    const offsetMs = Date.parse(answer.headers.get('date') ?? '') - Date.now()
    assert.ok(Math.abs(offsetMs - 60_000) < 2_000, String(offsetMs))
    child.stdin.end()
    const [status] = await once(child, 'exit')
    assert.equal(status, 0)
  })
})

describe('the strict STS to the AWS CLI', { skip: absent('aws') }, () => {
  let strict: StrictSts
  let home: string
  before(async () => {
    strict = await startStrictSts()
    home = mkdtempSync(join(tmpdir(), 'awsmfa-strict-'))
  })
  after(async () => {
    rmSync(home, { recursive: true, force: true })
    await strict.close()
  })

  interface Keys {
    readonly id: string
    readonly secret: string
    readonly token?: string
  }
  const longTerm: Keys = { id: alice.accessKeyId, secret: alice.secretAccessKey }

  function aws(keys: Keys, ...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
    const env = {
      PATH: process.env.PATH,
      HOME: home,
      AWS_CONFIG_FILE: join(home, 'config'),
      AWS_SHARED_CREDENTIALS_FILE: join(home, 'credentials'),
      AWS_DEFAULT_REGION: 'eu-central-1',
      AWS_MAX_ATTEMPTS: '1',
      AWS_ACCESS_KEY_ID: keys.id,
      AWS_SECRET_ACCESS_KEY: keys.secret,
      ...(keys.token === undefined ? {} : { AWS_SESSION_TOKEN: keys.token }),
    }
    const line = ['sts', ...args, '--endpoint-url', strict.url, '--output', 'json']
    return new Promise((resolve) => {
      execFile('aws', line, { env }, (error, stdout, stderr) => {
        resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr })
      })
    })
  }
  const getSessionToken = (keys: Keys, code: string) =>
    aws(keys, 'get-session-token', '--serial-number', alice.serialNumber, '--token-code', code)

  test('gives a session, which then works as the user and gives no further one', async () => {
    const first = await getSessionToken(longTerm, strict.code())
    assert.equal(first.status, 0, first.stderr)
    const { Credentials } = JSON.parse(first.stdout)
    assert.match(Credentials.SessionToken, /\/\+.*=$/)
    const session = {
      id: Credentials.AccessKeyId,
      secret: Credentials.SecretAccessKey,
      token: Credentials.SessionToken,
    }

    const [who, another] = await Promise.all([
      aws(session, 'get-caller-identity'),
      getSessionToken(session, strict.code(alice.serialNumber, 1)),
    ])
    assert.equal(who.status, 0, who.stderr)
    assert.equal(JSON.parse(who.stdout).Arn, alice.arn)
    assert.match(another.stderr, /\(AccessDenied\).*Cannot call GetSessionToken with session credentials/)
    assert.equal(strict.log.at(-1)?.region, 'eu-central-1')
  })

  test("checks signatures, and refuses codes in AWS's own words", async () => {
    const [wrongSecret, wrongCode] = await Promise.all([
      aws({ ...longTerm, secret: 'wrong' }, 'get-caller-identity'),
      getSessionToken(longTerm, '000000'),
    ])
    assert.match(wrongSecret.stderr, /\(SignatureDoesNotMatch\).*The request signature we calculated does not match/)
    assert.match(
      wrongCode.stderr,
      /\(AccessDenied\) when calling the GetSessionToken operation: MultiFactorAuthentication failed with invalid MFA one time pass code\. /,
    )
  })
})
