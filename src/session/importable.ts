import type { AwsProfiles } from './profiles.js'
import { hasKeys } from './sourceKeys.js'

/** An enrolment as another tool's layout describes it. */
export interface Importable {
  readonly tool: string
  readonly mfaProfile: string
  readonly sourceProfile: string
  /** `undefined` when the layout does not say */
  readonly serialNumber: string | undefined
  readonly mfaProcess: string | undefined
  /** profiles whose roles are taken with the source profile's keys and a code of their own */
  readonly roleProfiles: readonly string[]
  /** the role whose session the profile holds, and not the user's */
  readonly role?: string
}

/** What broamski/aws-mfa puts behind the name of the profile that it writes, unless told otherwise. */
const longTermSuffix = '-long-term'
/** The profile that the Go tool future-architect/awsmfa writes, unless told otherwise. */
const goToolProfile = 'mfa'

/**
 * Finds what other tools have left in the AWS files. What is enrolled already is left out.
 *
 * Layouts: https://github.com/broamski/aws-mfa (README, "Credentials File Setup"),
 * https://github.com/99designs/aws-vault (USAGE.md, "MFA"), https://github.com/future-architect/awsmfa (README).
 */
export function findImportable(files: AwsProfiles): readonly Importable[] {
  const found: Importable[] = []
  for (const each of [...awsMfa(files), ...awsVault(files), ...goTool(files)]) {
    const known = found.some(
      ({ mfaProfile, sourceProfile }) =>
        mfaProfile === each.mfaProfile || mfaProfile === each.sourceProfile || sourceProfile === each.sourceProfile,
    )
    if (!known && !isEnrolled(files, each)) found.push(each)
  }
  return found
}

function isEnrolled(files: AwsProfiles, { mfaProfile, sourceProfile, serialNumber }: Importable): boolean {
  return files.enrolled().some((name) => {
    const keys = files.keys('config', name)
    const same = keys?.awsmfa_source_profile === sourceProfile && [undefined, keys.mfa_serial].includes(serialNumber)
    return name === mfaProfile || name === sourceProfile || same
  })
}

/** `[x-long-term]` with the keys and `aws_mfa_device`, from which the tool writes `[x]`. */
function awsMfa(files: AwsProfiles): Importable[] {
  return files.names('credentials').flatMap((name) => {
    if (!name.endsWith(longTermSuffix) || name === longTermSuffix) return []
    const mfaProfile = name.slice(0, -longTermSuffix.length)
    const shortTerm = files.merged(mfaProfile)
    // The last is what it writes down of a role that came from its flag or its environment.
    const role = files.setting(name, 'assume_role') ?? shortTerm.assume_role ?? shortTerm.assumed_role_arn
    return [
      {
        tool: 'broamski/aws-mfa',
        mfaProfile,
        sourceProfile: name,
        // The AWS CLI reads either file.
        serialNumber: files.setting(name, 'aws_mfa_device') ?? files.setting(name, 'mfa_serial'),
        mfaProcess: files.keys('config', name)?.mfa_process,
        roleProfiles: [],
        ...(role === undefined ? {} : { role }),
      },
    ]
  })
}

/**
 * `mfa_serial`, and perhaps `mfa_process`, in the profile of the keys or in one that leads to it. A role that has its device
 * from elsewhere in its chain is one of these too.
 */
function awsVault(files: AwsProfiles): Importable[] {
  const bySource = new Map<string, Importable>()
  const included = new Set(files.namesWith('include_profile').map((name) => files.merged(name).include_profile))
  for (const name of files.namesWith('mfa_serial', 'role_arn', 'source_profile', 'include_profile')) {
    const keys = files.settings(name)
    const chain = files.chain(name)
    const serialNumber = chain.map((each) => files.settings(each).mfa_serial).find((each) => each !== undefined)
    const sourceProfile = chain.at(-1)
    if (sourceProfile === undefined || serialNumber === undefined) continue
    const source = files.settings(sourceProfile)
    // A mere part of others has nobody's keys.
    if (!hasKeys(source) && included.has(sourceProfile)) continue
    const before = bySource.get(sourceProfile)
    bySource.set(sourceProfile, {
      tool: 'aws-vault or the AWS CLI',
      mfaProfile: sourceProfile === 'default' ? goToolProfile : `${sourceProfile}-mfa`,
      sourceProfile,
      // The profile of the keys knows best which device is its user's.
      serialNumber: source.mfa_serial ?? before?.serialNumber ?? serialNumber,
      mfaProcess: source.mfa_process ?? before?.mfaProcess ?? keys.mfa_process,
      roleProfiles: [...(before?.roleProfiles ?? []), ...(keys.role_arn === undefined ? [] : [name])],
    })
  }
  return [...bySource.values()]
}

/** A session in `[mfa]`, and an empty `[profile mfa]`: which device it came from is said nowhere, or by the source. */
function goTool(files: AwsProfiles): Importable[] {
  if (files.keys('credentials', goToolProfile)?.aws_session_token === undefined) return []
  const config = files.keys('config', goToolProfile)
  return [
    {
      tool: 'the Go tool awsmfa',
      mfaProfile: goToolProfile,
      sourceProfile: 'default',
      serialNumber: config?.mfa_serial,
      mfaProcess: config?.mfa_process,
      roleProfiles: [],
    },
  ]
}
