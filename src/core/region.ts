import { Failure } from '../errors.js'

export interface RegionSources {
  /** `--region` */
  readonly flag: string | undefined
  /** `AWS_REGION` and `AWS_DEFAULT_REGION` are looked at */
  readonly env: Readonly<Record<string, string | undefined>>
  /** `region` of the source profile */
  readonly sourceProfileRegion: string | undefined
  /** an ARN, whose partition counts, or a hardware serial number, which fits every partition */
  readonly serialNumber: string
}

/**
 * The partitions of AWS, the beginnings of their regions' names, and the region to ask when nobody names one
 * (https://github.com/boto/botocore/blob/develop/botocore/data/partitions.json).
 */
const partitions = [
  { name: 'aws-cn', regions: /^cn-/, fallback: 'cn-north-1' },
  { name: 'aws-us-gov', regions: /^us-gov-/, fallback: 'us-gov-west-1' },
  { name: 'aws-eusc', regions: /^eusc-/, fallback: 'eusc-de-east-1' },
  { name: 'aws-iso', regions: /^us-iso-/, fallback: 'us-iso-east-1' },
  { name: 'aws-iso-b', regions: /^us-isob-/, fallback: 'us-isob-east-1' },
  { name: 'aws-iso-e', regions: /^eu-isoe-/, fallback: 'eu-isoe-west-1' },
  { name: 'aws-iso-f', regions: /^us-isof-/, fallback: 'us-isof-south-1' },
  // The rest of the names, also those of regions that do not exist yet.
  { name: 'aws', regions: /^/, fallback: 'us-east-1' },
] as const

/**
 * The region whose STS endpoint is asked: `--region`, `AWS_REGION`, `AWS_DEFAULT_REGION`, the source profile's, else
 * the partition's own default.
 *
 * An IAM user lives in one partition, so a region of another one cannot work. Typed as a flag, that is an error. In the
 * environment or the profile it speaks of the person's other work, and the next source is asked.
 *
 * @throws Failure `usage` for `--region`, `act` for the others, when a value cannot be a region's name; it becomes a
 * part of a host name
 */
export function chooseRegion({ flag, env, sourceProfileRegion, serialNumber }: RegionSources): string {
  const partition = partitionOfSerialNumber(serialNumber)
  if (flag !== undefined) {
    const region = checked(flag, '--region', 'usage')
    if (!fits(region, partition)) {
      throw new Failure(
        'usage',
        `--region ${region} is not in the partition ${partition} of ${serialNumber}`,
        'an IAM user exists in one partition only: leave --region out, or name a region of that partition',
      )
    }
    return region
  }
  const ambient = [
    ['AWS_REGION', env.AWS_REGION],
    ['AWS_DEFAULT_REGION', env.AWS_DEFAULT_REGION],
    ['region of the source profile', sourceProfileRegion],
  ] as const
  for (const [origin, value] of ambient) {
    if (value === undefined || value === '') continue
    const region = checked(value, origin, 'act')
    if (fits(region, partition)) return region
  }
  const fallback = partitions.find(({ name }) => name === (partition ?? 'aws'))?.fallback
  if (fallback !== undefined) return fallback
  throw new Failure('usage', `no region is known for the partition ${partition} of ${serialNumber}`, 'add --region')
}

/** `aws`, `aws-cn`, …, or `undefined` for a serial number that is no ARN. */
function partitionOfSerialNumber(serialNumber: string): string | undefined {
  return /^arn:([^:]+):/.exec(serialNumber)?.[1]
}

/**
 * Where a region that {@link chooseRegion} found is named, for a hint.
 *
 * @returns such as `AWS_REGION=eu-west-1`; `undefined` for a region that is there for sure
 */
export function whereNamed(
  region: string,
  env: RegionSources['env'],
  inProfile: string | undefined,
): string | undefined {
  if (partitions.some(({ fallback }) => fallback === region)) return undefined
  for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION']) if (env[name] === region) return `${name}=${region}`
  return inProfile === region ? `region = ${region} in the source profile` : `--region ${region}`
}

/** Whether a region may be one that an account has to enable first, which only the partition `aws` has. */
export function mayBeOff(region: string): boolean {
  return region !== 'us-east-1' && partitions.find(({ regions }) => regions.test(region))?.name === 'aws'
}

/** A partition that this program does not know may have any region. */
function fits(region: string, partition: string | undefined): boolean {
  if (!partitions.some(({ name }) => name === partition)) return true
  return partitions.find(({ regions }) => regions.test(region))?.name === partition
}

function checked(value: string, origin: string, kind: 'usage' | 'act'): string {
  // us-east-1a, us-west-2-lax-1a (https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html)
  const around = /^((?:[a-z]+-)+\d+)(?:[a-z]|-[a-z0-9-]+)$/.exec(value)?.[1]
  if (around !== undefined) {
    const message = `${origin}: ${value} is an availability zone, and its region is ${around}`
    throw new Failure(kind, message, `name the region: ${around}`)
  }
  if (value.length > 63 || !/^[a-z]{2,}(-[a-z]+)+-(\d+|global)$|^aws-global$/.test(value)) {
    throw new Failure(
      kind,
      `${origin} is not a region's name: ${JSON.stringify(value)}`,
      'a region looks like eu-west-1',
    )
  }
  // The SDK's names for "no region in particular", such as aws-global. Tokens of the global STS endpoint are not valid
  // everywhere (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_region-endpoints.html).
  const global = /^(aws(?:-[a-z-]+)?)-global$/.exec(value)?.[1]
  return partitions.find(({ name }) => name === global)?.fallback ?? value
}
