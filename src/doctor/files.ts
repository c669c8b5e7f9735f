import { parseAwsFile } from '../core/awsFile.js'
import { type Check, type Checks, failed, ok, warn } from '../core/doctor/check.js'
import { Failure, ReadOnlyFailure } from '../errors.js'
import type { AwsProfiles } from '../session/profiles.js'
import type { AwsFile, FileFacts, World } from '../world.js'

/**
 * Whether both AWS files can be read and written, by us and by the AWS CLI, and by nobody else.
 *
 * @param known - where they could be read: what was taken apart is not taken apart again
 */
export async function checkFiles(world: World, known?: AwsProfiles): Promise<Checks> {
  const checks = await Promise.all([checkFile(world, 'credentials', known), checkFile(world, 'config', known)])
  return { about: 'files', checks: checks.flat() }
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
