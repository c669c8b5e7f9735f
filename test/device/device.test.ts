import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { deviceName, parseDeviceName, parseSerialNumber, virtualSerialNumber } from '../../src/core/iam.js'
import { customEndpoint } from '../../src/core/network.js'
import { Seed } from '../../src/core/seed.js'
import { codePair, newerPair, totp } from '../../src/core/totp.js'
import { formatCreation, parseCreation } from '../../src/device/creation.js'
import { usableDevices } from '../../src/device/findDevice.js'
import type { SeedSource } from '../../src/session/codes/codeSource.js'
import { failsWith } from '../support/failsWith.js'

const serialNumber = 'arn:aws:iam::123456789012:mfa/awsmfa-alice-laptop'

describe("a device's name", () => {
  for (const [user, host, count, name] of [
    ['alice', 'laptop', 1, 'awsmfa-alice-laptop'],
    ['alice', 'laptop.example.com', 1, 'awsmfa-alice-laptop'],
    ['alice', 'laptop', 2, 'awsmfa-alice-laptop-2'],
    ['a.b+c@example.com', 'Müllers Mac (2)', 1, 'awsmfa-a.b+c@example.com-M-llers-Mac-2-'],
    ['alice', '', 1, 'awsmfa-alice-machine'],
  ] as const) {
    test(`of ${user} on "${host}", try ${count}, is ${name}`, () => {
      assert.equal(deviceName(user, host, count), name)
      assert.equal(parseDeviceName(name, 'it'), name)
    })
  }

  test('of the longest user on the longest host makes a serial number that all of AWS takes, also the ninth', () => {
    const names = [1, 9].map((count) => deviceName('u'.repeat(64), 'h'.repeat(255), count))
    assert.equal(new Set(names).size, 2)
    for (const name of names) {
      parseDeviceName(name, 'it')
      parseSerialNumber(virtualSerialNumber('aws-us-gov', '123456789012', name), 'it')
    }
  })

  for (const text of ['', 'a b', 'a/b', 'ä', 'x'.repeat(129)]) {
    test(`is not "${text.slice(0, 5)}"`, async () => {
      await failsWith('usage', /--device-name/, () => parseDeviceName(text, '--device-name'))
    })
  }
})

describe('a creation that is written down', () => {
  const creation = { serialNumber, userArn: 'arn:aws:iam::123456789012:user/alice', sourceProfile: 'default' }
  const places: readonly { readonly codes: SeedSource; readonly newIdentity?: string }[] = [
    { codes: { kind: 'keychain' } },
    { codes: { kind: 'file', key: { kind: 'identity', path: '/id.txt' }, path: '/seed.age' }, newIdentity: '/id.txt' },
    { codes: { kind: 'file', key: { kind: 'passphrase-file', path: '/p' } } },
    { codes: { kind: 'file', key: { kind: 'passphrase-command', command: 'pass show x' } } },
  ]
  test('reads back, in each phase, with each place of its seed', () => {
    for (const phase of ['creating', 'created', 'enabling'] as const) {
      for (const place of places) {
        const whole = { ...creation, phase, ...place }
        assert.deepEqual(parseCreation(formatCreation(whole)), whole)
      }
    }
  })
  test('by an earlier version, which had the keychain only at first, means the same', () => {
    const old = { ...creation, phase: 'enabling' }
    assert.deepEqual(parseCreation(JSON.stringify(old)), { ...old, codes: { kind: 'keychain' } })
    const key = { kind: 'identity', path: '/id' }
    const inFile = parseCreation(JSON.stringify({ ...old, seedStore: 'file', seedKey: key }))
    assert.deepEqual(inFile, { ...old, codes: { kind: 'file', key } })
  })
  test('is none when it has ended, or the text is nothing of ours', () => {
    const whole = { ...creation, phase: 'created', codes: { kind: 'file', key: { kind: 'identity', path: '/id' } } }
    const changed = [
      { phase: 'done' },
      { phase: undefined },
      { codes: { kind: 'x' } },
      { codes: { kind: 'file' } },
      { codes: { kind: 'file', key: {} } },
    ]
    const foreign = ['', '{', 'null', '[]', ...changed.map((change) => JSON.stringify({ ...whole, ...change }))]
    for (const text of [undefined, formatCreation(undefined), ...foreign]) assert.equal(parseCreation(text), undefined)
  })
})

test('passkeys, SMS and what is no device are not usable; virtual devices and hardware tokens are, in each partition', () => {
  const usable = [serialNumber, 'arn:aws-cn:iam::123456789012:mfa/path/x', 'GAHT12345678']
  const unusable = [
    'arn:aws:iam::123456789012:u2f/user/alice/key-ABCDEF',
    'arn:aws:iam::123456789012:sms-mfa/alice',
    'arn:aws:iam::123456789012:user/mfa/alice',
  ]
  assert.deepEqual(usableDevices([...unusable, ...usable]), usable)
})

describe('a pair of codes', () => {
  const seed = Seed.parse('JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP')
  const now = new Date('2026-11-22T10:00:05Z')
  const step = Math.floor(now.getTime() / 30_000)
  const ledger = (...steps: number[]) => ({
    devices: { [serialNumber]: steps.map((each) => ({ step: step + each, atMs: now.getTime() })) },
  })

  test('is of two steps in a row, the earlier first', () => {
    assert.deepEqual(codePair(seed, step), [totp(seed, step - 1), totp(seed, step)])
  })

  for (const [sent, ahead, waitSeconds] of [
    [[], 0, 0],
    [[-2], 0, 0],
    [[-1], 1, 25],
    [[0], 2, 55],
    [[1, 0], 3, 85],
  ] as const) {
    test(`after the steps [${sent.join()}] is that of step ${ahead}, in ${waitSeconds} s`, () => {
      const next = newerPair(ledger(...sent), serialNumber, now)
      assert.deepEqual(next, { step: step + ahead, waitMs: waitSeconds * 1000 })
    })
  }
})

test("IAM has its own endpoint variable, and STS's does not redirect it", () => {
  const env = { AWS_ENDPOINT_URL_STS: 'https://sts.example', AWS_ENDPOINT_URL_IAM: 'https://iam.example' }
  assert.equal(customEndpoint(env, 'IAM'), 'https://iam.example')
  assert.equal(customEndpoint({ AWS_ENDPOINT_URL_STS: 'https://sts.example' }, 'IAM'), undefined)
  assert.equal(customEndpoint({ AWS_ENDPOINT_URL: 'https://all.example' }, 'IAM'), 'https://all.example')
})
