import { dirname } from 'node:path'
import { getSystemErrorMap } from 'node:util'
import { Failure, ReadOnlyFailure } from '../errors.js'

/**
 * A file system error as a Failure `act`: the path, the system's reason in words, and what to do about it. What is not
 * a file system error is given back as it is.
 *
 * @param doing - what was tried, such as `write`
 * @param path - of the file concerned
 * @param name - how the message calls it
 * @param hint - what to do about it, where the caller knows better
 */
export function fileFailure(doing: string, path: string, error: unknown, name = path, hint?: string): unknown {
  if (error instanceof Failure || !(error instanceof Error)) return error
  const { code, errno } = error as NodeJS.ErrnoException
  if (code === undefined || errno === undefined) return error
  const words = getSystemErrorMap().get(errno)?.[1] ?? 'system error'
  const Kind = code === 'EROFS' ? ReadOnlyFailure : Failure
  return new Kind('act', `cannot ${doing} ${name}: ${words} (${code})`, hint ?? hintFor(code, path), error)
}

function hintFor(code: string, path: string): string {
  const folder = dirname(path)
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return `make room on the disk of ${folder}, then run it again`
    case 'EACCES':
      return `check owner and permissions of ${folder} and ${path}`
    case 'EPERM':
      return `check the owner of ${path}, and with lsattr whether it is immutable`
    case 'EROFS':
      return `${folder} is mounted read-only: write it where it comes from, or name another file in the environment`
    case 'EBUSY':
      return `another program, or a mount of the single file, holds ${path}: mount its folder instead`
    case 'ELOOP':
      return 'the symbolic links lead in a circle: mend them'
    case 'EMFILE':
    case 'ENFILE':
      return 'allow more open files: ulimit -n 256'
    case 'ENOTDIR':
    case 'EEXIST':
      return `something on the way to ${path} is not a folder`
    default:
      return `check the disk and the folder ${folder}`
  }
}
