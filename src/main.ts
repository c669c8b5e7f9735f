#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import process from 'node:process'
import { run } from './cli.js'
import { exitCodes, Failure } from './errors.js'
import { makeAwsFiles } from './world/awsFiles.js'
import { makeClock } from './world/clock.js'
import { makeHookStamp } from './world/hookStamp.js'
import { lazily } from './world/lazily.js'
import { makeLock } from './world/lock.js'
import { makeSeedFile, seedFolder } from './world/seedFile.js'
import { makeStandardInput } from './world/standardInput.js'
import { makeStartUpFiles } from './world/startUpFiles.js'
import { makeState, stateFolder } from './world/state.js'
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
  const { platform } = process
  const attended = () => terminal.interactive
  const onWait = () => terminal.say('waiting for the desktop to unlock the keyring')
  const programs = lazily(async () => (await import('./world/programs.js')).makePrograms({ env, attended }))
  const world: World = {
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
    startUpFiles: makeStartUpFiles(),
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
  const told = await run(world, process.argv.slice(2), {
    version: world.program.version,
    obey(voice) {
      verbose = voice.verbose
      terminal.obey(voice)
    },
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
