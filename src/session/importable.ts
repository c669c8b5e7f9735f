import type { Profile } from '../core/awsFile.js'
import type { AwsProfiles } from './profiles.js'

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
/** Far above the length of any chain of roles. */
const mostHops = 10

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
    const config = files.keys('config', name)
    if (!name.endsWith(longTermSuffix) || name === longTermSuffix) return []
    const role =
      files.setting(name, 'assume_role') ?? files.setting(name.slice(0, -longTermSuffix.length), 'assume_role')
    return [
      {
        tool: 'broamski/aws-mfa',
        mfaProfile: name.slice(0, -longTermSuffix.length),
        sourceProfile: name,
        // The AWS CLI reads either file.
        serialNumber: files.setting(name, 'aws_mfa_device') ?? files.setting(name, 'mfa_serial'),
        mfaProcess: config?.mfa_process,
        roleProfiles: [],
        ...(role === undefined ? {} : { role }),
      },
    ]
  })
}

/** `mfa_serial`, and perhaps `mfa_process`, in the profile of the keys or in profiles of roles that lead to it. */
function awsVault(files: AwsProfiles): Importable[] {
  const bySource = new Map<string, Importable>()
  for (const name of new Set([...files.names('config'), ...files.names('credentials')])) {
    const keys = settingsOf(files, name)
    const sourceProfile = keys.mfa_serial === undefined ? undefined : sourceOf(files, name)
    if (sourceProfile === undefined) continue
    const before = bySource.get(sourceProfile)
    const source = settingsOf(files, sourceProfile)
    bySource.set(sourceProfile, {
      tool: 'aws-vault or the AWS CLI',
      mfaProfile: sourceProfile === 'default' ? goToolProfile : `${sourceProfile}-mfa`,
      sourceProfile,
      // The profile of the keys knows best which device is its user's.
      serialNumber: source.mfa_serial ?? before?.serialNumber ?? keys.mfa_serial,
      mfaProcess: source.mfa_process ?? before?.mfaProcess ?? keys.mfa_process,
      roleProfiles: [...(before?.roleProfiles ?? []), ...(keys.role_arn === undefined ? [] : [name])],
    })
  }
  return [...bySource.values()]
}

/** What a profile says in either file, and what it has from the profiles that aws-vault includes in it. */
export function settingsOf(files: AwsProfiles, profile: string, hops = 0): Profile {
  const own = files.merged(profile)
  const { include_profile: included } = own
  return included === undefined || hops === mostHops ? own : { ...settingsOf(files, included, hops + 1), ...own }
}

/** Where the chain of `source_profile` ends. `undefined` for a role that is taken with no profile's keys. */
function sourceOf(files: AwsProfiles, profile: string): string | undefined {
  let name = profile
  for (let hops = 0; hops < mostHops; hops++) {
    const keys = settingsOf(files, name)
    const next = keys.source_profile
    if (next === undefined || next === name) return keys.role_arn === undefined || next === name ? name : undefined
    name = next
  }
  return undefined
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
