import { checkAwsFile, listProfiles, readProfile } from '../core/awsFile.js'
import type { Enrolment } from '../core/enrolment.js'
import { chooseMfaProcess, isEnrolment, readEnrolment } from '../core/enrolment.js'
import type { LongTermKeys } from '../core/session.js'
import { checkMfaProfile, sourceKeys } from '../core/sourceKeys.js'
import type { AwsFile, AwsFiles, World } from '../world.js'

type Keys = Readonly<Record<string, string>>

/** Both AWS files as they were at one moment, checked to be files that the AWS CLI can read. */
export class AwsProfiles {
  readonly #files: AwsFiles
  readonly #texts: Readonly<Record<AwsFile, string>>

  private constructor(files: AwsFiles, texts: Readonly<Record<AwsFile, string>>) {
    this.#files = files
    this.#texts = texts
  }

  /** @throws Failure `act` when one cannot be read, or not by the AWS CLI */
  static async read(world: World): Promise<AwsProfiles> {
    const { awsFiles } = world
    const [credentials = '', config = ''] = await Promise.all([awsFiles.read('credentials'), awsFiles.read('config')])
    checkAwsFile(credentials, awsFiles.path('credentials'))
    checkAwsFile(config, awsFiles.path('config'))
    return new AwsProfiles(awsFiles, { credentials, config })
  }

  /** One file as it was read, `''` when it did not exist. */
  text(file: AwsFile): string {
    return this.#texts[file]
  }

  /** A profile's own keys in one file, `undefined` when it has no section there. */
  keys(file: AwsFile, profile: string): Keys | undefined {
    return readProfile(this.#texts[file], file, profile)
  }

  /** A setting that either file may hold; the credentials file counts first, as in the AWS CLI. */
  setting(profile: string, key: string): string | undefined {
    return this.keys('credentials', profile)?.[key] ?? this.keys('config', profile)?.[key]
  }

  /** The MFA profiles that are enrolled, in the order of the config file. */
  enrolled(): readonly string[] {
    return listProfiles(this.#texts.config, 'config').filter((profile) => isEnrolment(this.keys('config', profile)))
  }

  /**
   * @returns `undefined` when the profile is not enrolled
   * @throws Failure `act` when its settings cannot be used
   */
  enrolment(mfaProfile: string): Enrolment | undefined {
    const keys = this.keys('config', mfaProfile)
    if (keys === undefined || !isEnrolment(keys)) return undefined
    const mfaProcess = this.mfaProcess(mfaProfile, keys.awsmfa_source_profile ?? '')
    return readEnrolment(mfaProfile, keys, this.#files.path('config'), mfaProcess)
  }

  /** The command that prints codes: the MFA profile's, else its source profile's. */
  mfaProcess(mfaProfile: string, sourceProfile: string): string | undefined {
    return chooseMfaProcess(
      this.keys('config', mfaProfile)?.mfa_process,
      this.keys('config', sourceProfile)?.mfa_process,
    )
  }

  /**
   * The long-term keys that sign for an enrolment, after checking that its MFA profile may be written.
   *
   * @throws Failure `act`
   */
  keysFor({ mfaProfile, sourceProfile }: Pick<Enrolment, 'mfaProfile' | 'sourceProfile'>): LongTermKeys {
    const path = this.#files.path('credentials')
    checkMfaProfile(mfaProfile, sourceProfile, this.keys('credentials', mfaProfile), path)
    return sourceKeys(sourceProfile, this.keys('credentials', sourceProfile), this.keys('config', sourceProfile), path)
  }
}
