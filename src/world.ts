/**
 * Everything outside the program, as narrow interfaces. `edge.ts` makes one World from `world/`; tests pass a plain
 * object. Making one costs nothing: its methods load the SDK, keytar and the rest when they are first called.
 */

import type { Job, SchedulerName, Timetable } from './core/schedule/job.js'
import type { StablePath } from './core/schedule/surroundings.js'
import type { Seed, SeedKey } from './core/seed.js'
import type { AwsCredentials, LongTermKeys, Session } from './core/session.js'
import type { Failure } from './errors.js'

export interface World {
  readonly program: Program
  /** the environment as it was at the start */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly terminal: Terminal
  readonly standardInput: StandardInput
  readonly qrCodes: QrCodes
  readonly awsFiles: AwsFiles
  readonly state: State
  readonly lock: Lock
  readonly keychain: Keychain
  readonly seedFile: SeedFile
  readonly programs: Programs
  readonly clipboard: Clipboard
  readonly keychainProbe: KeychainProbe
  readonly sts: Sts
  readonly iam: Iam
  /** this machine's name, for the name of a device that is made for it */
  readonly hostName: string
  readonly schedule: Schedule
  readonly hookStamp: HookStamp
  readonly startUpFiles: StartUpFiles
  readonly notifier: Notifier
}

/** What runs. */
export interface Program {
  readonly version: string
  /** such as `22.11.0` */
  readonly nodeVersion: string
}

export interface Clock {
  /** this machine's clock, uncorrected */
  now(): Date
  /** Resolves after `ms` milliseconds. */
  sleep(ms: number): Promise<void>
  /** when this machine started, by its clock now: it moves when the clock is set, and only then */
  bootedAt(): Date
  /** what a person does on this system to set the clock right */
  readonly mending: string
}

/** How the program speaks. Answers go to stdout, everything else to stderr, each line with the `awsmfa: ` prefix. */
export interface Terminal {
  /** whether a person can be asked now: a terminal is there and `--no-input` was not given */
  readonly interactive: boolean
  /** the width for tables in columns; 80 when unknown */
  readonly columns: number
  /** whether stdout is a terminal, so that bars and such make sense */
  readonly answersToTerminal: boolean
  /** An answer on stdout, as it is, with a line end added. */
  answer(text: string): void
  /** One line of talk; silent with `--quiet`. */
  say(line: string): void
  /** One line `awsmfa: warning: …`; silent with `--quiet`. */
  warn(line: string): void
  /** One line for `--verbose` only. Never a secret. */
  detail(line: string): void
  /** A failure as its lines: what happened, then `hint:` lines. Shown with `--quiet` too. */
  fail(failure: Failure): void
  /**
   * Waits `ms` milliseconds and says why: on a terminal one line that counts down and is then erased, elsewhere one
   * plain line.
   *
   * @param why - such as `waiting for the next code`
   */
  countdown(ms: number, why: string): Promise<void>
  /** Asks on the terminal device itself. Throws Failure `usage` when `interactive` is false. */
  ask(question: string): Promise<string>
  /** The same without echo. */
  askHidden(question: string): Promise<string>
  /** Asks for yes or no; anything but yes is no. */
  confirm(question: string): Promise<boolean>
}

export interface StandardInput {
  /** whether a person's keyboard is at the other end, so that reading would wait for ever */
  readonly isTerminal: boolean
  /**
   * All of it, up to its end; says that it waits for that when it takes long.
   *
   * @throws Failure `usage` when it is more than 64 KiB, `act` when it cannot be read
   */
  read(): Promise<Uint8Array>
}

/** QR codes in pictures, each as the text that it holds. None when no code can be read. */
export interface QrCodes {
  /**
   * @param path - of a PNG; `-` is standard input
   * @throws Failure `usage` when it is no such picture, or too large a one; `act` when it cannot be read
   */
  inFile(path: string): Promise<readonly string[]>
  /** @throws Failure `usage` when the clipboard holds no picture, `act` when there is no way to ask it */
  inClipboard(): Promise<readonly string[]>
}

export type AwsFile = 'credentials' | 'config'

/** `~/.aws/credentials` and `~/.aws/config`. Text is latin1, so that every byte survives. */
export interface AwsFiles {
  /** the path as the person wrote it or knows it, for messages */
  path(file: AwsFile): string
  /**
   * The whole text, or `undefined` when the file does not exist.
   *
   * @throws Failure `act` when it exists and cannot be read
   */
  read(file: AwsFile): Promise<string | undefined>
  /**
   * Finds out whether {@link AwsFiles.edit} could work, before a code is spent. Changes nothing that stays.
   *
   * @returns warnings worth telling, such as a file that others may read
   * @throws Failure `act` that names the path and what is in the way
   */
  checkWritable(file: AwsFile): Promise<readonly string[]>
  /**
   * What the file is like, by looking only.
   *
   * @throws Failure `act` that names the path and what stands in the way of {@link AwsFiles.edit}
   */
  inspect(file: AwsFile): Promise<FileFacts>
  /**
   * Replaces the file atomically by `change(text)`; `''` stands for a file that does not exist. `change` is pure and
   * runs again when another program has written in between. Nothing is written when it returns the same text.
   *
   * @throws Failure `act` when the file cannot be written; whatever `change` throws. The file is then as it was.
   */
  edit(file: AwsFile, change: (text: string) => string): Promise<void>
}

export interface FileFacts {
  /** behind all symbolic links */
  readonly path: string
  /** how messages call it: as the person does, and where it leads */
  readonly name: string
  readonly exists: boolean
  /** permissions such as `0600`; `undefined` when there is no file, or the system has no such modes */
  readonly mode: string | undefined
  readonly othersCanRead: boolean
  /** what closes it to others: a command, or what to do about a mount that knows no permissions */
  readonly closing?: string
  /** the top folder of the git work tree that it lies in */
  readonly gitWorkTree: string | undefined
}

/** awsmfa's own small files: no secrets in them. */
export interface State {
  /** the folder, for messages */
  readonly folder: string
  /** `undefined` when there is none yet */
  read(name: StateName): Promise<string | undefined>
  /**
   * Replaces the file atomically and durably by `change(text)`, as {@link AwsFiles.edit} does; makes the folder when it is
   * absent.
   *
   * @throws Failure `act` when it cannot be written
   */
  edit(name: StateName, change: (text: string) => string): Promise<void>
  /**
   * Removes the file, if it is there.
   *
   * @throws Failure `act`
   */
  remove(name: StateName): Promise<void>
}

export type StateName =
  | 'ledger.json'
  | 'outcomes.json'
  | 'clock.json'
  | 'runs.json'
  | 'creation.json'
  /** which schedule is installed: core/schedule/job.ts */
  | 'schedule.json'

/** The stamp by which a shell's start-up file sees, without starting a process, whether a refresh is due. */
export interface HookStamp {
  /**
   * Replaces the stamp, with `due` as its modification time too, and lets the next hook start a refresh.
   *
   * @throws Failure `act` when it cannot be written
   */
  write(text: string, due: Date): Promise<void>
}

/** What shells read at their start, in the person's home. */
export interface StartUpFiles {
  /** The text, `undefined` when there is none that can be read. */
  read(name: string): Promise<string | undefined>
}

/** The desktop's notifications. */
export interface Notifier {
  /** Shows one, where there is a desktop; gives up after seconds. Never fails: what it says is kept elsewhere too. */
  notify(title: string, text: string): Promise<void>
}

/**
 * `devices`: while devices are made or removed at AWS. `session`: while a session is got and AWS files are changed; nobody
 * waits for a person under it. `ledger`: for the moment in which a step is written down.
 */
export type LockName = 'devices' | 'session' | 'ledger'

export interface Lock {
  /**
   * Runs `work` while no other awsmfa of this person runs work under the same lock. Not reentrant; of several the one that
   * comes first in {@link LockName} is taken first.
   *
   * @throws Failure `retry`, naming the holder's pid, when the lock is held for too long
   */
  hold<T>(what: LockName, work: () => Promise<T>): Promise<T>
}

/** The OS keychain. Items: service `awsmfa`, account = the serial number, password = the base32 seed. */
export interface Keychain {
  /**
   * @returns `undefined` only when the keychain was open and holds no such item
   * @throws SeedUnreadable when the item is no seed; Failure `act` when it is locked, absent, or its library is missing
   */
  get(serialNumber: string): Promise<Seed | undefined>
  /** Stores the seed, reads it back and compares. Throws Failure `act`. */
  set(serialNumber: string, seed: Seed): Promise<void>
  /** @returns whether there was an item; throws Failure `act` when that cannot be told */
  delete(serialNumber: string): Promise<boolean>
}

/** The same keychain, looked into as by a run that nobody watches: no dialog, no change, and no seed comes out. */
export interface KeychainProbe {
  /**
   * @param env - the environment of such a run
   * @throws Failure `act` as {@link Keychain.get} does
   */
  holdsSeed(serialNumber: string, env: World['env']): Promise<boolean>
  /** the program that is the keychain there, where that is cheaply known */
  provider(env: World['env']): Promise<string | undefined>
}

/** A device's seed file, by its absolute path, and what opens it. */
export interface SeedFilePlace {
  readonly path: string
  readonly key: SeedKey
}

/** Encrypted files for seeds, one a device; for machines without a keychain. */
export interface SeedFile {
  /** where a device's file is made in this environment: another run may have another one, so it must be written down */
  defaultPath(serialNumber: string): string
  /** makes a file's name absolute, by the current folder */
  absolute(path: string): string
  /** What to say when there is no such file: where one of the same name is, or would be in this environment. */
  absence(path: string): Failure
  /**
   * @returns `undefined` when there is no such file
   * @throws SeedUnreadable when the file is damaged, or the key does not fit; Failure `act` when the key is absent or open
   *   to others, `retry` when the passphrase command takes too long
   */
  get(place: SeedFilePlace): Promise<Seed | undefined>
  /** Stores the seed, reads it back and compares. Throws Failure as {@link SeedFile.get} does. */
  set(place: SeedFilePlace, seed: Seed): Promise<void>
  /** @returns whether there was a file */
  delete(place: Pick<SeedFilePlace, 'path'>): Promise<boolean>
  /** Finds out whether a seed could be stored, and stores none. Throws Failure as {@link SeedFile.get} does. */
  check(place: SeedFilePlace): Promise<void>
  /**
   * Makes a new age identity in a file of mode 0600. It is removed at exit unless it is kept.
   *
   * @param owner - what it is for, which is written into it: a device, or a user who is to have one
   * @param mayAdopt - whether one that was made for the same owner is taken: for an interrupted run left it, when no
   *   enrolment names it
   * @throws Failure `usage` when there is another file already, `act` when it cannot be made
   */
  makeIdentity(path: string, owner: string, mayAdopt: boolean): Promise<NewIdentity>
  /** Removes an identity that was kept, if it is there. Throws Failure `act`. */
  removeIdentity(path: string): Promise<void>
}

export interface NewIdentity {
  /** whether it was there: then a seed file may need it, and neither of the two below does anything */
  readonly adopted: boolean
  keep(): void
  remove(): void
}

/** Programs that the person has named, such as one that prints codes. */
export interface Programs {
  /**
   * What a program prints on stdout. It runs without a shell, in the person's environment; with a person there, it may ask
   * on the terminal.
   *
   * @throws Failure `act` when it cannot be started or fails, `retry` when it takes longer than 30 seconds
   */
  output(command: readonly [program: string, ...args: string[]]): Promise<string>
}

export interface Clipboard {
  /** @throws Failure `act` when there is no clipboard */
  copy(text: string): Promise<void>
}

export interface SessionRequest {
  readonly keys: LongTermKeys
  readonly region: string
  readonly serialNumber: string
  /** six digits */
  readonly code: string
  readonly durationSeconds: number
  /** AWS's clock minus this machine's as known so far, in milliseconds; the request is signed at AWS's time */
  readonly clockOffsetMs: number
  /** the keys of the source profile in the config file, for its settings of the way to AWS */
  readonly settings?: Readonly<Record<string, string>> | undefined
}

export interface SessionAnswer {
  readonly session: Session
  /** AWS's clock minus this machine's, from the answer's `Date`; `undefined` when there was no trustworthy one */
  readonly clockOffsetMs: number | undefined
}

export interface Sts {
  /**
   * One GetSessionToken call, one attempt, with time limits.
   *
   * @throws StsFailure; Failure `usage` or `act` when the endpoint, proxy or CA settings are unusable
   */
  getSessionToken(request: SessionRequest): Promise<SessionAnswer>
  /**
   * Whose credentials these are. Needs no permission and spends no code.
   *
   * @throws StsFailure; Failure `usage` or `act` when the endpoint, proxy or CA settings are unusable
   */
  getCallerIdentity(signer: Signer): Promise<CallerIdentity>
}

/** In whose name a request is made, and by which clock it is signed. */
export interface Signer {
  readonly credentials: AwsCredentials
  readonly region: string
  /** AWS's clock minus this machine's as known so far, in milliseconds */
  readonly clockOffsetMs: number
  /** the keys of the source profile in the config file, for its settings of the way to AWS */
  readonly settings?: Readonly<Record<string, string>> | undefined
}

export interface CallerIdentity {
  /** such as `arn:aws:iam::123456789012:user/alice` */
  readonly arn: string
  readonly account: string
  /** AWS's clock minus this machine's, from the answer's `Date`; `undefined` when there was no trustworthy one */
  readonly clockOffsetMs: number | undefined
}

/**
 * The MFA devices of IAM users. What can be repeated without harm is, when AWS asks for patience.
 *
 * Each call throws IamFailure; Failure `usage` or `act` when the endpoint, proxy or CA settings are unusable. User names
 * are always given: policies that allow a user their own devices do not allow a call without one.
 */
export interface Iam {
  /** @returns the serial numbers of the user's devices of all kinds */
  listDevices(signer: Signer, userName: string): Promise<readonly string[]>
  /**
   * Asks for the user's access keys and forgets them: all that counts is whether the policies of the user allow it. One
   * attempt.
   */
  listAccessKeys(signer: Signer, userName: string): Promise<void>
  /** Makes a virtual device, which nobody has yet. AWS tells its seed this once. */
  createVirtualDevice(signer: Signer, name: string): Promise<NewDevice>
  /** @param codes - of two consecutive time steps, the earlier first; AWS takes the device's clock from them */
  enableDevice(signer: Signer, device: OwnedDevice, codes: readonly [string, string]): Promise<void>
  /** @param codes - as in {@link Iam.enableDevice}, of time steps that AWS has not seen */
  resync(signer: Signer, device: OwnedDevice, codes: readonly [string, string]): Promise<void>
  /** Takes the device from its user. */
  deactivateDevice(signer: Signer, device: OwnedDevice): Promise<void>
  /** Deletes a virtual device that nobody has. */
  deleteVirtualDevice(signer: Signer, serialNumber: string): Promise<void>
}

export interface OwnedDevice {
  readonly userName: string
  readonly serialNumber: string
}

export interface NewDevice {
  readonly serialNumber: string
  readonly seed: Seed
}

/** What runs `awsmfa refresh` by itself. */
export interface Schedule {
  /** the platform's, best first */
  schedulers(): Promise<readonly Scheduler[]>
  facts(): Promise<ScheduleFacts>
}

export interface ScheduleFacts {
  /** the Node that runs this program, and this program, by paths that last */
  readonly node: StablePath
  readonly program: StablePath
  /** the names of the machine and the person: jobs of different machines start at different minutes */
  readonly key: string
  /** the person's home by the user database, and their id; -1 on Windows */
  readonly home: string
  readonly uid: number
  /** makes a file's name absolute, by the current folder */
  absolute(path: string): string
}

/** One of the platform's own schedulers, for the one job that awsmfa has. */
export interface Scheduler {
  readonly name: SchedulerName
  /** why it cannot be used here and now, `undefined` when it can */
  obstacle(): Promise<string | undefined>
  /**
   * Puts the job in the place of an older one. What is not ours stays as it was.
   *
   * @throws Failure `usage` when the job cannot be written down safely, `act` when the scheduler refuses
   */
  install(job: Job): Promise<void>
  /** `undefined` when there is no job of ours */
  installed(): Promise<InstalledJob | undefined>
  /**
   * Takes away the job, and all files and empty folders that came with it.
   *
   * @returns whether there was one
   * @throws Failure `act`
   */
  remove(): Promise<boolean>
}

export interface InstalledJob {
  readonly timetable: Timetable
  /** when it was put there; older jobs do not say */
  readonly installedAt?: Date | undefined
  /** where a person can look at it */
  readonly where: string
  /** files without which it cannot run, and that are gone */
  readonly missing: readonly string[]
  /** as the scheduler itself says, where it does */
  readonly nextRun?: Date | undefined
  readonly lastRun?: { readonly at: Date; readonly exitCode: number } | undefined
  /** why it will not run, with the cure */
  readonly trouble?: string | undefined
  /** why it may not run when it should */
  readonly doubt?: Doubt | undefined
}

export interface Doubt {
  readonly what: string
  readonly cure: string
  /** it concerns only those whose codes can be had without a login */
  readonly withoutLogin?: true
}
