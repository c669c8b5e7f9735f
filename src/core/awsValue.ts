import { parse } from 'ini'
import { Failure } from '../errors.js'
import type { AwsFileKind } from './awsFileScan.js'

/** A hand-written line has no quoting that could save it: a line end in a value would be a new key, or a new section. */
export function checkValue(key: string, value: string, file: AwsFileKind, profile: string): void {
  // The name of a source profile is only read, so it may be whatever the AWS CLI takes.
  const plain = key === 'awsmfa_source_profile' ? /^[^\p{C}\s](?:[^\p{C}]*[^\p{C}\s])?$/u : /^[!-~](?:[ -~]*[!-~])?$/
  if (plain.test(value) && !isDisputed(value)) return
  const theirs = "AWS's tools read #, ; and quotes around a value in different ways"
  throw new Failure(
    'act',
    `the value for ${key} of the profile ${profile} has characters that cannot be kept in the AWS ${file} file`,
    key.startsWith('aws_')
      ? `${theirs}; nobody can change this one, but the next session has another: run it again`
      : `use plain ASCII without such characters: ${theirs}`,
  )
}

/**
 * Whether readers disagree about a value: most SDKs take quotes and comments away, botocore takes nothing away. `ini`
 * stands for the former. It reads this one line only: of whole files, or to write them, it is no use (see above).
 */
function isDisputed(value: string): boolean {
  return String(parse(`value = ${value}`).value) !== value
}
