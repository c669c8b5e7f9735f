import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { moveLongTermKeys, restoreLongTermKeys } from '../../src/commands/keys.js'
import { type RotateOptions, rotateKeys } from '../../src/commands/keysRotate.js'
import { refresh } from '../../src/commands/refresh.js'
import { parseAwsFile, readProfile } from '../../src/core/awsFile.js'
import { removeProfile } from '../../src/core/awsFileEdit.js'
import { LongTermKeys } from '../../src/core/session.js'
import { Failure } from '../../src/errors.js'
import { sessionKeys } from '../../src/session/enrolment.js'
import { alice } from '../support/fakeWorld.js'
import { Bug, type Fault, faultsOf, type Trap } from '../support/faultyWorld.js'
import { type Command, type Ended, Machine } from '../support/machine.js'

/*
 * Keys are moved, restored and rotated with every call failing in turn, every answer lost in turn, and the run killed at
 * every call: a key that works is stored all the time, and the same command goes on to the same end.
 */

const credentials = `# mine\r\n[other]\r\naws_access_key_id=AKIAI44QH8DHBEXAMPLE\r\naws_secret_access_key=x\r\n\r\n[default] # of work\r\n\tregion = eu-west-1\r\naws_access_key_id=AKIAIOSFODNN7EXAMPLE  \r\n# in between\r\naws_secret_access_key =wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY`
/** As the AWS CLI takes it, and not all others. */
const odd = credentials.replace('aws_access_key_id=AKIAIO', 'AWS_ACCESS_KEY_ID: AKIAIO')
const config = `[default]\nregion = eu-west-1\n\n[profile role]\nsource_profile = default\nmfa_serial = ${alice.serialNumber}\n\n[profile mfa]\n# kept\nmfa_serial = ${alice.serialNumber}\nawsmfa_source_profile = default\n\n[profile second]\nmfa_serial = ${alice.serialNumber}\nawsmfa_source_profile = default\nawsmfa_duration_seconds = 3600\n`
const identity = '/home/alice/id.txt'

const refreshing: Command = (world) => refresh(world, { mfaProfiles: [], force: true, quiet: true })
const rotating =
  (options: RotateOptions = {}): Command =>
  (world) =>
    rotateKeys(world, options)
const moving: Command = (world) => moveLongTermKeys(world, {})
const movingToFile: Command = (world) => moveLongTermKeys(world, { seedStore: 'file', identity })
const restoring: Command = (world) => restoreLongTermKeys(world, {})

type Place = 'file' | 'keychain' | 'age'

async function machineWith(place: Place, ...first: readonly Command[]): Promise<Machine> {
  const machine = new Machine([alice.serialNumber])
  const { world, aws } = machine
  Object.assign(world.files, { credentials: place === 'file' ? credentials : odd, config })
  world.seeds.set(alice.serialNumber, alice.seed)
  world.identities.add(identity)
  for (const action of ['ListAccessKeys', 'CreateAccessKey', 'UpdateAccessKey', 'DeleteAccessKey']) {
    aws.devices.deniedWithoutMfa.add(action)
  }
  const moved = { file: [], keychain: [moving], age: [movingToFile] }[place]
  for (const command of [...moved, ...first]) {
    const { error } = await machine.run(command)
    if (error !== undefined) throw error
    world.nowMs += 300_000
  }
  return machine
}

/** The key that the source profile signs with. */
function stored({ world }: Machine): LongTermKeys | undefined {
  const settings = readProfile(parseAwsFile(world.files.config, 'config'), 'default')
  const lines = readProfile(parseAwsFile(world.files.credentials, 'credentials'), 'default')
  const { aws_access_key_id: id, aws_secret_access_key: secret } = lines ?? {}
  if (id && secret) return new LongTermKeys(id, secret)
  return world.keys.get(settings?.awsmfa_key_file ?? settings?.awsmfa_key_account ?? '')
}

/** The credentials file without sessions, and with the keys by their place only. */
function person({ world, aws }: Machine): string {
  const text = ['mfa', 'second', 'default-awsmfa-rotation'].reduce(
    (left, name) => removeProfile(parseAwsFile(left, 'credentials'), name, sessionKeys),
    world.files.credentials,
  )
  const known = [...aws.devices.keys, ...gone]
  return known
    .reduce((left, key) => left.replace(key.accessKeyId, 'ID').replace(key.secretAccessKey, 'SECRET'), text)
    .trimEnd()
}
const gone = [{ accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }]

/** What must be true whatever happened: AWS accepts the key that is stored, and sessions can be had with it. */
async function wrongsNow(machine: Machine, ended: readonly Ended[]): Promise<string[]> {
  const found = [...machine.offences.splice(0)]
  if (!machine.lock.free) found.push('a lock is held')
  for (const { error, heard } of ended) {
    if (error !== undefined && !(error instanceof Failure) && !(error instanceof Bug)) found.push(`a bug: ${error}`)
    const secrets = [...machine.aws.devices.keys, ...gone].map(({ secretAccessKey }) => secretAccessKey)
    if (secrets.some((secret) => heard.join().includes(secret))) found.push('a secret was said')
  }
  const key = stored(machine)
  const known = machine.aws.devices.keys.find(({ accessKeyId }) => accessKeyId === key?.accessKeyId)
  if (known?.active !== true || known.secretAccessKey !== key?.revealSecret()) {
    found.push(`the key that is stored is not one that works: ${key?.accessKeyId}`)
  }
  return found
}

async function usable(machine: Machine): Promise<string[]> {
  machine.world.nowMs += 200_000
  const { error, value, heard } = await machine.run(refreshing)
  return (error ?? value) ? [`no refresh: ${error ?? heard.join('; ')}`] : []
}

interface Case {
  readonly name: string
  machine(): Promise<Machine>
  readonly command: Command
  /** after the command was typed again */
  end(machine: Machine): string[]
}

/** One key at AWS, the one that is stored; nothing of the other is left. */
function alone(machine: Machine): string[] {
  const { aws, world } = machine
  const found: string[] = []
  const ids = aws.devices.keys.map(({ accessKeyId }) => accessKeyId)
  if (ids.length !== 1 || ids[0] !== stored(machine)?.accessKeyId) found.push(`the keys at AWS are ${ids}`)
  return [...found, ...tidy(machine), ...(world.keys.size > 1 ? ['the other secret is left in the store'] : [])]
}

function tidy({ world }: Machine): string[] {
  const found: string[] = []
  if (/rotation/.test(world.states['keys.json'] ?? '')) found.push(`a rotation is open: ${world.states['keys.json']}`)
  if (/rotation/.test(world.files.credentials)) found.push('the other secret is left in the file')
  return found
}

/** To be killed at a call that changes nothing is to be killed after the last one that did. */
const changing = /^(iam|sts\.getSession|keychain|seedFile)|\.(edit|remove|set|delete)/
const all = process.env.AWSMFA_FUZZ === '1'

const places: readonly Place[] = ['file', 'keychain', 'age']

const cases: readonly Case[] = [
  ...places.flatMap((place): Case[] => [
    {
      name: `rotate --delete-now, with the key in the ${place}`,
      machine: () => machineWith(place, refreshing),
      command: rotating({ deleteNow: true }),
      end: (machine) => [...alone(machine), ...notTheFirst(machine)],
    },
    {
      name: `rotate --undo, with the key in the ${place}`,
      machine: () => machineWith(place, refreshing, rotating()),
      command: rotating({ undo: true }),
      end: alone,
    },
  ]),
  {
    name: 'rotate, with no session to begin with',
    machine: () => machineWith('keychain'),
    command: rotating(),
    end: (machine) => (machine.aws.devices.keys.length === 2 ? notTheFirst(machine) : ['the old key is not kept']),
  },
  { name: 'move', machine: () => machineWith('file'), command: moving, end: moved },
  { name: 'move to an age file', machine: () => machineWith('file'), command: movingToFile, end: moved },
  { name: 'restore', machine: () => machineWith('keychain'), command: restoring, end: restored },
  { name: 'restore from an age file', machine: () => machineWith('age'), command: restoring, end: restored },
]

function notTheFirst(machine: Machine): string[] {
  return stored(machine)?.accessKeyId === gone[0]?.accessKeyId ? ['the first key is still in use'] : []
}

function moved({ world }: Machine): string[] {
  return /AKIAIOSFODNN7EXAMPLE|wJalrXUtnFEMI/.test(world.files.credentials) ? ['the key is still in the file'] : []
}

function restored({ world }: Machine): string[] {
  const found = world.keys.size > 0 ? ['the store still holds the key'] : []
  return /awsmfa_key/.test(world.files.config) ? [...found, 'the settings are still there'] : found
}

/** Whoever is killed does nothing more, not even tidy up. */
function killed(at: number, when: Fault['when']): Trap {
  return async (number) => {
    if (number < at || (number === at && when === 'after')) {
      return number === at ? { words: 'killed', when: 'after', error: () => new Bug('killed') } : undefined
    }
    return { words: 'killed', when: 'before', error: () => new Bug('killed') }
  }
}

async function tried(each: Case, what: string, trap: Trap): Promise<string[]> {
  const machine = await each.machine()
  const before = person(machine)
  const ended = await machine.run(each.command, {}, trap)
  const found = await wrongsNow(machine, [ended])
  if (what.length % 2 === 0) found.push(...(await usable(machine)).map((wrong) => `at once: ${wrong}`))
  machine.world.nowMs += 200_000
  if (ended.error !== undefined) {
    const again = await machine.run(each.command)
    const isDone = again.error instanceof Failure && again.error.kind === 'usage'
    if (again.error !== undefined && !isDone) found.push(`it does not go on: ${again.error}`)
    found.push(...(await wrongsNow(machine, [again])))
  }
  found.push(...each.end(machine), ...(await usable(machine)))
  if (!/move|restore/.test(each.name) && person(machine) !== before) found.push(`the file: ${person(machine)}`)
  return found.map((wrong) => `${what}: ${wrong}`)
}

describe('with each call failing in turn, and killed at each', () => {
  for (const each of cases) {
    test(each.name, async () => {
      const machine = await each.machine()
      const { calls, error } = await machine.run(each.command)
      if (error !== undefined) throw error
      const found = [...machine.offences, ...each.end(machine)]
      for (const [number, call] of calls.entries()) {
        if (!all && !changing.test(call) && number % 11 !== 0) continue
        const at = `${call} (call ${number})`
        // Where the keys are makes a difference at few calls: elsewhere one fault of each stands for all.
        const few = !all && /rotate.*(file|age)$/.test(each.name)
        const faults = faultsOf(call, number).filter((_, nth, { length }) => !few || nth === number % length)
        for (const fault of faults) {
          const trap: Trap = async (now) => (now === number ? fault : undefined)
          found.push(...(await tried(each, `${at}, ${fault.words}`, trap)))
        }
        if (!few) found.push(...(await tried(each, `${at}, killed before`, killed(number, 'before'))))
        found.push(...(await tried(each, `${at}, killed after it`, killed(number, 'after'))))
      }
      assert.equal(found.length, 0, `${found.length} wrongs:\n${[...new Set(found)].slice(0, 12).join('\n')}`)
    })
  }
})

describe('with another command at each call', () => {
  const others: Readonly<Record<string, Command>> = {
    refresh: refreshing,
    'another rotate': rotating({ deleteNow: true }),
  }
  for (const [what, other] of Object.entries(others)) {
    test(`rotate, and ${what}: none is in the way of the other`, async () => {
      const { calls } = await (await machineWith('keychain', refreshing)).run(rotating({ deleteNow: true }))
      const found: string[] = []
      for (const [number, call] of calls.entries()) {
        if (!all && !changing.test(call) && number % 11 !== 0) continue
        const machine = await machineWith('keychain', refreshing)
        const pending: Promise<Ended>[] = []
        const ended = await machine.run(rotating({ deleteNow: true }), {}, async (now) => {
          if (now === number) await machine.startBeside(other, {}, pending)
          return undefined
        })
        const both = [ended, ...(await Promise.all(pending))]
        machine.world.nowMs += 200_000
        const again = await machine.run(rotating({ deleteNow: true }))
        const wrongs = [...(await wrongsNow(machine, [...both, again])), ...alone(machine), ...(await usable(machine))]
        if (again.error !== undefined) wrongs.push(`it does not go on: ${again.error}`)
        found.push(...wrongs.map((wrong) => `${what} before ${call} (call ${number}): ${wrong}`))
      }
      assert.equal(found.length, 0, `${found.length} wrongs:\n${[...new Set(found)].slice(0, 12).join('\n')}`)
    })
  }
})
