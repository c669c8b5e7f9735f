import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { type AwsCredentials, LongTermKeys, Session } from '../../src/core/session.js'
import { totp } from '../../src/core/totp.js'
import { IamFailure, type IamReason } from '../../src/errors.js'
import type { Iam, Signer, Sts } from '../../src/outside/aws.js'
import { makeIam } from '../../src/world/iam.js'
import { makeSts } from '../../src/world/sts.js'
import { failsWith } from '../support/failsWith.js'
import { alice, type StrictSts, startStrictSts } from '../support/strictSts.js'

const limits = { connectMs: 10_000, totalMs: 20_000 }
const keys = new LongTermKeys(alice.accessKeyId, alice.secretAccessKey)

describe('the IAM client against a strict IAM', () => {
  let strict: StrictSts
  let iam: Iam
  let sts: Sts
  before(async () => {
    strict = await startStrictSts({ users: [] })
    const options = { env: { AWS_ENDPOINT_URL: strict.url }, limits, pauseMs: 1 }
    iam = makeIam(options)
    sts = makeSts(options)
  })
  after(() => strict.close())

  // Each test has a user of its own, without a device.
  let userName: string
  let arn: string
  let count = 0
  beforeEach(() => {
    strict.clearFaults()
    strict.clockOffsetMs = 0
    strict.iam.denied.clear()
    strict.iam.deniedWithoutMfa.clear()
    count += 1
    userName = `user-${count}`
    arn = `arn:aws:iam::123456789012:user/eng/${userName}`
    strict.addUser({ arn, keys: [alice], devices: [] })
  })

  const signer = (credentials: AwsCredentials = keys, changes: Partial<Signer> = {}): Signer => ({
    credentials,
    region: 'eu-west-1',
    clockOffsetMs: 0,
    ...changes,
  })
  const lastEntry = () => strict.log.at(-1)
  const actions = (from: number) => strict.log.slice(from).map(({ action }) => action)
  const stepNow = () => Math.floor(strict.now() / 30_000)

  /** A device that the user has; the codes of `now` are then used up at IAM, not at STS. */
  async function enabled(name = `${userName}-device`) {
    const { serialNumber, seed } = await iam.createVirtualDevice(signer(), name)
    const codes = [totp(seed, stepNow() - 1), totp(seed, stepNow())] as const
    await iam.enableDevice(signer(), { userName, serialNumber }, codes)
    return { serialNumber, seed }
  }

  async function mfaSession(serialNumber: string, code: string): Promise<Session> {
    const { session } = await sts.getSessionToken({
      keys,
      region: 'eu-west-1',
      serialNumber,
      code,
      durationSeconds: 900,
      clockOffsetMs: 0,
    })
    return session
  }

  async function refused(reason: IamReason, work: () => Promise<unknown>): Promise<IamFailure> {
    const failure = await failsWith(reason === 'busy' || reason === 'unreachable' ? 'retry' : 'act', /./, work)
    assert.ok(failure instanceof IamFailure, failure.name)
    assert.equal(failure.reason, reason, failure.message)
    return failure
  }

  test('makes a device, and its seed is one at once', async () => {
    const { serialNumber, seed } = await iam.createVirtualDevice(signer(), 'awsmfa-new')
    assert.equal(serialNumber, 'arn:aws:iam::123456789012:mfa/awsmfa-new')
    assert.equal(seed.reveal(), strict.iam.devices.find((kept) => kept.serialNumber === serialNumber)?.seed)
    assert.equal(String(seed), '[seed]')
  })

  test('enables it with two codes in a row, for a user who is always named', async () => {
    const { serialNumber } = await enabled()
    assert.equal(lastEntry()?.params.UserName, userName)
    assert.deepEqual(await iam.listDevices(signer(), userName), [serialNumber])
  })

  test('lists devices of all kinds, and none', async () => {
    assert.deepEqual(await iam.listDevices(signer(), userName), [])
    const others = [`arn:aws:iam::123456789012:u2f/user/${userName}/key-ABC`, 'GAHT12345678']
    for (const serialNumber of others) strict.iam.keepOther(arn, serialNumber)
    assert.deepEqual(await iam.listDevices(signer(), userName), others)
  })

  test('takes a device away and deletes it, with a session that was got with a code', async () => {
    const { serialNumber, seed } = await enabled()
    const session = await mfaSession(serialNumber, totp(seed, stepNow() + 1))
    await iam.deactivateDevice(signer(session), { userName, serialNumber })
    await iam.deleteVirtualDevice(signer(session), serialNumber)
    assert.equal(
      strict.iam.devices.some((kept) => kept.serialNumber === serialNumber),
      false,
    )
  })

  test('brings a device back into step with two newer codes', async () => {
    const { serialNumber, seed } = await enabled()
    await iam.resync(signer(), { userName, serialNumber }, [totp(seed, stepNow() + 8), totp(seed, stepNow() + 9)])
    const kept = strict.iam.devices.find((device) => device.serialNumber === serialNumber)
    assert.ok([8, 9].includes(kept?.device?.driftSteps ?? 0))
  })

  test('signs with the clock that it is told', async () => {
    strict.clockOffsetMs = 2 * 3_600_000
    await refused('refused', () => iam.listDevices(signer(), userName))
    await iam.listDevices(signer(keys, { clockOffsetMs: strict.clockOffsetMs }), userName)
  })

  describe('tells apart why AWS says no:', () => {
    test('a user who has a device changes devices with a code only', async () => {
      const { serialNumber } = await enabled()
      const second = await iam.createVirtualDevice(signer(), `${userName}-second`)
      const codes = [totp(second.seed, stepNow() - 1), totp(second.seed, stepNow())] as const
      const device = { userName, serialNumber: second.serialNumber }
      await refused('needs-mfa', () => iam.enableDevice(signer(), device, codes))
      await refused('needs-mfa', () => iam.deactivateDevice(signer(), { userName, serialNumber }))
    })

    test('a policy does not allow it; then the policy that would is told', async () => {
      strict.iam.denied.add('CreateVirtualMFADevice')
      const failure = await refused('denied', () => iam.createVirtualDevice(signer(), 'awsmfa-denied'))
      assert.match(failure.message, /iam:CreateVirtualMFADevice/)
      const [, policy = ''] = failure.hints
      assert.equal(JSON.parse(policy).Version, '2012-10-17')
    })

    test('the name is taken', async () => {
      await iam.createVirtualDevice(signer(), 'awsmfa-twice')
      await refused('taken', () => iam.createVirtualDevice(signer(), 'awsmfa-twice'))
    })

    test('a device that is in use is not deleted', async () => {
      const { serialNumber } = await enabled()
      await refused('in-use', () => iam.deleteVirtualDevice(signer(), serialNumber))
    })

    test('there is no such device', async () => {
      const serialNumber = 'arn:aws:iam::123456789012:mfa/nobody'
      await refused('absent', () => iam.deleteVirtualDevice(signer(), serialNumber))
      await refused('absent', () => iam.deactivateDevice(signer(), { userName, serialNumber }))
    })

    test('codes that are equal, reversed or not of the device', async () => {
      const { serialNumber, seed } = await iam.createVirtualDevice(signer(), `${userName}-device`)
      const [earlier, later] = [totp(seed, stepNow() - 1), totp(seed, stepNow())]
      for (const codes of [
        [later, later],
        [later, earlier],
      ] as const) {
        await refused('code-refused', () => iam.enableDevice(signer(), { userName, serialNumber }, codes))
      }
    })

    test('a ninth device is one too many', async () => {
      for (let other = 0; other < 7; other += 1) strict.iam.keepOther(arn, `GAHT1234567${other}`)
      strict.addUser({ arn, keys: [alice], devices: [{ serialNumber: `${arn}-mfa`, seed: alice.seed }] })
      const session = await mfaSession(`${arn}-mfa`, strict.code(`${arn}-mfa`))
      const { serialNumber, seed } = await iam.createVirtualDevice(signer(session), `${userName}-ninth`)
      const codes = [totp(seed, stepNow() - 1), totp(seed, stepNow())] as const
      const failure = await refused('refused', () =>
        iam.enableDevice(signer(session), { userName, serialNumber }, codes),
      )
      assert.match(failure.hints.join(), /eight/)
    })

    test('a session without MFA', async () => {
      const plain = new Session('ASIAIOSFODNN7EXAMPLE', 'secret', 'token', new Date(0))
      await refused('refused', () => iam.listDevices(signer(plain), userName))
    })
  })

  describe('when AWS asks for patience, or nobody answers,', () => {
    test('what can be repeated without harm is', async () => {
      const from = strict.log.length
      strict.fault('throttle')
      strict.fault('after-drop')
      assert.deepEqual(await iam.listDevices(signer(), userName), [])
      assert.deepEqual(actions(from), ['ListMFADevices', 'ListMFADevices', 'ListMFADevices'])
    })

    test('it is given up after three attempts', async () => {
      const from = strict.log.length
      strict.fault('service-unavailable', 3)
      await refused('busy', () => iam.listDevices(signer(), userName))
      assert.equal(actions(from).length, 3)
    })

    test('a device is not made a second time when the first one may have been made', async () => {
      for (const fault of ['after-drop', 'internal-failure'] as const) {
        const from = strict.log.length
        strict.fault(fault)
        const failure = await failsWith('retry', /./, () => iam.createVirtualDevice(signer(), `awsmfa-${fault}`))
        assert.equal(failure instanceof IamFailure && failure.mayHaveWorked, true)
        assert.equal(actions(from).length, 1)
      }
    })

    test('a throttled creation is repeated: it has made nothing', async () => {
      strict.fault('throttle')
      await iam.createVirtualDevice(signer(), `${userName}-throttled`)
    })

    test("somebody else's page is not taken for an empty list", async () => {
      strict.fault('captive-portal', 3)
      await refused('unreachable', () => iam.listDevices(signer(), userName))
    })

    test('a hanging answer is given up', async () => {
      strict.fault('hang')
      const impatient = makeIam({
        env: { AWS_ENDPOINT_URL_IAM: strict.url },
        limits: { connectMs: 300, totalMs: 500 },
      })
      await refused('unreachable', () => impatient.createVirtualDevice(signer(), 'awsmfa-hang'))
    })
  })

  describe('access keys', () => {
    test('are listed, made, made inactive and active, and deleted; each is used from its first use on', async () => {
      const { accessKeyId: first } = keys
      const [only] = await iam.listAccessKeys(signer(), userName)
      assert.deepEqual([only?.accessKeyId, only?.active], [first, true])
      assert.ok((await iam.lastUseOf(signer(), first)) instanceof Date)
      const made = await iam.createAccessKey(signer(), userName)
      const { accessKeyId } = made
      assert.equal(await iam.lastUseOf(signer(), accessKeyId), undefined)
      assert.equal((await sts.getCallerIdentity(signer(made))).arn, arn)
      const listed = (await iam.listAccessKeys(signer(), userName)).find((each) => each.accessKeyId === accessKeyId)
      assert.ok(Math.abs((listed?.createdAt?.getTime() ?? 0) - strict.now()) < 60_000)

      await iam.setKeyActive(signer(), { userName, accessKeyId }, false)
      await failsWith('act', new RegExp(accessKeyId.slice(-4)), () => sts.getCallerIdentity(signer(made)))
      await iam.setKeyActive(signer(), { userName, accessKeyId }, true)
      await sts.getCallerIdentity(signer(made))
      await iam.deleteAccessKey(signer(), { userName, accessKeyId })
      assert.equal((await iam.listAccessKeys(signer(), userName)).length, 1)
      const failure = await refused('absent', () => iam.deleteAccessKey(signer(), { userName, accessKeyId }))
      assert.match(failure.message, new RegExp(`^AWS knows no such access key: …${accessKeyId.slice(-4)}$`))
    })

    test('are two at most, inactive ones included', async () => {
      const { accessKeyId } = await iam.createAccessKey(signer(), userName)
      await iam.setKeyActive(signer(), { userName, accessKeyId }, false)
      const failure = await refused('refused', () => iam.createAccessKey(signer(), userName))
      assert.match(failure.message, /no third access key .*: inactive ones count too/)
    })

    test('may need a session with MFA, and the policy that allows it is told', async () => {
      strict.iam.deniedWithoutMfa.add('CreateAccessKey')
      const failure = await refused('denied', () => iam.createAccessKey(signer(), userName))
      assert.match(failure.hints.join(), /AwsmfaOwnKeysWithMfa.*user\/\$\{aws:username\}/)
      const { serialNumber, seed } = await enabled()
      const session = await mfaSession(serialNumber, totp(seed, stepNow() + 1))
      await iam.createAccessKey(signer(session), userName)
    })

    test('are not made a second time when the first one may have been made', async () => {
      const from = strict.log.length
      strict.fault('after-drop')
      await refused('unreachable', () => iam.createAccessKey(signer(), userName))
      assert.deepEqual(actions(from), ['CreateAccessKey'])
      strict.fault('captive-portal')
      await refused('unreachable', () => iam.listAccessKeys(signer(), userName))
    })
  })

  test('a seed is never sent for over plain http: to another machine', async () => {
    const far = makeIam({ env: { AWS_ENDPOINT_URL_IAM: 'http://iam.example' }, limits })
    await failsWith('act', /AWS_ENDPOINT_URL_IAM would send the seed unencrypted/, () =>
      far.createVirtualDevice(signer(), 'awsmfa-far'),
    )
  })

  describe('GetCallerIdentity', () => {
    test('names the user and tells the clock, for keys and for sessions', async () => {
      strict.clockOffsetMs = 600_000
      const identity = await sts.getCallerIdentity(signer())
      assert.deepEqual([identity.arn, identity.account], [arn, '123456789012'])
      assert.ok(Math.abs((identity.clockOffsetMs ?? 0) - 600_000) < 5_000)
      strict.clockOffsetMs = 0
      const { serialNumber, seed } = await enabled()
      const session = await mfaSession(serialNumber, totp(seed, stepNow() + 1))
      assert.equal((await sts.getCallerIdentity(signer(session))).arn, arn)
    })

    test('words its refusals with its own name', async () => {
      const unknown = new LongTermKeys('AKIAI44QH8DHBEXAMPLE', alice.secretAccessKey)
      const failure = await failsWith('act', /MPLE/, () => sts.getCallerIdentity(signer(unknown)))
      assert.doesNotMatch(failure.message, /GetSessionToken/)
    })

    test('believes no page of somebody else', async () => {
      strict.fault('captive-portal')
      await failsWith('retry', /cannot be used/, () => sts.getCallerIdentity(signer()))
    })
  })
})
