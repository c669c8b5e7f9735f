import { parseAwsFile } from '../core/awsFile.js'
import { bad, type Check, type Checks, failed, ok, warn } from '../core/doctor/check.js'
import { checkNode } from '../core/doctor/node.js'
import { customEndpoint, networkSettings, proxyFor } from '../core/network.js'
import type { Outcome } from '../core/news.js'
import { inWords } from '../core/time.js'
import { readCreation } from '../device/creation.js'
import { Failure, ReadOnlyFailure } from '../errors.js'
import type { Enrolment } from '../session/enrolment.js'
import { passGate } from '../session/gate.js'
import type { AwsProfiles } from '../session/profiles.js'
import type { AwsFile, FileFacts, World } from '../world.js'

/** The program and the Node that runs it. */
export function checkProgram({ program }: World): Checks {
  return { about: 'program', checks: [ok('awsmfa', `awsmfa ${program.version}`), checkNode(program.nodeVersion)] }
}

/**
 * Whether both AWS files can be read and written, by us and by the AWS CLI, and by nobody else.
 *
 * @param known - where they could be read: what was taken apart is not taken apart again
 */
export async function checkFiles(world: World, known?: AwsProfiles): Promise<Checks> {
  const files = [checkFile(world, 'credentials', known), checkFile(world, 'config', known)]
  const checks = await Promise.all([...files, checkState(world)])
  return { about: 'files', checks: checks.flat() }
}

/** Two lists of codes that are used: each is taken for the whole, by a shell here and by cron there. */
async function checkState({ state }: World): Promise<readonly Check[]> {
  const other = await state.other()
  if (other === undefined) return []
  return [
    warn(
      'state',
      `the state is in ${state.folder}, as XDG_STATE_HOME says, and runs without that variable have their own in ${other}`,
      'set XDG_STATE_HOME wherever awsmfa runs, or nowhere; and run awsmfa schedule install and awsmfa hook again, if you use them',
    ),
  ]
}

async function checkFile({ awsFiles }: World, file: AwsFile, known?: AwsProfiles): Promise<readonly Check[]> {
  try {
    const text = (await awsFiles.read(file)) ?? ''
    if (known?.file(file).text !== text) parseAwsFile(text, file, awsFiles.path(file))
    const facts = await awsFiles.inspect(file)
    const checks = cautions(file, facts)
    return checks.length > 0 ? checks : [ok(file, `${facts.name}${facts.mode === undefined ? '' : ` (${facts.mode})`}`)]
  } catch (error) {
    // What makes the file for the person has put our settings there as well; a refresh leaves it alone.
    if (file === 'config' && error instanceof ReadOnlyFailure) {
      return [warn(file, `${error.message}: a refresh works, settings cannot be changed`, ...error.hints)]
    }
    if (error instanceof Failure) return [failed(file, error)]
    throw error
  }
}

function cautions(
  file: AwsFile,
  { path, name, exists, mode, othersCanRead, closing, gitWorkTree }: FileFacts,
): Check[] {
  if (!exists) return [warn(file, `there is no ${name} yet`, 'awsmfa enroll makes what it needs')]
  // The config file holds no secrets of ours, and many have it readable and in a repository.
  if (file === 'config') return []
  const checks: Check[] = []
  if (othersCanRead) checks.push(warn(file, `others can read ${name} (mode ${mode})`, closing ?? `chmod 600 ${path}`))
  if (gitWorkTree !== undefined) {
    checks.push(
      warn(
        file,
        `${name} lies in the git work tree ${gitWorkTree}: a commit could publish the keys`,
        'move it out, or make sure that .gitignore names it',
      ),
    )
  }
  return checks
}

/**
 * The way to AWS that the environment and the source profile ask for. Hosts only: these settings can hold passwords.
 *
 * @param region - where STS is asked
 * @param config - the keys of the source profile in the config file
 */
export function checkNetwork({ env }: World, region: string, config?: Readonly<Record<string, string>>): Checks {
  const { caBundle, fips, dualstack, unheeded } = networkSettings(config, env)
  const checks = [
    attempt('endpoint', () => endpoint(env, fips, dualstack)),
    ...unheeded.map(unheededEndpoint),
    attempt('proxy', () => proxy(env, region)),
    caBundle === undefined
      ? ok('certificates', 'certificates: those of Node')
      : ok('certificates', `certificates: those in ${caBundle.path} (${caBundle.origin}), and no others`),
  ]
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
    checks.push(
      warn(
        'certificate-checks',
        'NODE_TLS_REJECT_UNAUTHORIZED=0 lets Node programs talk to anybody; awsmfa checks certificates all the same',
        'unset NODE_TLS_REJECT_UNAUTHORIZED, and name a CA of your own in AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS',
      ),
    )
  }
  return { about: 'way to AWS', checks }
}

function endpoint(env: World['env'], fips: string | undefined, dualstack: string | undefined): Check {
  const named = (['STS', 'IAM'] as const).flatMap((service) => {
    const url = customEndpoint(env, service)
    return url === undefined ? [] : [`${service} at ${new URL(url).host}`]
  })
  if (named.length === 0) {
    const kinds = [fips && `FIPS ones (${fips})`, dualstack && `those with IPv6 (${dualstack})`]
    return ok('endpoint', ["endpoints: AWS's own", ...kinds.filter(Boolean)].join(', '))
  }
  return warn(
    'endpoint',
    `endpoints: ${named.join(', ')} instead of AWS's own, as the environment says`,
    'unless that is a VPC endpoint or a stand-in of yours, unset AWS_ENDPOINT_URL and its kin',
  )
}

function unheededEndpoint(key: string): Check {
  return warn(
    'endpoint-in-config',
    `awsmfa does not take endpoints from the config file, such as ${key} of the source profile`,
    'if STS is not to be asked at AWS itself, set AWS_ENDPOINT_URL_STS in the environment',
  )
}

function proxy(env: World['env'], region: string): Check {
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
  const target = new URL(customEndpoint(env, 'STS') ?? `https://sts.${region}.${suffix}`)
  const way = proxyFor(target, env)
  return ok('proxy', way === undefined ? 'proxy: none' : `proxy: ${way.host}`)
}

function attempt(name: string, check: () => Check): Check {
  try {
    return check()
  } catch (error) {
    if (error instanceof Failure) return failed(name, error)
    throw error
  }
}

export interface EnrolmentCheck {
  readonly mfaProfile: string
  /** where it can be read */
  readonly enrolment?: Enrolment | undefined
  readonly check: Check
}

/**
 * Whether an enrolment's settings can be used, as far as the files tell: the serial number's shape, long-term keys in the
 * source profile, and none in the MFA profile.
 */
export function checkEnrolment(profiles: AwsProfiles, mfaProfile: string): EnrolmentCheck {
  let enrolment: Enrolment | undefined
  try {
    enrolment = profiles.enrolment(mfaProfile)
    if (enrolment === undefined) return { mfaProfile, check: bad('settings', `${mfaProfile} is not enrolled`) }
    passGate(profiles, enrolment)
    const { serialNumber, sourceProfile, durationSeconds, role } = enrolment
    const what = role === undefined ? '' : `${role.arn} by `
    const words = `${what}${serialNumber} with the keys of ${sourceProfile}, for ${inWords(durationSeconds)}`
    return { mfaProfile, enrolment, check: ok('settings', words) }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return { mfaProfile, enrolment, check: failed('settings', error) }
  }
}

/** What failed last, and nothing has mended since. */
export function checkOutcome(outcome: Outcome | undefined, now: Date): readonly Check[] {
  const failure = outcome?.failure
  if (failure === undefined) return []
  const { at, kind, message, hints } = failure
  const words = `the last refresh, ${inWords((now.getTime() - Date.parse(at)) / 1000)} ago, failed: ${message}`
  return [kind === 'retry' ? warn('last-refresh', words, ...hints) : bad('last-refresh', words, ...hints)]
}

/** Whether the making of a device was cut short, which leaves things at AWS and a seed in its store; nothing when not. */
export async function checkCreation(world: World): Promise<readonly Checks[]> {
  const creation = await readCreation(world)
  if (creation === undefined) return []
  const { serialNumber, sourceProfile } = creation
  const check = warn(
    'creation',
    `the making of ${serialNumber} was cut short`,
    `awsmfa enroll --create --profile ${sourceProfile} goes on with it, or takes it back`,
  )
  return [{ about: 'enroll --create', checks: [check] }]
}
