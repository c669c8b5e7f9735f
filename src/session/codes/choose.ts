import { parseArgumentList } from '../../core/argumentList.js'
import { Failure } from '../../errors.js'
import type { World } from '../../world.js'
import type { Enrolment } from '../enrolment.js'
import type { CodeSource, CodeSourceFlags, SeedSource, SeedSourceFlags } from './codeSource.js'
import { keyFlags, keyFromFlags } from './file.js'
import { asksItself } from './program.js'

/**
 * Decides where an enrolment's codes come from.
 *
 * @param before - the MFA profile's enrolment so far
 * @throws Failure `usage` when the flags do not fit together
 */
export function chooseCodeSource(world: World, flags: CodeSourceFlags, before: Enrolment | undefined): CodeSource {
  const { hardwareToken = false, mfaProcess: command } = flags
  const needsSeed = !hardwareToken && command === undefined
  const seedSource = chooseSeedSource(world, flags, needsSeed ? before : undefined)
  if (hardwareToken) return { kind: 'none' }
  if (command === undefined) return seedSource
  parseArgumentList(command, '--mfa-process', 'usage')
  if (asksItself(command)) {
    throw new Failure('usage', '--mfa-process names awsmfa, which would wait for itself', [
      'name a command that has the seed, or leave the flag out to enrol a seed',
    ])
  }
  return { kind: 'process', command }
}

/**
 * Decides where a seed is kept. A file is never chosen because the keychain fails: only when it was asked for, now or when
 * the profile was enrolled first.
 *
 * @param before - as in {@link chooseCodeSource}
 * @throws Failure `usage` when the flags do not fit together
 */
export function chooseSeedSource(world: World, flags: SeedSourceFlags, before?: Enrolment): SeedSource {
  const { seedStore } = flags
  const key = keyFromFlags(world, flags)
  const fileBefore = before?.codes.kind === 'file' ? before.codes : undefined
  if (seedStore === 'keychain' || (seedStore === undefined && fileBefore === undefined)) {
    if (key === undefined) return { kind: 'keychain' }
    throw new Failure('usage', 'a key is named, but not what it is for', 'add --seed-store file')
  }
  if (key === undefined && fileBefore === undefined) {
    throw new Failure('usage', '--seed-store file needs a key that opens it when nobody is there', [
      `give one of ${keyFlags}`,
    ])
  }
  return { ...fileBefore, kind: 'file', ...(key === undefined ? {} : { key }) } as SeedSource
}
