import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { LongTermKeys } from '../../src/core/session.js'
import { makeIam } from '../../src/world/iam.js'
import { makeSts } from '../../src/world/sts.js'
import { absent } from '../support/parts.js'
import { alice } from '../support/strictSts.js'

/** moto was written by others after AWS's own models: it checks no code, but its answers have AWS's form. */
describe("moto's answer", { skip: absent('moto_server') }, () => {
  let moto: ChildProcess
  let url: string

  before(async () => {
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    moto = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore', detached: true })
    while (!(await listens(url))) {
      assert.equal(moto.exitCode, null, 'moto_server ended before it listened')
      await setTimeout(100)
    }
  })
  after(async () => {
    if (moto.pid === undefined || moto.exitCode !== null) return
    const ended = once(moto, 'exit')
    // Its whole group, which is ours alone: the command may be a wrapper around the real one.
    process.kill(-moto.pid, 'SIGTERM')
    await ended
  })

  test('to GetSessionToken is understood and believed', async () => {
    const { session, clockOffsetMs } = await makeSts({ env: { AWS_ENDPOINT_URL: url } }).getSessionToken({
      keys: new LongTermKeys(alice.accessKeyId, alice.secretAccessKey),
      region: 'us-east-1',
      serialNumber: alice.serialNumber,
      code: '000000',
      durationSeconds: 900,
      clockOffsetMs: 0,
    })
    const { accessKeyId, secretAccessKey, sessionToken } = session.reveal()
    assert.match(accessKeyId, /^A[A-Z0-9]{15,}$/)
    assert.ok(secretAccessKey.length > 30 && sessionToken.length > 100)
    const lifeSeconds = (session.expiration.getTime() - Date.now()) / 1000
    assert.ok(lifeSeconds > 800 && lifeSeconds <= 900, String(lifeSeconds))
    assert.ok(Math.abs(clockOffsetMs ?? Number.NaN) < 5_000)
  })

  test('to AssumeRole and GetRole is understood and believed', async () => {
    const { CreateRoleCommand, IAMClient } = await import('@aws-sdk/client-iam')
    const credentials = { accessKeyId: alice.accessKeyId, secretAccessKey: alice.secretAccessKey }
    const Statement = [
      {
        Effect: 'Allow',
        Principal: { AWS: '123456789012' },
        Action: 'sts:AssumeRole',
        Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
      },
    ]
    const made = await new IAMClient({ region: 'us-east-1', endpoint: url, credentials }).send(
      new CreateRoleCommand({
        RoleName: 'admin',
        MaxSessionDuration: 43_200,
        AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement }),
      }),
    )
    const signer = {
      credentials: new LongTermKeys(alice.accessKeyId, alice.secretAccessKey),
      region: 'us-east-1',
      clockOffsetMs: 0,
    }
    const { session } = await makeSts({ env: { AWS_ENDPOINT_URL: url } }).assumeRole({
      ...signer,
      role: { arn: made.Role?.Arn ?? '', sessionName: 'alice', externalId: 'x/1' },
      mfa: { serialNumber: alice.serialNumber, code: '000000' },
      durationSeconds: 43_200,
    })
    const lifeSeconds = (session.expiration.getTime() - Date.now()) / 1000
    assert.ok(lifeSeconds > 43_000 && lifeSeconds <= 43_200, String(lifeSeconds))
    const rules = await makeIam({ env: { AWS_ENDPOINT_URL: url } }).getRole(signer, 'admin')
    assert.deepEqual(rules, { maxSeconds: 43_200, wantsMfa: true })
  })

  test('to the calls about devices is understood, seed included', async () => {
    const keys = new LongTermKeys(alice.accessKeyId, alice.secretAccessKey)
    const env = { AWS_ENDPOINT_URL: url }
    const identity = await makeSts({ env }).getCallerIdentity({
      credentials: keys,
      region: 'us-east-1',
      clockOffsetMs: 0,
    })
    assert.match(identity.arn, /^arn:aws:(iam|sts)::/)

    // moto lets everybody do everything, so a user can be made without being one.
    const { CreateUserCommand, IAMClient } = await import('@aws-sdk/client-iam')
    const credentials = { accessKeyId: alice.accessKeyId, secretAccessKey: alice.secretAccessKey }
    await new IAMClient({ region: 'us-east-1', endpoint: url, credentials }).send(
      new CreateUserCommand({ UserName: 'alice' }),
    )
    const iam = makeIam({ env, pauseMs: 1 })
    const signer = { credentials: keys, region: 'us-east-1', clockOffsetMs: 0 }
    assert.deepEqual(await iam.listDevices(signer, 'alice'), [])
    const { serialNumber, seed } = await iam.createVirtualDevice(signer, 'awsmfa-moto')
    assert.match(serialNumber, /^arn:aws:iam::[0-9]{12}:mfa\/awsmfa-moto$/)
    assert.match(seed.reveal(), /^[A-Z2-7]{64}$/)
    await assert.rejects(iam.createVirtualDevice(signer, 'awsmfa-moto'), { name: 'IamFailure', reason: 'taken' })

    const device = { userName: 'alice', serialNumber }
    await iam.enableDevice(signer, device, ['123456', '234567'])
    assert.deepEqual(await iam.listDevices(signer, 'alice'), [serialNumber])
    await iam.deactivateDevice(signer, device)
    await assert.rejects(iam.deactivateDevice(signer, device), { name: 'IamFailure', reason: 'absent' })
    await iam.deleteVirtualDevice(signer, serialNumber)
    assert.deepEqual(await iam.listDevices(signer, 'alice'), [])

    assert.deepEqual(await iam.listAccessKeys(signer, 'alice'), [])
    const { accessKeyId } = await iam.createAccessKey(signer, 'alice')
    await iam.createAccessKey(signer, 'alice')
    await assert.rejects(iam.createAccessKey(signer, 'alice'), { name: 'IamFailure', message: /inactive ones count/ })
    const key = { userName: 'alice', accessKeyId }
    await iam.setKeyActive(signer, key, false)
    const listed = (await iam.listAccessKeys(signer, 'alice')).find((each) => each.accessKeyId === accessKeyId)
    assert.equal(listed?.active, false)
    assert.ok(listed.createdAt instanceof Date)
    assert.equal(await iam.lastUseOf(signer, accessKeyId), undefined)
    await iam.deleteAccessKey(signer, key)
    await assert.rejects(iam.deleteAccessKey(signer, key), { name: 'IamFailure', reason: 'absent' })
  })
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  assert.ok(address !== null && typeof address === 'object')
  return address.port
}

function listens(url: string): Promise<boolean> {
  return fetch(`${url}/moto-api/data.json`).then(
    (response) => response.ok,
    () => false,
  )
}
