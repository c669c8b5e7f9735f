import { type EnrollRoleOptions, enrollRole } from '../../src/commands/enrollRole.js'
import { refresh } from '../../src/commands/refresh.js'
import type { World } from '../../src/world.js'
import { alice, type FakeWorld, fakeWorld } from './fakeWorld.js'
import { QuickAws, type SentCode } from './quickAws.js'

export const adminArn = 'arn:aws:iam::210987654321:role/admin'

/** A fake World where alice's device is enrolled for profile mfa, and an AWS with a role that she may take. */
export interface RoleWorld {
  readonly world: FakeWorld
  readonly aws: QuickAws
  readonly sent: SentCode[]
  enrol(options: Partial<EnrollRoleOptions>): Promise<void>
  /** all profiles, or those that are named */
  refresh(...mfaProfiles: string[]): ReturnType<typeof refresh>
}

export function roleWorld(): RoleWorld {
  const world = fakeWorld()
  const aws = new QuickAws(world, () => {})
  aws.devices.keep(aws.arn, alice.serialNumber, alice.seed.reveal(), 0)
  aws.roles.push({ arn: adminArn, wantsMfa: true, maxSeconds: 43_200 })
  const real: World = Object.assign(world, { sts: aws.sts, iam: aws.iam })
  return {
    world,
    aws,
    sent: aws.sent,
    enrol: async (options) => await enrollRole(real, { mfaProfile: 'prod-session', roleArn: adminArn, ...options }),
    refresh: async (...mfaProfiles) => await refresh(real, { mfaProfiles, force: false, quiet: false }),
  }
}
