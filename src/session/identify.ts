import type { Profile } from '../core/awsFile.js'
import { type IamUser, iamUser } from '../core/iam.js'
import { chooseRegion } from '../core/region.js'
import type { LongTermKeys } from '../core/session.js'
import { StsFailure } from '../errors.js'
import type { AwsProfiles } from './profiles.js'
import type { Run } from './run.js'

export interface IdentifyOptions {
  readonly sourceProfile: string
  readonly keys: LongTermKeys
  /** what `--region` says */
  readonly regionFlag: string | undefined
  /** the ARN of a device of the user's, when one is known: it tells the partition */
  readonly serialNumber?: string | undefined
}

export interface Identified {
  readonly user: IamUser
  /** a region of the user's partition */
  readonly region: string
  /** of the source profile, for its settings of the way to AWS */
  readonly settings: Profile | undefined
  /** whether AWS's answer has told its clock */
  readonly clockChecked: boolean
}

/**
 * Asks AWS whose keys these are. This spends no code, needs no permission, and checks the clock.
 *
 * @throws StsFailure; Failure `act` when they are not an IAM user's
 */
export async function identify(
  { world, clock }: Run,
  profiles: AwsProfiles,
  { sourceProfile, keys, regionFlag, serialNumber = '' }: IdentifyOptions,
): Promise<Identified> {
  const sourceProfileRegion = profiles.setting(sourceProfile, 'region')
  const regionFor = (arn: string) =>
    chooseRegion({ flag: regionFlag, env: world.env, sourceProfileRegion, serialNumber: arn })
  const settings = profiles.keys('config', sourceProfile)
  const ask = () =>
    world.sts.getCallerIdentity({
      settings,
      credentials: keys,
      region: regionFor(serialNumber),
      clockOffsetMs: clock.offsetMs,
    })
  const identity = await ask().catch(async (error: unknown) => {
    // A signature of another time is refused unread; the refusal tells AWS's.
    if (!(error instanceof StsFailure) || error.reason !== 'clock-refused') throw error
    if ((await clock.learn(error.clockOffsetMs)) === 0) throw error
    return await ask()
  })
  await clock.learn(identity.clockOffsetMs)
  const user = iamUser(identity.arn, sourceProfile)
  return { user, region: regionFor(user.arn), settings, clockChecked: identity.clockOffsetMs !== undefined }
}
