import { makeIam } from '../../src/world/iam.js'
import { makeSts } from '../../src/world/sts.js'
import { type FakeWorld, fakeWorld } from './fakeWorld.js'
import { alice, type StrictSts, type StrictUser, startStrictSts } from './strictSts.js'

export interface AwsWorldOptions {
  /** serial numbers of virtual devices that alice has, all with her seed; default: none */
  readonly devices?: readonly string[]
  /** serial numbers of her passkeys and hardware tokens */
  readonly others?: readonly string[]
  /** default: alice's own */
  readonly arn?: string
  /** of AWS, when a device was enabled, in milliseconds */
  readonly propagationMs?: number
  /** AWS's clock minus this machine's */
  readonly clockOffsetMs?: number
}

/** A fake World of nobody enrolled whose STS and IAM are the real clients, with a strict AWS that goes by the World's clock. */
export interface AwsWorld {
  readonly world: FakeWorld
  readonly aws: StrictSts
}

/** @param t - closes the stand-in after the test */
export async function awsWorld(
  t: { after(work: () => Promise<void>): void },
  { devices = [], others = [], arn = alice.arn, propagationMs = 12_000, clockOffsetMs = 0 }: AwsWorldOptions = {},
): Promise<AwsWorld> {
  const world = fakeWorld()
  world.files.config = '[default]\nregion = eu-west-1\n'
  world.seeds.clear()
  const now = () => world.nowMs
  const own = devices.map((serialNumber) => ({ serialNumber, seed: alice.seed }))
  const user: StrictUser = { arn, keys: [alice], devices: own, others }
  const aws = await startStrictSts({ users: [user], now, clockOffsetMs, propagationMs })
  t.after(() => aws.close())
  const options = { env: { AWS_ENDPOINT_URL: aws.url }, now, pauseMs: 1 }
  return { world: Object.assign(world, { sts: makeSts(options), iam: makeIam(options) }), aws }
}
