#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import process from 'node:process'
import { run } from './cli.js'
import { exitCodes, Failure } from './errors.js'
import { makeClock } from './world/clock.js'
import { lazily } from './world/lazily.js'
import { makeStandardInput } from './world/standardInput.js'
import { makeTerminal } from './world/terminal.js'
import type { World } from './world.js'

const bug = 1

// Node opens its inspector, to any local user, on this signal; a handler of any kind prevents that.
process.on('SIGUSR1', () => {})
// The exit runs the registered clean-ups: the lock, temporary files, the terminal's echo, the keychain's child.
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))
process.once('SIGHUP', () => process.exit(129))

const env = { ...process.env }
const terminal = makeTerminal()
let verbose = false

try {
  const told = await run(process.argv.slice(2), {
    version: version(),
    terminal,
    obey(voice) {
      verbose = voice.verbose
      terminal.obey(voice)
    },
    makeWorld: () => makeWorld().catch(tellHomeless),
  })
  // An exit code, not process.exit: what was written must reach a slow pipe.
  if (told !== undefined) process.exitCode = exitCodes[told]
} catch (error) {
  if (error instanceof Failure) {
    terminal.fail(error)
    process.exitCode = exitCodes[error.kind]
  } else {
    reportBug(error)
    process.exitCode = bug
  }
}

/** Help and version do without: they work where there is no home folder, and load nothing of this. */
async function makeWorld(): Promise<World> {
  const { platform } = process
  const attended = () => terminal.interactive
  const onWait = () => terminal.say('waiting for the desktop to unlock the keyring')
  const [{ makeAwsFiles }, { makeHookStamp }, { makeLock }, { makeSeedFile, seedFolder }, { makeState, stateFolder }] =
    await Promise.all([
      import('./world/awsFiles.js'),
      import('./world/hookStamp.js'),
      import('./world/lock.js'),
      import('./world/seedFile.js'),
      import('./world/state.js'),
    ])
  const programs = lazily(async () => (await import('./world/programs.js')).makePrograms({ env, attended }))
  return {
    program: { version: version(), nodeVersion: process.versions.node },
    env,
    hostName: hostname(),
    clock: makeClock(),
    terminal,
    standardInput: makeStandardInput(() => process.stdin),
    awsFiles: makeAwsFiles(env),
    state: makeState(stateFolder()),
    lock: makeLock(stateFolder()),
    hookStamp: makeHookStamp(stateFolder()),
    seedFile: makeSeedFile(seedFolder(), programs),
    programs,
    keychain: lazily(async () =>
      (await import('./world/keychain.js')).makeKeychain({ env, platform, attended, onWait }),
    ),
    keychainProbe: lazily(async () => (await import('./world/keychainProbe.js')).makeKeychainProbe({ platform })),
    qrCodes: lazily(async () =>
      (await import('./world/qrCodes.js')).makeQrCodes({ env, platform, stdin: () => process.stdin }),
    ),
    clipboard: lazily(async () => (await import('./world/clipboard.js')).makeClipboard({ env, platform })),
    sts: lazily(async () => (await import('./world/sts.js')).makeSts({ env })),
    iam: lazily(async () => (await import('./world/iam.js')).makeIam({ env })),
    schedule: lazily(async () =>
      (await import('./world/schedule.js')).makeSchedule({ env, platform, stateFolder: stateFolder() }),
    ),
    notifier: lazily(async () => (await import('./world/notifier.js')).makeNotifier({ env, platform })),
  }
}

/** Node's, and env-paths', way of saying that nobody knows where the home folder is: a container's user id, mostly. */
function tellHomeless(error: NodeJS.ErrnoException): never {
  if (error.code !== 'ERR_SYSTEM_ERROR') throw error
  const user = `user id ${process.getuid?.()} is in no user database`
  throw new Failure('act', `there is no home folder: HOME is not set, and ${user}`, 'set HOME', error)
}

/** Name, message and stack only: a foreign error printed whole can carry request headers. */
function reportBug(error: unknown): void {
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

function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  const { version } = JSON.parse(text) as { version: string }
  return version
}
