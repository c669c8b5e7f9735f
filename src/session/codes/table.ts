import type { Check } from '../../core/doctor/check.js'
import { Failure } from '../../errors.js'
import type { World } from '../../world.js'
import type { Enrolment } from '../enrolment.js'
import type {
  CodeSource,
  CodeSourceKind,
  CodeSourceOf,
  CodeSourceRow,
  OpenSource,
  Place,
  SeedSource,
  SeedStore,
  Written,
} from './codeSource.js'
import { fileRow } from './file.js'
import { keychainRow } from './keychain.js'
import { programRow } from './program.js'
import { typedRow } from './typed.js'

/** Every code source there is. A new store is a file beside these, a row here, and its part of the World. */
const rows: { readonly [Kind in CodeSourceKind]: CodeSourceRow<CodeSourceOf<Kind>> } = {
  keychain: keychainRow,
  file: fileRow,
  process: programRow,
  none: typedRow,
}

function rowOf<Source extends CodeSource>({ kind }: Source): CodeSourceRow<Source> {
  // Which row belongs to a source is what `kind` says; the compiler cannot follow that.
  return rows[kind] as unknown as CodeSourceRow<Source>
}

/** The config keys that say where codes come from. */
export const codeSourceKeys: readonly string[] = [
  'awsmfa_seed_store',
  ...Object.values(rows).flatMap(({ settings }) => settings),
]

/** How `status` calls a source. */
export function sourceInWords(kind: CodeSourceKind): string {
  return rows[kind].words
}

/**
 * A source that is written down is the one that counts, whatever else could be had. Where none is, `mfa_process` (which
 * aws-vault, too, asks before anything else) goes before the keychain.
 *
 * @throws Failure `act`
 */
export function readCodeSource(written: Written): CodeSource {
  const kind = written.keys.awsmfa_seed_store ?? defaultKind(written.mfaProcess)
  if (Object.hasOwn(rows, kind)) return rows[kind as CodeSourceKind].read(written)
  throw new Failure('act', `${written.origin('awsmfa_seed_store')} is '${kind}'`, [
    `it may be ${Object.keys(rows).join(', ')}; keychain is the default`,
  ])
}

/**
 * The config keys that say a source; each of {@link codeSourceKeys} has a value or is to go.
 *
 * @param mfaProcess - as the config says now
 */
export function writeCodeSource(codes: CodeSource, mfaProcess: string | undefined): Record<string, string | undefined> {
  const absent = Object.fromEntries(codeSourceKeys.map((key) => [key, undefined]))
  const command = codes.kind === 'process' ? codes.command : mfaProcess
  return {
    ...absent,
    ...(codes.kind === defaultKind(command) ? {} : { awsmfa_seed_store: codes.kind }),
    ...rowOf(codes).write(codes),
    // The source profile's needs no copy, and one that is not in use now is still the person's.
    ...(command !== undefined && command !== mfaProcess ? { mfa_process: command } : {}),
  }
}

function defaultKind(mfaProcess: string | undefined): CodeSourceKind {
  return mfaProcess ? 'process' : 'keychain'
}

/** Whether awsmfa keeps the seed. */
export function isSeedSource(codes: CodeSource): codes is SeedSource {
  return rowOf(codes).store !== undefined
}

/** The store of a device's seed; `undefined` where the codes do not come from a seed of ours. */
export function seedStore(world: World, place: Place<SeedSource>): SeedStore
export function seedStore(world: World, place: Place): SeedStore | undefined
export function seedStore(world: World, { serialNumber, codes }: Place): SeedStore | undefined {
  return rowOf(codes).store?.(world, { serialNumber, codes })
}

/** Whether codes can be had where nobody is logged in. */
export function worksUnattended(codes: CodeSource): boolean {
  return !rowOf(codes).needsLogin
}

/** Whether a program of the person's is started for each code. */
export function runsProgram(codes: CodeSource): boolean {
  return rowOf(codes).runsProgram(codes)
}

/** Whether opening a source may take a person's time, or a program's of theirs. */
export function takesTime(world: World, codes: CodeSource): boolean {
  return rowOf(codes).takesTime(world, codes)
}

/**
 * @param meanwhile - what can be done while the source is on its way to an answer
 * @throws Failure `act` when it is closed or empty, or when the codes are typed
 */
export async function openCodes(world: World, enrolment: Enrolment, meanwhile = () => {}): Promise<OpenSource> {
  return await rowOf(enrolment.codes).open(world, enrolment, enrolment.codes, meanwhile)
}

/** Whether an enrolment's codes can be had: here, and where a scheduler starts the program. No code is made. */
export async function checkCodes(world: World, enrolment: Enrolment): Promise<readonly Check[]> {
  return await rowOf(enrolment.codes).check(world, enrolment, enrolment.codes)
}
