import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { chooseRegion, mayBeOff, type RegionSources, whereNamed } from '../../src/core/region.js'
import { Failure } from '../../src/errors.js'

const choose = (changes: Partial<RegionSources> = {}) =>
  chooseRegion({
    flag: undefined,
    env: {},
    sourceProfileRegion: undefined,
    serialNumber: 'arn:aws:iam::123456789012:mfa/alice',
    ...changes,
  })
const chinese = 'arn:aws-cn:iam::123456789012:mfa/alice'

describe('chooseRegion', () => {
  const env = { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-2' }

  test('prefers --region, then AWS_REGION, AWS_DEFAULT_REGION, the source profile', () => {
    assert.equal(choose({ flag: 'sa-east-1', env, sourceProfileRegion: 'eu-west-3' }), 'sa-east-1')
    assert.equal(choose({ env, sourceProfileRegion: 'eu-west-3' }), 'eu-west-1')
    assert.equal(choose({ env: { ...env, AWS_REGION: '' }, sourceProfileRegion: 'eu-west-3' }), 'eu-west-2')
    assert.equal(choose({ sourceProfileRegion: 'eu-west-3' }), 'eu-west-3')
  })

  const fallbacks = [
    ['aws', 'us-east-1'],
    ['aws-cn', 'cn-north-1'],
    ['aws-us-gov', 'us-gov-west-1'],
    ['aws-eusc', 'eusc-de-east-1'],
    ['aws-iso', 'us-iso-east-1'],
    ['aws-iso-b', 'us-isob-east-1'],
    ['aws-iso-e', 'eu-isoe-west-1'],
    ['aws-iso-f', 'us-isof-south-1'],
  ] as const
  for (const [partition, region] of fallbacks) {
    test(`falls back to ${region} in the partition ${partition}, and takes it when it is named`, () => {
      const serialNumber = `arn:${partition}:iam::123456789012:mfa/alice`
      assert.equal(choose({ serialNumber }), region)
      assert.equal(choose({ serialNumber, flag: region }), region)
    })
  }

  test('falls back to us-east-1 for a hardware token, whose serial number names no partition', () => {
    assert.equal(choose({ serialNumber: 'GAHT12345678' }), 'us-east-1')
    assert.equal(choose({ serialNumber: 'GAHT12345678', env: { AWS_REGION: 'us-gov-east-1' } }), 'us-gov-east-1')
  })

  test("passes over a region of another partition in the environment: the user's keys do not exist there", () => {
    const profile = { serialNumber: chinese, sourceProfileRegion: 'cn-northwest-1' }
    assert.equal(choose({ ...profile, env: { AWS_REGION: 'us-east-1' } }), 'cn-northwest-1')
    assert.equal(choose({ serialNumber: chinese, env, sourceProfileRegion: 'eu-west-3' }), 'cn-north-1')
    assert.equal(choose({ env: { AWS_REGION: 'us-gov-west-1' } }), 'us-east-1')
  })

  test('refuses a --region of another partition, and names both', () => {
    assert.throws(() => choose({ serialNumber: chinese, flag: 'us-east-1' }), {
      name: 'Failure',
      kind: 'usage',
      message: `--region us-east-1 is not in the partition aws-cn of ${chinese}`,
    })
  })

  test('takes any region for a partition that it does not know, and asks for one when there is none', () => {
    const serialNumber = 'arn:aws-moon:iam::123456789012:mfa/alice'
    assert.equal(choose({ serialNumber, flag: 'moon-north-1' }), 'moon-north-1')
    assert.throws(() => choose({ serialNumber }), { kind: 'usage', hints: ['add --region'] })
  })

  test('takes aws-global for the default region, since tokens of the global endpoint are not valid everywhere', () => {
    assert.equal(choose({ env: { AWS_REGION: 'aws-global' } }), 'us-east-1')
    assert.equal(choose({ serialNumber: chinese, flag: 'aws-cn-global' }), 'cn-north-1')
  })

  for (const bad of [
    '',
    'EU-WEST-1',
    'us east 1',
    'evil.example/',
    'us-east-1.evil.example',
    'x',
    'us-east-1\n',
    'a@b-1',
    '-',
    'us--1',
    // No region: exit 4 would let cron be silent for ever (A13).
    'eu-west1',
    'europe-west',
    'fips-us-east',
  ]) {
    test(`refuses ${JSON.stringify(bad)}, which would become part of a host name`, () => {
      assert.throws(() => choose({ flag: bad }), { kind: 'usage', message: /^--region is not a region's name: "/ })
      if (bad === '') return
      assert.throws(() => choose({ env: { AWS_DEFAULT_REGION: bad } }), {
        kind: 'act',
        message: /^AWS_DEFAULT_REGION /,
      })
      assert.throws(() => choose({ sourceProfileRegion: bad }), {
        kind: 'act',
        message: /^region of the source profile /,
      })
    })
  }

  test('does not look at a source that is not needed', () => {
    assert.equal(choose({ flag: 'eu-west-1', env: { AWS_REGION: 'not a region' } }), 'eu-west-1')
    assert.throws(() => choose({ env: { AWS_REGION: 'not a region' } }), Failure)
  })

  for (const [zone, region] of [
    ['us-east-1a', 'us-east-1'],
    ['ap-southeast-2c', 'ap-southeast-2'],
    ['us-gov-west-1b', 'us-gov-west-1'],
    ['us-west-2-lax-1a', 'us-west-2'],
    ['us-east-1-wl1-bos-wlz-1', 'us-east-1'],
  ] as const) {
    test(`knows ${zone} for an availability zone, and names its region and where it stands`, () => {
      const says = (origin: string) => `${origin}: ${zone} is an availability zone, and its region is ${region}`
      const hints = [`name the region: ${region}`]
      assert.throws(() => choose({ flag: zone }), { kind: 'usage', message: says('--region'), hints })
      assert.throws(() => choose({ env: { AWS_REGION: zone } }), { kind: 'act', message: says('AWS_REGION') })
      assert.throws(() => choose({ sourceProfileRegion: zone }), {
        kind: 'act',
        message: says('region of the source profile'),
      })
    })
  }
})

describe('where a region is named', () => {
  test('is the source that it was taken from', () => {
    const env = { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-2' }
    assert.equal(whereNamed('eu-west-1', env, 'eu-west-3'), 'AWS_REGION=eu-west-1')
    assert.equal(whereNamed('eu-west-2', env, 'eu-west-3'), 'AWS_DEFAULT_REGION=eu-west-2')
    assert.equal(whereNamed('eu-west-3', env, 'eu-west-3'), 'region = eu-west-3 in the source profile')
    assert.equal(whereNamed('eu-west-9', env, 'eu-west-3'), '--region eu-west-9')
  })

  test('does not matter for a region that is there for sure', () => {
    assert.equal(whereNamed('us-east-1', { AWS_REGION: 'us-east-1' }, undefined), undefined)
  })

  test('some regions may be off, in the partition aws only', () => {
    assert.deepEqual(['eu-south-1', 'us-east-1', 'cn-north-1', 'us-gov-west-1'].map(mayBeOff), [
      true,
      false,
      false,
      false,
    ])
  })
})
