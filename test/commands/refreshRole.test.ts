import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { refresh } from '../../src/commands/refresh.js'
import { status } from '../../src/commands/status.js'
import { unenroll } from '../../src/commands/unenroll.js'
import { LongTermKeys } from '../../src/core/session.js'
import { alice, type FakeWorld } from '../support/fakeWorld.js'
import { adminArn, type RoleWorld, roleWorld } from '../support/roleWorld.js'

const { serialNumber } = alice
const says = (world: FakeWorld, text: RegExp) => assert.match(world.heard.join('\n'), text)

/** @param seconds - of each role profile: role0, role1, … */
function withRoles(...seconds: number[]): RoleWorld {
  const all = roleWorld()
  seconds.forEach((each, index) => {
    const arn = `${adminArn}${index}`
    all.aws.roles.push({ arn, wantsMfa: true, maxSeconds: 43_200 })
    all.world.files.config +=
      `\n[profile role${index}]\nmfa_serial = ${serialNumber}\nawsmfa_source_profile = default\n` +
      `awsmfa_duration_seconds = ${each}\nawsmfa_role_arn = ${arn}\n`
  })
  return all
}

const stepsOf = ({ sent }: RoleWorld) => sent.map(({ step }) => step)

describe('refresh of roles', () => {
  test('two long ones and mfa in one run use three different time steps, at once', async () => {
    const all = withRoles(43_200, 43_200)
    const start = all.world.nowMs
    assert.equal(await all.refresh(), undefined)
    assert.equal(new Set(stepsOf(all)).size, 3)
    assert.equal(all.sent.length, 3)
    assert.equal(all.world.nowMs, start)
    assert.ok(all.aws.taken.every(({ request }) => request.credentials instanceof LongTermKeys))
  })

  test('short ones cost no code beside that of the MFA session, whatever their order in the file', async () => {
    const all = withRoles(3600, 900)
    const [own = '', ...others] = all.world.files.config.split(/(?=\n\[profile )/)
    all.world.files.config = [own, ...others.reverse()].join('')
    assert.equal(await all.refresh(), undefined)
    assert.equal(all.sent.length, 1)
    assert.equal(all.aws.taken.length, 2)
    all.world.heard.length = 0
    assert.equal(await all.refresh(), undefined)
    assert.equal(all.sent.length + all.aws.taken.length, 3)
    says(all.world, /role0 is still good for/)
  })

  test('a short one that is named renews the MFA session first, when that has ended, and only then', async () => {
    const all = withRoles(3600)
    assert.equal(await all.refresh('role0'), undefined)
    assert.equal(all.sent.length, 1)
    all.world.nowMs += 3_500_000
    assert.equal(await all.refresh('role0'), undefined)
    assert.equal(all.sent.length, 1)
    all.world.nowMs += 43_200_000
    assert.equal(await all.refresh('role0'), undefined)
    assert.equal(all.sent.length, 2)
    assert.equal(all.aws.taken.length, 3)
  })

  test('one failure of the MFA session is enough: the roles on it try no further codes', async () => {
    const all = withRoles(3600, 3600)
    all.world.seeds.set(serialNumber, (await import('../support/machine.js')).spare.seed)
    assert.equal(await all.refresh(), 'act')
    assert.equal(all.sent.length, 3)
    says(all.world, /profile role1: the role is taken with the MFA session of profile mfa, which could not be renewed/)
  })

  test('of a dozen long ones each takes its own step, and never more than nine in three minutes', async () => {
    const all = withRoles(...Array.from({ length: 12 }, () => 43_200))
    const sentAt: number[] = []
    const assumeRole = all.aws.sts.assumeRole
    const sts = {
      ...all.aws.sts,
      assumeRole: async (request: Parameters<typeof assumeRole>[0]) => {
        sentAt.push(Math.floor(all.world.nowMs / 180_000))
        return await assumeRole(request)
      },
    }
    assert.equal(await refresh({ ...all.world, sts }, { mfaProfiles: [], force: false, quiet: false }), undefined)
    assert.equal(new Set(stepsOf(all)).size, 13)
    for (const window of new Set(sentAt)) assert.ok(sentAt.filter((each) => each === window).length <= 9)
  })

  test('what the nine codes do not suffice for is left for the next run, which is said', async () => {
    const all = withRoles(43_200)
    const step = Math.floor(all.world.nowMs / 30_000)
    const used = Array.from({ length: 8 }, (_, index) => ({ step: step - 2 - index, atMs: all.world.nowMs - 1 }))
    all.world.states['ledger.json'] = JSON.stringify({ devices: { [serialNumber]: used } })
    assert.equal(await all.refresh(), 'retry')
    assert.equal(all.sent.length, 1)
    says(
      all.world,
      /profile role0: no code of .* may be sent for \d+ min\nhint AWS takes nine codes in three minutes, .*: the next run goes on/,
    )
    all.world.nowMs += 180_000
    assert.equal(await all.refresh(), undefined)
    assert.equal(all.aws.taken.length, 1)
  })

  test('--min-remaining for all profiles does not concern a role that never lasts so long', async () => {
    const all = withRoles(3600)
    const options = { mfaProfiles: [], force: false, quiet: true, minRemainingSeconds: 7200 }
    assert.equal(await refresh(all.world, options), undefined)
    assert.equal(await refresh(all.world, options), undefined)
    assert.equal(all.aws.taken.length, 1)
  })

  test('--force renews the role with the MFA session that is there', async () => {
    const all = withRoles(3600)
    await all.refresh()
    assert.equal(await refresh(all.world, { mfaProfiles: ['role0'], force: true, quiet: false }), undefined)
    assert.equal(all.sent.length, 1)
    assert.equal(all.aws.taken.length, 2)
  })

  test('a role whose owner has shortened it is told of with words and a way out', async () => {
    const all = withRoles(43_200)
    all.aws.roles.splice(0, 9, { arn: `${adminArn}0`, maxSeconds: 3600 })
    assert.equal(await all.refresh(), 'act')
    says(
      all.world,
      /profile role0: the role .*admin0 gives shorter sessions than 43200 seconds\nhint enrol again with a shorter/,
    )
  })

  test('a role on typed codes is renewed while the MFA session lasts, and skipped after that', async () => {
    const all = withRoles(3600)
    all.world.files.config = all.world.files.config.replaceAll(
      'awsmfa_source',
      'awsmfa_seed_store = none\nawsmfa_source',
    )
    const code = all.aws.code(serialNumber)
    assert.equal(await refresh(all.world, { mfaProfiles: [], force: true, quiet: false, code }), undefined)
    assert.deepEqual([all.sent.length, all.aws.taken.length], [1, 1])
    all.world.nowMs += 3_000_000
    assert.equal(await all.refresh(), undefined)
    assert.deepEqual([all.sent.length, all.aws.taken.length], [1, 2])
    all.world.nowMs += 43_200_000
    assert.equal(await all.refresh(), undefined)
    assert.deepEqual([all.sent.length, all.aws.taken.length], [1, 2])
    says(all.world, /profile role0 is skipped: its codes are typed/)
  })

  test('a shell’s hook is told of the role that ends first, and of no typed code while the MFA session lasts', async () => {
    const all = withRoles(3600)
    await all.refresh()
    assert.equal(all.world.stamp?.due.getTime(), Math.floor(all.world.nowMs / 1000) * 1000 + 1_800_000)
  })

  test('without a profile for the MFA session it is said what to enrol', async () => {
    const all = withRoles(3600, 7200)
    all.world.files.config = all.world.files.config.replace(alice.enrolled, '')
    assert.equal(await all.refresh(), 'act')
    says(
      all.world,
      /profile role0 takes its role with the MFA session of source profile default\nhint no profile is enrolled for that/,
    )
    assert.equal(all.aws.taken.length, 1)
  })
})

describe('other commands about roles', () => {
  test('status shows the role, and what its sessions cost', async () => {
    const all = withRoles(3600, 7200)
    await all.refresh()
    all.world.heard.length = 0
    await status(all.world, { json: false })
    says(
      all.world,
      /profile role0: .* left.*\n {2}role {10}arn:.*admin0\n.*\n.*\n {2}codes {9}none needed while the MFA session lasts/,
    )
    says(all.world, /role {10}arn:.*admin1\n.*\n.*\n {2}codes {9}from the keychain/)
    all.world.heard.length = 0
    await status(all.world, { json: true })
    const [, role] = JSON.parse(all.world.heard[0]?.slice('answer '.length) ?? '').profiles
    assert.equal(role.roleArn, `${adminArn}0`)
  })

  test('unenroll --purge leaves nothing of a role profile, also of a region that came from the role’s own profile', async () => {
    const all = roleWorld()
    all.world.files.config += `\n[profile prod]\nrole_arn = ${adminArn}\nsource_profile = default\nregion = ap-south-1\n`
    await all.refresh()
    const before = structuredClone(all.world.files)
    await all.enrol({ roleArn: undefined, roleProfile: 'prod' })
    await unenroll(all.world, { mfaProfile: 'prod-session', purge: true })
    assert.deepEqual(all.world.files, before)
    assert.ok(all.world.seeds.has(serialNumber))
  })

  test('unenroll of the MFA profile says which roles are left without it', async () => {
    const all = withRoles(3600, 7200)
    await unenroll(all.world, { mfaProfile: 'mfa', purge: false })
    says(all.world, /warn profile role0 took its role with this session/)
    assert.ok(all.world.seeds.has(serialNumber))
  })
})
