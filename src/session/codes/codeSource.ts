import type { Profile } from '../../core/awsFile.js'
import type { Check } from '../../core/doctor/check.js'
import type { Seed, SeedKey } from '../../core/seed.js'
import type { Failure } from '../../errors.js'
import type { World } from '../../world.js'
import type { Enrolment } from '../enrolment.js'

/** Where a device's codes come from. `kind` is what `awsmfa_seed_store` says in the config file. */
export type CodeSource =
  | { readonly kind: 'keychain' }
  | { readonly kind: 'file'; readonly key: SeedKey; readonly path?: string }
  | { readonly kind: 'process'; readonly command: string }
  | { readonly kind: 'none' }

export type CodeSourceKind = CodeSource['kind']

export type CodeSourceOf<Kind extends CodeSourceKind> = Extract<CodeSource, { kind: Kind }>

/** A source whose seed awsmfa keeps. */
export type SeedSource = CodeSourceOf<'keychain' | 'file'>

/** A source that is open: it has the seed, a typed code, or a program of the person's that prints codes. */
export type OpenSource = { readonly seed: Seed } | { readonly typed: string } | { readonly ask: () => Promise<string> }

/** The one place of one device's seed. What it throws is told where {@link World} declares it. */
export interface SeedStore {
  /** for messages */
  readonly name: string
  /** what to say when {@link SeedStore.get} finds none */
  absence(): Failure
  /** @param meanwhile - runs while the store is on its way to an answer, where it does not keep us busy itself */
  get(meanwhile?: () => void): Promise<Seed | undefined>
  set(seed: Seed): Promise<void>
  delete(): Promise<boolean>
  /** Finds out whether a seed can be stored. */
  check(): Promise<void>
}

/** A device, and where its codes come from. */
export interface Place<Source extends CodeSource = CodeSource> {
  readonly serialNumber: string
  readonly codes: Source
}

/** The flags that say where the codes of a new enrolment come from. */
export interface CodeSourceFlags extends SeedSourceFlags {
  /** they are typed */
  readonly hardwareToken?: boolean | undefined
  /** a command prints them */
  readonly mfaProcess?: string | undefined
}

/** The flags that say where a seed is kept. */
export interface SeedSourceFlags {
  /** as before when absent, the keychain at first */
  readonly seedStore?: 'keychain' | 'file' | undefined
  /** what opens the file, one of these: */
  readonly identity?: string | undefined
  readonly newIdentity?: string | undefined
  readonly passphraseFile?: string | undefined
  readonly passphraseCommand?: string | undefined
}

/** What a config section says about a source. */
export interface Written {
  readonly keys: Profile
  /** `mfa_process` of the MFA profile, or else of its source profile */
  readonly mfaProcess: string | undefined
  /** names a key for messages */
  readonly origin: (key: string) => string
}

/** All that awsmfa knows of one kind of code source. */
export interface CodeSourceRow<Source extends CodeSource> {
  /** how `status` calls it */
  readonly words: string
  /** the config keys that it needs beside `awsmfa_seed_store` */
  readonly settings: readonly string[]
  /** @throws Failure `act` when a key is missing or its value is not possible */
  read(written: Written): Source
  /** The values of {@link settings}. */
  write(source: Source): Readonly<Record<string, string | undefined>>
  /** absent where awsmfa keeps no seed */
  store?(world: World, place: Place<Source>): SeedStore
  /** Whether opening it may take a person's time, or a program's of theirs: that never happens under the lock. */
  takesTime(world: World, source: Source): boolean
  /** Whether codes can be had where nobody is logged in. */
  readonly needsLogin: boolean
  /** Whether a program of the person's is started for each code. */
  runsProgram(source: Source): boolean
  /** @throws Failure `act` when it is closed or empty, or when the codes are typed */
  open(world: World, enrolment: Enrolment, source: Source, meanwhile: () => void): Promise<OpenSource>
  /** Whether codes can be had, here and where a scheduler starts the program. No code is made. */
  check(world: World, enrolment: Enrolment, source: Source): Promise<readonly Check[]>
}
