import { listProfiles, type Profile, readProfile } from './awsFile.js'
import { isEnrolment } from './enrolment.js'

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
 *
 * @param credentials - the credentials file as latin1
 * @param config - the config file as latin1
 * @throws Failure `act` when the AWS CLI cannot read them
 */
export function findImportable(credentials: string, config: string): readonly Importable[] {
  const files = readAll(credentials, config)
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

interface Files {
  readonly credentials: ReadonlyMap<string, Profile>
  readonly config: ReadonlyMap<string, Profile>
}

function readAll(credentials: string, config: string): Files {
  const read = (text: string, file: 'credentials' | 'config') =>
    new Map(listProfiles(text, file).map((name) => [name, readProfile(text, file, name) ?? {}]))
  return { credentials: read(credentials, 'credentials'), config: read(config, 'config') }
}

function isEnrolled({ config }: Files, { mfaProfile, sourceProfile, serialNumber }: Importable): boolean {
  return [...config].some(
    ([name, keys]) =>
      isEnrolment(keys) &&
      (name === mfaProfile ||
        name === sourceProfile ||
        (keys.awsmfa_source_profile === sourceProfile && [undefined, keys.mfa_serial].includes(serialNumber))),
  )
}

/** `[x-long-term]` with the keys and `aws_mfa_device`, from which the tool writes `[x]`. */
function awsMfa({ credentials, config }: Files): Importable[] {
  return [...credentials].flatMap(([name, keys]) => {
    if (!name.endsWith(longTermSuffix) || name === longTermSuffix) return []
    return [
      {
        tool: 'broamski/aws-mfa',
        mfaProfile: name.slice(0, -longTermSuffix.length),
        sourceProfile: name,
        serialNumber: keys.aws_mfa_device ?? config.get(name)?.mfa_serial,
        mfaProcess: config.get(name)?.mfa_process,
        roleProfiles: [],
      },
    ]
  })
}

/** `mfa_serial`, and perhaps `mfa_process`, in the profile of the keys or in profiles of roles that lead to it. */
function awsVault({ config }: Files): Importable[] {
  const bySource = new Map<string, Importable>()
  for (const [name, keys] of config) {
    const sourceProfile = keys.mfa_serial === undefined ? undefined : sourceOf(config, name)
    if (sourceProfile === undefined) continue
    const before = bySource.get(sourceProfile)
    bySource.set(sourceProfile, {
      tool: 'aws-vault or the AWS CLI',
      mfaProfile: sourceProfile === 'default' ? goToolProfile : `${sourceProfile}-mfa`,
      sourceProfile,
      // The profile of the keys knows best which device is its user's.
      serialNumber: config.get(sourceProfile)?.mfa_serial ?? before?.serialNumber ?? keys.mfa_serial,
      mfaProcess: config.get(sourceProfile)?.mfa_process ?? before?.mfaProcess ?? keys.mfa_process,
      roleProfiles: [...(before?.roleProfiles ?? []), ...(keys.role_arn === undefined ? [] : [name])],
    })
  }
  return [...bySource.values()]
}

/** Where the chain of `source_profile` ends. `undefined` for a role that is taken with no profile's keys. */
function sourceOf(config: Files['config'], profile: string): string | undefined {
  let name = profile
  for (let hops = 0; hops < mostHops; hops++) {
    const keys = config.get(name)
    const next = keys?.source_profile
    if (next === undefined || next === name) return keys?.role_arn === undefined || next === name ? name : undefined
    name = next
  }
  return undefined
}

/** A session in `[mfa]`, and an empty `[profile mfa]`: which device it came from is said nowhere, or by the source. */
function goTool({ credentials, config }: Files): Importable[] {
  const keys = credentials.get(goToolProfile)
  if (keys?.aws_session_token === undefined) return []
  return [
    {
      tool: 'the Go tool awsmfa',
      mfaProfile: goToolProfile,
      sourceProfile: 'default',
      serialNumber: config.get(goToolProfile)?.mfa_serial,
      mfaProcess: config.get(goToolProfile)?.mfa_process,
      roleProfiles: [],
    },
  ]
}
