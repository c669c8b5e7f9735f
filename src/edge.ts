import { hostname } from 'node:os'
import process from 'node:process'
import { run } from './cli.js'
import { CannotStart, exitCodes, Failure } from './errors.js'
import { makeAwsFiles } from './world/awsFiles.js'
import { endInOrder, writeNoCoreFile } from './world/cleanup.js'
import { makeClock } from './world/clock.js'
import { stateFolder } from './world/homeFolder.js'
import { makeHookStamp, startUpFiles } from './world/hook.js'
import { makeSeedPlaces, type SeedPlaces, seedFolder } from './world/seedPlaces.js'
import { makeStandardInput, sayReading } from './world/standardInput.js'
import { makeState } from './world/state.js'
import { makeTerminal, type ObedientTerminal } from './world/terminal.js'
import type { World } from './world.js'

/** That of package.json, which the bundler puts in. */
declare const awsmfaVersion: string

const bug = 1

/** Runs the program. What goes wrong is told in lines of our own and by the exit code; nothing is thrown. */
export async function start(): Promise<void> {
  const terminal = makeTerminal()
  let verbose = false
  const report = (error: unknown) => {
    const failure = error instanceof Failure ? error : resourceFailure(error)
    if (failure === undefined) reportBug(terminal, error, verbose)
    else terminal.fail(failure)
    if (failure instanceof CannotStart) process.exitCode = failure.exitCode
    else process.exitCode = failure === undefined ? bug : exitCodes[failure.kind]
  }
  // What breaks outside of every promise that somebody waits for
  process.once('uncaughtException', (error) => {
    report(error)
    process.exit()
  })
  try {
    endInOrder()
    const told = await run(process.argv.slice(2), {
      version: awsmfaVersion,
      terminal,
      makeWorld: async () => makeWorld(terminal),
      obey(voice) {
        verbose = voice.verbose
        terminal.obey(voice)
      },
    })
    // An exit code, not process.exit: what was written must reach a slow pipe.
    if (told !== undefined) process.exitCode = exitCodes[told]
  } catch (error) {
    report(error)
  }
}

/** Nothing is read or asked for here: a run that only shows its help needs no home, no user name and no files. */
function makeWorld(terminal: ObedientTerminal): World {
  const { platform } = process
  const env = { ...process.env }
  const attended = () => terminal.interactive
  const onWait = (line: string) => terminal.say(line)
  const stdin = { stream: () => process.stdin, onWait: () => sayReading(terminal) }
  const programs = lazily(async () => (await import('./world/programs.js')).makePrograms({ env, attended }))
  return {
    program: { version: awsmfaVersion, nodeVersion: process.versions.node },
    env,
    get hostName() {
      return hostname()
    },
    clock: makeClock(),
    terminal,
    standardInput: makeStandardInput(stdin),
    awsFiles: whenUsed(() => makeAwsFiles(env)),
    state: whenUsed(() => makeState(stateFolder(env))),
    lock: lazily(async () => (await import('./world/lock.js')).makeLock(stateFolder(env))),
    hookStamp: whenUsed(() => makeHookStamp(stateFolder(env))),
    seedFile: makeSeedFiles(env, programs),
    programs,
    exec: lazily(async () => (await import('./world/exec.js')).makeExec({ env, platform })),
    keychain: lazily(async () => {
      const { makeKeychain } = await import('./world/keychain.js')
      return makeKeychain({ env, platform, attended, onWait, stateFolder: stateFolder(env) })
    }),
    keychainProbe: lazily(async () => (await import('./world/keychain.js')).makeKeychainProbe(platform)),
    qrCodes: lazily(async () => (await import('./world/qrCodes.js')).makeQrCodes({ env, platform, stdin })),
    clipboard: lazily(async () => (await import('./world/clipboard.js')).makeClipboard({ env, platform })),
    sts: lazily(async () => {
      const [{ makeSts }] = await Promise.all([import('./world/sts.js'), writeNoCoreFile()])
      return makeSts({ env })
    }),
    iam: lazily(async () => (await import('./world/iam.js')).makeIam({ env })),
    federation: lazily(async () => (await import('./world/federation.js')).makeFederation({ env })),
    opener: lazily(async () => (await import('./world/opener.js')).makeOpener({ env, platform })),
    schedule: lazily(async () =>
      (await import('./world/schedule.js')).makeSchedule({ env, platform, stateFolder: stateFolder(env) }),
    ),
    startUpFiles,
    notifier: lazily(async () => (await import('./world/notifier.js')).makeNotifier({ env, platform })),
  }
}

/** The system's limit is no bug, and has nothing to do with what was asked for. */
function resourceFailure(error: unknown): Failure | undefined {
  if (!(error instanceof Error) || !/^E[MN]FILE$/.test((error as NodeJS.ErrnoException).code ?? '')) return undefined
  return new Failure('act', `too many files are open: ${error.message}`, 'allow more open files: ulimit -n 256', error)
}

/** Name, message and stack only: a foreign error printed whole can carry request headers. */
function reportBug(terminal: ObedientTerminal, error: unknown, verbose: boolean): void {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
  terminal.fail(
    new Failure(
      'act',
      `this is a bug in awsmfa: ${name}: ${message}`,
      'please report it, with the output of --verbose',
    ),
  )
  if (verbose) for (const line of (stack ?? '').split('\n').slice(1)) terminal.detail(line.trim())
}

/** Where seed files are is known at once; what opens them is loaded when one is opened. */
function makeSeedFiles(env: World['env'], programs: World['programs']): World['seedFile'] {
  const places = whenUsed(() => makeSeedPlaces(seedFolder(env)))
  const files = lazily<Omit<World['seedFile'], keyof SeedPlaces>>(async () => {
    return (await import('./world/seedFile.js')).makeSeedFile(seedFolder(env), programs)
  })
  const known = new Set<string | symbol>(['defaultPath', 'absolute', 'absence'] satisfies (keyof SeedPlaces)[])
  return new Proxy({} as World['seedFile'], {
    get: (_, member) => Reflect.get(known.has(member) ? places : files, member),
  })
}

/** A part of the World whose members are all asynchronous functions. */
type AsyncPart<Part> = { readonly [Member in keyof Part]: (...args: never[]) => Promise<unknown> }

/**
 * A part of the World that is loaded when one of its members is first called: a run that only finds its session fresh
 * should not read the files of a dozen things that it does not touch.
 *
 * @param load - makes the real part; called once
 */
function lazily<Part extends AsyncPart<Part>>(load: () => Promise<Part>): Part {
  let loading: Promise<Part> | undefined
  return new Proxy({} as Part, {
    get: (_, member) => {
      // A promise is told by its `then`: whoever awaits this object must not take it for one.
      if (member === 'then') return undefined
      return async (...args: never[]) => {
        loading ??= load()
        const part = await loading
        return await part[member as keyof Part](...args)
      }
    },
  })
}

/**
 * A part of the World that is made when one of its members is first asked for: what is wrong with the place of its files
 * is no concern of a run that does not touch them, `--help` above all.
 */
function whenUsed<Part extends object>(make: () => Part): Part {
  let part: Part | undefined
  return new Proxy({} as Part, {
    get: (_, member) => {
      part ??= make()
      return Reflect.get(part, member)
    },
  })
}
