import { readFileSync, type Stats, statSync } from 'node:fs'
import { closeMount, isPrivateGroup, type Mount, mountOf, parseMounts } from '../core/fileSystem.js'
import { type Failure, OpenToOthers, ReadOnlyFailure } from '../errors.js'
import { readDatabase, refuseForeignHome } from './homeFolder.js'
import { octal, statIfAny, type Target } from './target.js'
import { writeTempFile } from './tempFile.js'

/** How to find out about the file system. */
interface Asking {
  /** make no temporary file: the type of the mount has to tell whether chmod has an effect */
  readonly looking?: boolean
  readonly mounts?: () => readonly Mount[]
}

/**
 * Refuses to write where somebody else could write too, or where the owner said no. A refusal is what people obey;
 * ssh does the same with its keys (sshd_config(5), StrictModes). On a mount that knows no permissions there is nothing
 * to mend and the AWS CLI works: there it is for the caller to warn, with {@link howToClose}.
 *
 * @throws Failure `act`; a ReadOnlyFailure where the person, or another program, is to write the file
 */
export function refuseUnsafe(target: Target, asking: Asking = {}): void {
  // Windows has no such modes; Node makes them up.
  if (process.platform === 'win32') return
  refuseForeignHome()
  const failure = closedToUs(target, asking) ?? openToOthers(target)
  if (failure !== undefined && chmodWorks(target, asking)) throw failure
}

/** @throws ReadOnlyFailure for what no mount without permissions explains */
function closedToUs({ path, name, stat }: Target, { mounts = readMounts }: Asking): Failure | undefined {
  if (/^\/(nix|gnu)\/store\//.test(path)) {
    throw new ReadOnlyFailure('act', `${name} is made by a package manager, and nobody else may write it`, [
      'change it in what it is made from, such as the settings of home-manager',
    ])
  }
  if (stat === undefined) return undefined
  const user = process.geteuid?.() ?? 0
  const foreign = user !== 0 && stat.uid !== user
  const readOnly = (stat.mode & 0o200) === 0
  if (!foreign && !readOnly) return undefined
  const mount = mountOf(path, mounts())
  if (mount?.readOnly) {
    throw new ReadOnlyFailure('act', `${name} is on ${mount.point}, which is mounted read-only`, [
      'change it where it comes from',
    ])
  }
  if (foreign) {
    return new ReadOnlyFailure('act', `${name} belongs to another user (uid ${stat.uid})`, [
      `make it yours: chown ${user} ${path}`,
    ])
  }
  throw new ReadOnlyFailure('act', `${name} is read-only (mode ${octal(stat)})`, [
    `to let awsmfa write it: chmod u+w ${path}`,
  ])
}

function openToOthers({ path, folder, name, stat }: Target): Failure | undefined {
  if (stat !== undefined && (othersMay(stat) & 0o022) !== 0) {
    return new OpenToOthers(
      'act',
      `${name} can be written by others (mode ${octal(stat)})`,
      `close it: chmod go-w ${path}`,
    )
  }
  const around = statIfAny(folder)
  if (around === undefined || (around.mode & 0o1002) !== 0o0002) return undefined
  return new OpenToOthers(
    'act',
    `everybody can write in ${folder} (mode ${octal(around)})`,
    `close it: chmod o-w ${folder}`,
  )
}

/** What others may do with a file: the bits of its mode, but for writing by a group that is the owner's alone. */
export function othersMay(stat: Stats): number {
  const bits = stat.mode & 0o066
  if ((bits & 0o020) === 0) return bits
  return isPrivateGroup(stat.uid, stat.gid, readDatabase('passwd'), readDatabase('group')) ? bits & ~0o020 : bits
}

/** What a person does to close a file to others, in the place where it is. */
export function howToClose(target: Target, asking: Asking = {}): string {
  if (chmodWorks(target, asking)) return `chmod 600 ${target.path}`
  const mount = mountOf(target.folder, (asking.mounts ?? readMounts)())
  return closeMount(mount ?? { point: target.folder, type: 'of unknown type' })
}

/** WSL's drives, FAT and many network shares show the same owner and mode for every file, whatever chmod says. */
function chmodWorks(target: Target, { looking = false, mounts = readMounts }: Asking): boolean {
  if (looking) return mountOf(target.folder, mounts())?.modes ?? true
  try {
    const temp = writeTempFile({ ...target, stat: undefined }, Buffer.alloc(0))
    try {
      return (statSync(temp.path).mode & 0o777) === 0o600
    } finally {
      temp.remove()
    }
  } catch {
    // Nothing can be written there anyhow.
    return true
  }
}

/** The mounts of this process; none where the system is not Linux. */
export function readMounts(): readonly Mount[] {
  try {
    return parseMounts(readFileSync('/proc/self/mountinfo').toString())
  } catch {
    return []
  }
}
