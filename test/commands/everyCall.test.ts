import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { code } from '../../src/commands/code.js'
import { createDevice } from '../../src/commands/createDevice.js'
import { credentialProcess } from '../../src/commands/credentialProcess.js'
import { doctor } from '../../src/commands/doctor.js'
import { type EnrollOptions, enroll } from '../../src/commands/enroll.js'
import { exec } from '../../src/commands/exec.js'
import { importSettings } from '../../src/commands/import.js'
import { refresh } from '../../src/commands/refresh.js'
import { resync } from '../../src/commands/resync.js'
import { installSchedule, removeSchedule } from '../../src/commands/schedule.js'
import { status } from '../../src/commands/status.js'
import { unenroll } from '../../src/commands/unenroll.js'
import { parseAwsFile, readProfile } from '../../src/core/awsFile.js'
import { removeProfile } from '../../src/core/awsFileEdit.js'
import { parseLedger } from '../../src/core/ledger.js'
import type { Session } from '../../src/core/session.js'
import { formatInstant } from '../../src/core/time.js'
import { Failure } from '../../src/errors.js'
import { enrolmentKeys, isEnrolment, readEnrolment, sessionKeys } from '../../src/session/enrolment.js'
import { alice } from '../support/fakeWorld.js'
import { Bug, type Fault, faultsOf } from '../support/faultyWorld.js'
import {
  type Command,
  type Ended,
  Machine,
  passphraseCommand,
  printsCodes,
  spare,
  token,
  type Voice,
} from '../support/machine.js'

/*
 * Every command, with every call of its World failing in turn, and with every other command running before every call.
 */

interface Case {
  readonly name: string
  /** as it is before the command */
  machine(): Machine | Promise<Machine>
  readonly command: Command
  readonly voice?: Voice
  /** of what the person has at AWS: commands of one kind may run beside each other */
  readonly devices?: 'token' | 'none'
  /** run again after a failure, on a healthy World, it comes to its end */
  readonly goesOn?: true
}

const credentials = `# mine\n${alice.credentials}\n[other] # not to be touched\naws_access_key_id=AKIAI44QH8DHBEXAMPLE\n`
const config = `[default]\nregion = eu-west-1\ns3 =\n  max_concurrent_requests = 20\n\n[profile role] ; mine\nsource_profile = mfa\n`
const identity = '/home/alice/id.txt'

function enrolled(
  settings = '',
  serialNumber = alice.serialNumber,
  devices: readonly string[] = [serialNumber, spare.serialNumber],
): Machine {
  const machine = new Machine(devices)
  const section = `\n[profile mfa]\n# kept\nregion = eu-west-2\nmfa_serial = ${serialNumber}\nawsmfa_source_profile = default\n`
  Object.assign(machine.world.files, { credentials, config: `${config}${section}${settings}` })
  return machine
}

function newcomer(...devices: readonly string[]): Machine {
  const machine = new Machine(devices)
  Object.assign(machine.world.files, { credentials, config })
  return machine
}

function inKeychain(): Machine {
  const machine = enrolled()
  machine.world.seeds.set(alice.serialNumber, alice.seed)
  return machine
}

function inFile(key: 'identity' | 'passphrase-command'): Machine {
  const value = key === 'identity' ? identity : passphraseCommand
  const machine = enrolled(`awsmfa_seed_store = file\nawsmfa_seed_${key.replace('-', '_')} = ${value}\n`)
  const kept = key === 'identity' ? { kind: key, path: value } : { kind: key, command: value }
  machine.world.seedFiles.set(alice.serialNumber, { seed: alice.seed, key: kept })
  if (key === 'identity') machine.world.identities.add(identity)
  return machine
}

const byProgram = () => enrolled(`mfa_process = ${printsCodes}\n`)
const typed = () => enrolled('awsmfa_seed_store = none\n', token)

async function fresh(machine: Machine): Promise<Machine> {
  assert.equal((await machine.run(refreshing({ force: true }))).error, undefined)
  machine.world.nowMs += 300_000
  return machine
}

async function created(): Promise<Machine> {
  const machine = newcomer()
  const { error } = await machine.run((world) => createDevice(world, { showQr: false }))
  assert.equal(error, undefined)
  machine.world.nowMs += 300_000
  return machine
}

function importable(): Machine {
  const machine = new Machine([alice.serialNumber, spare.serialNumber])
  const keys = alice.credentials.replace('[default]', '[x-long-term]')
  machine.world.files.credentials = `${credentials}\n${keys}aws_mfa_device = ${alice.serialNumber}\n\n[x]\naws_session_token = old\n`
  machine.world.files.config = `${config}\n[profile x]\nregion = eu-west-2\n`
  return machine
}

const refreshing =
  (options: { force: boolean; code?: string }): Command =>
  (world) =>
    refresh(world, { mfaProfiles: [], quiet: true, ...options })
const manual: Command = (world, machine) =>
  refresh(world, { mfaProfiles: ['mfa'], force: false, quiet: false, code: machine.type(token) })
const enrolling =
  (options: Partial<EnrollOptions> = {}): Command =>
  (world) =>
    enroll(world, {
      seedStdin: false,
      hardwareToken: false,
      replace: true,
      serialNumber: alice.serialNumber,
      ...options,
    })
const creating: Command = (world) => createDevice(world, { showQr: false })
const creatingInFile: Command = (world) =>
  createDevice(world, { showQr: false, seedStore: 'file', newIdentity: identity })

const seedPiped: Voice = { input: alice.seed.reveal() }
/** Types the seed, the codes of a token or of the phone, and yes. */
const person: Voice = {
  answer: (question, machine) => {
    if (question.startsWith('seed')) return alice.seed.reveal()
    if (question.startsWith('number')) return '1'
    if (/^(write|replace)/.test(question) || question.includes('?')) return 'y'
    return machine.type(/code of (\S+?)( for .*)?:$/.exec(question)?.[1] ?? token)
  },
}

const cases: readonly Case[] = [
  { name: 'refresh when due', machine: () => inKeychain(), command: refreshing({ force: false }) },
  { name: 'refresh --force', machine: () => fresh(inKeychain()), command: refreshing({ force: true }) },
  {
    name: 'refresh with a person there',
    machine: () => inKeychain(),
    command: refreshing({ force: true }),
    voice: person,
  },
  { name: 'refresh from a file', machine: () => inFile('identity'), command: refreshing({ force: false }) },
  {
    name: 'refresh from a file with a passphrase command',
    machine: () => inFile('passphrase-command'),
    command: refreshing({ force: false }),
  },
  { name: 'refresh from a program', machine: byProgram, command: refreshing({ force: false }) },
  {
    name: 'refresh of a token',
    devices: 'token',
    machine: typed,
    command: refreshing({ force: false }),
    voice: person,
  },
  {
    name: 'credential-process',
    machine: () => inKeychain(),
    command: (world) => credentialProcess(world, { printConfig: false }),
  },
  { name: 'exec', machine: () => inKeychain(), command: (world) => exec(world, { command: ['true'] }) },
  { name: 'a typed code', devices: 'token', machine: typed, command: manual },
  {
    name: 'enroll in the keychain',
    machine: () => newcomer(alice.serialNumber, spare.serialNumber),
    command: enrolling(),
    voice: seedPiped,
    goesOn: true,
  },
  {
    name: 'enroll in the keychain by hand',
    machine: () => newcomer(alice.serialNumber, spare.serialNumber),
    command: enrolling(),
    voice: person,
    goesOn: true,
  },
  {
    name: 'enroll in a file',
    machine: () => newcomer(alice.serialNumber, spare.serialNumber),
    command: enrolling({ seedStore: 'file', newIdentity: identity }),
    voice: seedPiped,
    goesOn: true,
  },
  {
    name: 'enroll a program',
    machine: () => newcomer(alice.serialNumber, spare.serialNumber),
    command: enrolling({ mfaProcess: printsCodes }),
    goesOn: true,
  },
  {
    name: 'enroll a token unproven',
    devices: 'token',
    machine: () => newcomer(token),
    command: enrolling({ hardwareToken: true, serialNumber: token }),
    goesOn: true,
  },
  {
    name: 'enroll a token',
    devices: 'token',
    machine: () => newcomer(token),
    command: enrolling({ hardwareToken: true, serialNumber: token }),
    voice: person,
    goesOn: true,
  },
  { name: 'enroll --replace', machine: () => inKeychain(), command: enrolling(), voice: seedPiped, goesOn: true },
  {
    name: 'enroll --replace by a file',
    machine: () => inKeychain(),
    command: enrolling({ seedStore: 'file', newIdentity: identity }),
    voice: seedPiped,
    goesOn: true,
  },
  {
    name: 'enroll another device',
    machine: () => inKeychain(),
    command: enrolling({ serialNumber: spare.serialNumber }),
    voice: { input: spare.seed.reveal() },
    goesOn: true,
  },
  { name: 'enroll --create', devices: 'none', machine: () => newcomer(), command: creating, goesOn: true },
  {
    name: 'enroll --create in a file',
    devices: 'none',
    machine: () => newcomer(),
    command: creatingInFile,
    goesOn: true,
  },
  {
    name: 'enroll --create beside a phone',
    machine: () => newcomer(alice.serialNumber, spare.serialNumber),
    command: creating,
    voice: person,
    goesOn: true,
  },
  { name: 'code', machine: () => inKeychain(), command: (world) => code(world, { copy: false }) },
  { name: 'code --copy', machine: byProgram, command: (world) => code(world, { copy: true }), voice: person },
  {
    name: 'unenroll',
    machine: () => fresh(inKeychain()),
    command: (world) => unenroll(world, { purge: false }),
    goesOn: true,
  },
  {
    name: 'unenroll --purge',
    machine: () => fresh(inFile('identity')),
    command: (world) => unenroll(world, { purge: true }),
    goesOn: true,
  },
  {
    name: 'unenroll --delete-device',
    devices: 'none',
    machine: created,
    command: (world) => unenroll(world, { purge: true, deleteDevice: true }),
    goesOn: true,
  },
  { name: 'import', machine: importable, command: (world) => importSettings(world, { yes: true }), goesOn: true },
  { name: 'resync', machine: () => inKeychain(), command: (world) => resync(world, {}) },
  { name: 'status', machine: () => fresh(inKeychain()), command: (world) => status(world, { json: false }) },
  { name: 'doctor', machine: () => fresh(inKeychain()), command: (world) => doctor(world, { json: false }) },
  {
    name: 'schedule install',
    machine: () => inKeychain(),
    command: (world) => installSchedule(world, {}),
    goesOn: true,
  },
  {
    name: 'schedule remove',
    machine: async () => {
      const machine = inKeychain()
      await machine.run((world) => installSchedule(world, {}))
      return machine
    },
    command: removeSchedule,
    goesOn: true,
  },
]

type Texts = Readonly<Record<'credentials' | 'config', string>>

const ownKeys = { credentials: sessionKeys, config: enrolmentKeys }

function profileIn({ files }: Machine['world'], kind: keyof Texts, name = 'mfa') {
  return readProfile(parseAwsFile(files[kind], kind), name)
}

/** A file without what awsmfa may write. */
function persons(kind: keyof Texts, text: string): string {
  // A section that awsmfa has made has a copied region, too.
  const keys = [...ownKeys[kind], ...(text.includes('# kept') ? [] : ['region'])]
  return ['mfa', 'x'].reduce((left, name) => removeProfile(parseAwsFile(left, kind), name, keys), text)
}

/** Why the machine is not as it must be, whatever happened to the commands that ran on it. */
function wrongs(machine: Machine, before: Texts, all: readonly Ended[]): string[] {
  const { world, aws, lock, offences } = machine
  const found = [...offences]
  if (!lock.free) found.push('a lock is held')
  for (const kind of ['credentials', 'config'] as const) {
    if (persons(kind, before[kind]) !== persons(kind, world.files[kind])) found.push(`${kind}: ${world.files[kind]}`)
  }
  const keys = JSON.stringify(profileIn(world, 'credentials'))
  const possible = [undefined, JSON.stringify(readProfile(parseAwsFile(before.credentials, 'credentials'), 'mfa'))]
  if (![...possible, ...aws.given.map(inFile4)].includes(keys)) found.push(`the session is a mixture: ${keys}`)
  const ledger = parseLedger(world.states['ledger.json']).devices
  for (const { serialNumber, step, code } of aws.sent) {
    const isKept = ledger[serialNumber]?.some((each) => each.step === step)
    if (step !== undefined && !isKept && !machine.wasTyped(code))
      found.push(`step ${step} is not in the ledger any more`)
  }
  for (const { error } of all) {
    if (error === undefined || error instanceof Failure || error instanceof Bug) continue
    found.push(`a bug: ${error instanceof Error ? error.stack : String(error)}`)
  }
  return found
}

function inFile4(session: Session): string {
  const { accessKeyId, secretAccessKey, sessionToken } = session.reveal()
  return JSON.stringify({
    aws_access_key_id: accessKeyId,
    aws_secret_access_key: secretAccessKey,
    aws_session_token: sessionToken,
    x_security_token_expires: formatInstant(session.expiration),
  })
}

/** Why what is enrolled is of no use: each profile is renewed on a healthy World, by typed codes where it must be. */
async function useless(machine: Machine): Promise<string[]> {
  const found: string[] = []
  for (const name of ['mfa', 'x']) {
    machine.world.nowMs += 200_000
    const keys = profileIn(machine.world, 'config', name)
    if (keys === undefined || !isEnrolment(keys)) continue
    const isTyped = readEnrolment(name, keys, 'config', keys.mfa_process).codes.kind === 'none'
    const code = isTyped ? machine.type(keys.mfa_serial ?? '') : undefined
    const { error, value, heard } = await machine.run((world) =>
      refresh(world, { mfaProfiles: [name], quiet: false, force: true, code }),
    )
    if (error ?? value) found.push(`${name} is enrolled and cannot be refreshed: ${error ?? heard}`)
  }
  return found
}

/** What is news only may be lost without a word. */
const newsOnly = /^state\.edit (outcomes|runs|clock)\.json$/

/** Why a command has not told what became of it. */
function dishonest({ name }: Case, { world }: Machine, ended: Ended, call: string, fault: Fault): string[] {
  const found: string[] = []
  const good = ended.error === undefined && ended.value === undefined
  if (fault.error() instanceof Bug && !(ended.error instanceof Bug) && !newsOnly.test(call)) {
    found.push(`a bug was taken for ${ended.error ?? 'a success'}`)
  }
  const isLost = call === 'sts.getSessionToken' && fault.when === 'after'
  const given = ended.given.slice(isLost ? 1 : 0).at(-1)
  const stands = given !== undefined && inFile4(given) === JSON.stringify(profileIn(world, 'credentials'))
  const isRefresh = /^(refresh|a typed)/.test(name)
  const mustStand = isRefresh || (name.startsWith('enroll') && !name.endsWith('unproven'))
  if (good && mustStand && !stands) found.push('a success without a session')
  if (isRefresh && given && !stands && call !== 'awsFiles.edit credentials')
    found.push('AWS gave a session, and it is lost')
  return found
}

/** Devices and seeds that nobody knows of. */
function leftOver({ aws, world }: Machine): string[] {
  const serialNumber = profileIn(world, 'config')?.mfa_serial
  const known = [alice.serialNumber, token, spare.serialNumber, serialNumber]
  const devices = aws.devices.devices.map((device) => device.serialNumber).filter((each) => !known.includes(each))
  // Of another device that was enrolled before the seed stays.
  const seeds = [...world.seeds.keys(), ...world.seedFiles.keys()].filter(
    (each) => each !== serialNumber && serialNumber !== spare.serialNumber,
  )
  return [...devices, ...seeds].map((each) => `left over: ${each}`)
}

/** Runs a command with one fault, and again where it is to go on. */
async function withFault(each: Case, number: number, fault: Fault): Promise<string[]> {
  const machine = await each.machine()
  const before = structuredClone(machine.world.files)
  const was = stateOf(machine)
  let call = ''
  const ended = await machine.run(each.command, each.voice, async (now, name) => {
    if (now !== number) return undefined
    call = name
    return fault
  })
  const found = [...dishonest(each, machine, ended, call, fault), ...wrongs(machine, before, [ended])]
  const isUnenroll = each.name.startsWith('unenroll')
  if (!isUnenroll && stateOf(machine) !== was) found.push(...(await useless(machine)))
  if (each.goesOn === true && ended.error !== undefined) found.push(...(await goingOn(each, machine, before)))
  return found.map((wrong) => `${call} (call ${number}), ${fault.words}: ${wrong}`)
}

async function goingOn(each: Case, machine: Machine, before: Texts): Promise<string[]> {
  machine.world.nowMs += 200_000
  const again = await machine.run(each.command, each.voice)
  // It had come so far that there is nothing left to do.
  const isDone =
    again.error instanceof Failure && /(not|no MFA profile is|is) enrolled|exists already/.test(again.error.message)
  return [
    ...(again.error === undefined || isDone ? [] : [`it does not go on: ${again.error}`]),
    ...wrongs(machine, before, [again]).map((wrong) => `again: ${wrong}`),
    ...(await useless(machine)),
    ...leftOver(machine),
  ]
}

/** All that a refresh depends on, in brief. */
function stateOf({ world, aws }: Machine): string {
  const { config } = world.files
  const devices = aws.devices.devices.map(({ serialNumber, owner }) => [serialNumber, owner])
  return JSON.stringify([config, [...world.seeds.keys()], [...world.seedFiles], [...world.identities], devices])
}

function report(found: readonly string[]): void {
  assert.equal(found.length, 0, `${found.length} wrongs:\n${[...new Set(found)].slice(0, 8).join('\n')}`)
}

describe('with each call failing in turn', () => {
  for (const each of cases) {
    test(each.name, async () => {
      const machine = await each.machine()
      const { calls, error } = await machine.run(each.command, each.voice)
      if (error !== undefined) throw error
      const found: string[] = [...machine.offences]
      for (const [number, call] of calls.entries()) {
        for (const fault of faultsOf(call, number)) found.push(...(await withFault(each, number, fault)))
      }
      report(found)
    })
  }
})

/** One of so many pairs of commands and moments is tried: always the same ones. */
const sample = 19

describe('with another command at each call', () => {
  for (const [index, each] of cases.entries()) {
    test(each.name, async () => {
      const { calls } = await (await each.machine()).run(each.command, each.voice)
      const found: string[] = []
      for (const [number, call] of calls.entries()) {
        for (const [place, other] of cases.entries()) {
          if ((number * 7 + place * 3 + index) % sample !== 0 || other.devices !== each.devices) continue
          const wrong = await beside(each, number, other)
          found.push(...wrong.map((what) => `${other.name} before ${call} (call ${number}): ${what}`))
        }
      }
      report(found)
    })
  }
})

async function beside(each: Case, number: number, other: Case): Promise<string[]> {
  const machine = await each.machine()
  const before = structuredClone(machine.world.files)
  const pending: Promise<Ended>[] = []
  const ended = await machine.run(each.command, each.voice, async (now) => {
    if (now === number) await machine.startBeside(other.command, other.voice ?? {}, pending)
    return undefined
  })
  const all = [ended, ...(await Promise.all(pending))]
  return [...wrongs(machine, before, all), ...(await useless(machine))]
}
