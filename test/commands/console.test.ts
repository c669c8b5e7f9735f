import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { openConsole } from '../../src/commands/console.js'
import { parseService } from '../../src/core/console.js'
import { failsWith } from '../support/failsWith.js'
import { alice, type FakeWorld, fakeWorld } from '../support/fakeWorld.js'

/** @param partitions - of a role profile each, which is called by it */
function withRoles(...partitions: string[]): FakeWorld {
  const world = fakeWorld()
  for (const partition of partitions) {
    const serial = `arn:${partition}:iam::123456789012:mfa/alice`
    world.seeds.set(serial, alice.seed)
    world.files.config +=
      `\n[profile user-${partition}]\nmfa_serial = ${serial}\nawsmfa_source_profile = default\n` +
      `\n[profile ${partition}]\nregion = ap-south-1\nmfa_serial = ${serial}\nawsmfa_source_profile = default\n` +
      `awsmfa_role_arn = arn:${partition}:iam::123456789012:role/admin\n`
  }
  return world
}

const answer = (world: FakeWorld) => new URL(world.heard.find((line) => line.startsWith('answer '))?.slice(7) ?? '')

describe('console', () => {
  const places: [partition: string, signIn: string, page: string][] = [
    [
      'aws',
      'https://signin.aws.amazon.com/federation',
      'https://console.aws.amazon.com/console/home?region=ap-south-1',
    ],
    ['aws-cn', 'https://signin.amazonaws.cn/federation', 'https://console.amazonaws.cn/console/home?region=ap-south-1'],
    [
      'aws-us-gov',
      'https://signin.amazonaws-us-gov.com/federation',
      'https://console.amazonaws-us-gov.com/console/home?region=ap-south-1',
    ],
  ]
  for (const [partition, signIn, page] of places) {
    test(`prints the address of the partition ${partition}, and nothing but that on stdout`, async () => {
      const world = withRoles(partition)
      await openConsole(world, { open: false })
      const url = answer(world)
      assert.equal(world.signIns[0]?.endpoint, signIn)
      assert.equal(url.origin + url.pathname, signIn)
      assert.equal(url.searchParams.get('Action'), 'login')
      assert.equal(url.searchParams.get('Destination'), page)
      assert.match(url.searchParams.get('SigninToken') ?? '', /^VCQ/)
      assert.equal(world.heard.filter((line) => line.startsWith('answer ')).length, 1)
      assert.ok(!world.heard.some((line) => /secret\/|IQoToken/.test(line)))
    })
  }

  test('uses the session that is there, and renews one of which little is left', async () => {
    const world = withRoles('aws')
    await openConsole(world, { open: false })
    await openConsole(world, { open: false })
    assert.equal(world.roleRequests.length, 1)
    world.nowMs += 2_800_000
    await openConsole(world, { open: false })
    assert.equal(world.roleRequests.length, 2)
    assert.notEqual(world.signIns[2]?.session.reveal().sessionToken, world.signIns[0]?.session.reveal().sessionToken)
  })

  test('--open hands the address to the browser and prints nothing', async () => {
    const world = withRoles('aws')
    await openConsole(world, { open: true, service: 's3' })
    assert.deepEqual(
      world.heard.filter((line) => !line.startsWith('detail')),
      [],
    )
    assert.match(world.opened[0] ?? '', /Destination=https%3A%2F%2Fconsole\.aws\.amazon\.com%2Fs3%2Fhome/)
  })

  test('of a profile without a role says why AWS does not allow it, and offers a code', async () => {
    const world = fakeWorld()
    const error = await openConsole(world, { open: false }).catch((each) => each)
    assert.deepEqual([error.kind, world.requests.length], ['act', 0])
    assert.match(error.message, /^profile mfa is of no role: AWS opens the console for sessions of roles/)
    assert.match(error.hints.join('\n'), /awsmfa code/)
  })

  test('of several role profiles wants one named', async () => {
    const world = withRoles('aws', 'aws-cn')
    await failsWith('usage', /several role profiles are enrolled: aws, aws-cn/, () =>
      openConsole(world, { open: false }),
    )
    await openConsole(world, { open: false, mfaProfile: 'aws-cn' })
  })

  test('does not guess where the console of another partition is', async () => {
    await failsWith('act', /partition aws-iso/, () => openConsole(withRoles('aws-iso'), { open: false }))
  })

  test('gives the session of a stand-in to nobody but the stand-in', async () => {
    const world = withRoles('aws')
    Object.assign(world, { env: { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' } })
    await openConsole(world, { open: false })
    assert.equal(world.signIns[0]?.endpoint, 'http://127.0.0.1:4566/federation')
  })
})

test('a service is one plain word, as it becomes a part of an address', async () => {
  for (const good of ['s3', 'ec2', 'cloudwatch', 'systems-manager']) assert.equal(parseService(good, 'x'), good)
  for (const bad of ['', 'S3', 's3/..', '../x', 's3?a=b', '//evil', 'a b', '-s3', 'x'.repeat(41), 's3#', 'é']) {
    await failsWith('usage', /not the name of a service/, () => parseService(bad, '--service'))
  }
})
