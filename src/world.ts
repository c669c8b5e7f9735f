/**
 * Everything outside the program, as narrow interfaces; those of AWS, seed stores, schedulers and exec are in `outside/`.
 * `edge.ts` makes one World from `world/`; tests pass a plain object. Making one costs nothing: its methods load the SDK,
 * keytar and the rest when they are first called.
 */

import type { Federation, Iam, Sts } from './outside/aws.js'
import type { Exec } from './outside/exec.js'
import type { Schedule } from './outside/schedule.js'
import type { Keychain, KeychainProbe, SeedFile } from './outside/seedStores.js'
import type { Terminal } from './outside/terminal.js'

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
  readonly exec: Exec
  readonly clipboard: Clipboard
  readonly keychainProbe: KeychainProbe
  readonly sts: Sts
  readonly iam: Iam
  readonly federation: Federation
  readonly opener: Opener
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
  /** What `work` gives, or `undefined` `ms` milliseconds after the start of this process; the work goes on then. */
  within<T>(ms: number, work: Promise<T>): Promise<T | undefined>
  /** when this machine started, by its clock now: it moves when the clock is set, and only then */
  bootedAt(): Date
  /** what a person does on this system to set the clock right */
  readonly mending: string
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
  /** one that runs without the variables of this moment use, where it is another and holds a ledger of its own */
  other(): Promise<string | undefined>
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
  /** where keys were moved from, rotations that are under way, and how old keys are: core/keyNotes.ts */
  | 'keys.json'
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

/** The person's browser. */
export interface Opener {
  /**
   * Opens an address that is a secret: no command line shows it.
   *
   * @throws Failure `act` when there is no browser, or it does not come for the address
   */
  open(url: string): Promise<void>
}

export interface Clipboard {
  /** @throws Failure `act` when there is no clipboard */
  copy(text: string): Promise<void>
}
