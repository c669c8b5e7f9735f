import { type AwsFile, type Profile, parseAwsFile, readProfile } from '../core/awsFile.js'
import type { AwsFileKind } from '../core/awsFileScan.js'
import { mostHops, sourceChain } from '../core/profile.js'
import type { AwsFiles, World } from '../world.js'
import { chooseMfaProcess, type Enrolment, enrolmentMark, isEnrolment, readEnrolment } from './enrolment.js'

/** Both AWS files as they were at one moment, checked to be files that the AWS CLI can read, and taken apart once. */
export class AwsProfiles {
  readonly #files: AwsFiles
  readonly #models: Readonly<Record<AwsFileKind, AwsFile>>
  readonly #keys = { credentials: new Map<string, Profile>(), config: new Map<string, Profile>() }
  readonly #paths: Partial<Record<AwsFileKind, string>> = {}
  readonly #enrolments = new Map<string, Enrolment>()
  #enrolled: readonly string[] | undefined
  #roles: Readonly<Record<string, Profile>> | undefined

  private constructor(files: AwsFiles, models: Readonly<Record<AwsFileKind, AwsFile>>) {
    this.#files = files
    this.#models = models
  }

  /**
   * @param before - an earlier reading: a file that has not changed since is not taken apart again
   * @throws Failure `act` when one cannot be read, or not by the AWS CLI
   */
  static async read({ awsFiles }: World, before?: AwsProfiles): Promise<AwsProfiles> {
    const [credentials = '', config = ''] = await Promise.all([awsFiles.read('credentials'), awsFiles.read('config')])
    const parse = (text: string, kind: AwsFileKind) =>
      before === undefined ? parseAwsFile(text, kind, awsFiles.path(kind)) : before.model(kind, text)
    return new AwsProfiles(awsFiles, {
      credentials: parse(credentials, 'credentials'),
      config: parse(config, 'config'),
    })
  }

  /** A file as it was read; an empty one when it did not exist. */
  file(kind: AwsFileKind): AwsFile {
    return this.#models[kind]
  }

  /** The same for a text that may be newer than what was read. */
  model(kind: AwsFileKind, text: string): AwsFile {
    const known = this.#models[kind]
    return known.text === text ? known : parseAwsFile(text, kind, this.path(kind))
  }

  /** A file's path, for messages. */
  path(kind: AwsFileKind): string {
    // It follows the file's links, and every enrolment asks for it.
    this.#paths[kind] ??= this.#files.path(kind)
    return this.#paths[kind]
  }

  /** The names of a file's profiles, in the file's order. */
  names(kind: AwsFileKind): readonly string[] {
    return [...this.#models[kind].profiles.keys()]
  }

  /**
   * The profiles that have one of these keys in either file, those of the config file first: of the profiles of a large
   * file few do, and only they need be read.
   */
  namesWith(...keys: readonly string[]): readonly string[] {
    return [...new Set([...this.#namesWith('config', keys), ...this.#namesWith('credentials', keys)])]
  }

  #namesWith(kind: AwsFileKind, keys: readonly string[]): readonly string[] {
    const names: string[] = []
    for (const [name, sections] of this.#models[kind].profiles) {
      const found = sections[sections.length - 1]?.keys
      if (found !== undefined && keys.some((key) => found.includes(key))) names.push(name)
    }
    return names
  }

  /** A profile's own keys in one file, `undefined` when it has no section there. */
  keys(kind: AwsFileKind, profile: string): Profile | undefined {
    const known = this.#keys[kind].get(profile)
    if (known !== undefined) return known
    const keys = readProfile(this.#models[kind], profile)
    if (keys !== undefined) this.#keys[kind].set(profile, keys)
    return keys
  }

  /** What AWS's tools see of a profile: the credentials file goes before the config file, key by key. */
  merged(profile: string): Profile {
    return { ...this.keys('config', profile), ...this.keys('credentials', profile) }
  }

  /** The same with what the profile has from others, which aws-vault includes in it (its USAGE.md, `include_profile`). */
  settings(profile: string, hops = 0): Profile {
    const own = this.merged(profile)
    const { include_profile: included } = own
    return included === undefined || hops === mostHops ? own : { ...this.settings(included, hops + 1), ...own }
  }

  /** The settings of the profiles that assume a role, whichever file they are in. */
  get roles(): Readonly<Record<string, Profile>> {
    this.#roles ??= Object.fromEntries(
      this.namesWith('role_arn', 'include_profile').flatMap((name) => {
        const settings = this.settings(name)
        return settings.role_arn === undefined ? [] : [[name, settings]]
      }),
    )
    return this.#roles
  }

  /** The roles that awsmfa keeps fresh in profiles of their own. */
  get keptRoles(): readonly string[] {
    return this.enrolled().flatMap((name) => this.keys('config', name)?.awsmfa_role_arn ?? [])
  }

  /** From a profile to the one whose keys sign for it, see {@link sourceChain}. */
  chain(profile: string): readonly string[] {
    return sourceChain(profile, (name) => this.settings(name))
  }

  /** A setting that either file may hold; the credentials file counts first, as in the AWS CLI. */
  setting(profile: string, key: string): string | undefined {
    return this.keys('credentials', profile)?.[key] ?? this.keys('config', profile)?.[key]
  }

  /** The MFA profiles that are enrolled, in the order of the config file. */
  enrolled(): readonly string[] {
    this.#enrolled ??= this.#namesWith('config', [enrolmentMark])
    return this.#enrolled
  }

  /** The enrolled profiles of one device. */
  enrolledWith(serialNumber: string): readonly string[] {
    return this.enrolled().filter((name) => this.keys('config', name)?.mfa_serial === serialNumber)
  }

  /** Whether awsmfa has made a device, and so may delete it. The mark names the device, and says nothing about another. */
  isCreated(serialNumber: string): boolean {
    return this.enrolled().some((name) => this.keys('config', name)?.awsmfa_created_device === serialNumber)
  }

  /**
   * @returns `undefined` when the profile is not enrolled
   * @throws Failure `act` when its settings cannot be used
   */
  enrolment(mfaProfile: string): Enrolment | undefined {
    const known = this.#enrolments.get(mfaProfile)
    const keys = this.keys('config', mfaProfile)
    if (known !== undefined || keys === undefined || !isEnrolment(keys)) return known
    const mfaProcess = this.mfaProcess(mfaProfile, keys.awsmfa_source_profile ?? '')
    const enrolment = readEnrolment(mfaProfile, keys, this.path('config'), mfaProcess)
    this.#enrolments.set(mfaProfile, enrolment)
    return enrolment
  }

  /** The command that prints codes: the MFA profile's, else its source profile's. */
  mfaProcess(mfaProfile: string, sourceProfile: string): string | undefined {
    return chooseMfaProcess(
      this.keys('config', mfaProfile)?.mfa_process,
      this.keys('config', sourceProfile)?.mfa_process,
    )
  }
}
