import { stepAt } from '../../src/core/code.js'
import { parseLedger } from '../../src/core/ledger.js'
import type { Job } from '../../src/core/schedule/job.js'
import { Seed } from '../../src/core/seed.js'
import type { Session } from '../../src/core/session.js'
import { Failure, SeedUnreadable } from '../../src/errors.js'
import type { Scheduler } from '../../src/outside/schedule.js'
import type { SeedFilePlace } from '../../src/outside/seedStores.js'
import type { Terminal } from '../../src/outside/terminal.js'
import type { World } from '../../src/world.js'
import { alice, type FakeWorld, fakeWorld } from './fakeWorld.js'
import { asProcess, faultyWorld, SharedLock, type Trap } from './faultyWorld.js'
import { QuickAws } from './quickAws.js'

/** Who runs a command. */
export interface Voice {
  /** answers questions; absent when nobody is there */
  readonly answer?: (question: string, machine: Machine) => string
  /** what is piped in */
  readonly input?: string
}

/** What became of a command. */
export interface Ended {
  readonly calls: readonly string[]
  /** the sessions that reached it */
  readonly given: readonly Session[]
  readonly heard: readonly string[]
  /** what it gave, or threw */
  readonly value?: unknown
  readonly error?: unknown
}

export type Command = (world: World, machine: Machine) => Promise<unknown>

/** A person's second device. */
export const spare = {
  serialNumber: 'arn:aws:iam::123456789012:mfa/spare',
  seed: Seed.parse('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'),
}
export const token = 'GAHT12345678'
export const printsCodes = 'pass otp aws'
export const passphraseCommand = 'pass show awsmfa'

/** One person's machine and their AWS: commands run on it one after the other, or beside each other. */
export class Machine {
  readonly world: FakeWorld
  readonly aws: QuickAws
  /** what must not be, as it happens */
  readonly offences: string[] = []
  readonly lock = new SharedLock(this.offences)
  readonly jobs = new Map<string, Job>()
  readonly #kept = new Set<string>()
  /** the codes that were read from a device, and those that were not sent yet */
  readonly #read = new Set<string>()
  readonly #byHand = new WeakSet<object>()
  readonly #typed = new Set<string>()

  constructor(devices: readonly string[]) {
    this.world = fakeWorld({ env: { AWSMFA_RUN_BY: 'cron' } })
    this.world.seeds.clear()
    this.aws = new QuickAws(this.world, (sent) => this.#judge(sent))
    for (const serialNumber of devices) {
      const { seed } = serialNumber === spare.serialNumber ? spare : alice
      this.aws.devices.keep(this.aws.arn, serialNumber, seed.reveal(), 0)
    }
  }

  /** Runs a command to its end. */
  async run(command: Command, voice: Voice = {}, trap: Trap = async () => undefined): Promise<Ended> {
    const calls: string[] = []
    const heard: string[] = []
    const given: Session[] = []
    const identities = new Set<string>()
    const world = faultyWorld(this.#worldFor(voice, heard, given, identities), calls, this.offences, trap)
    const ended = { calls, given, heard }
    try {
      return { ...ended, value: await asProcess(() => command(world, this)) }
    } catch (error) {
      return { ...ended, error }
    } finally {
      // As at the exit of the program.
      for (const path of identities) if (!this.#kept.has(path)) this.world.identities.delete(path)
    }
  }

  /** Starts another command, until it has ended or waits for a lock. */
  async startBeside(command: Command, voice: Voice, pending: Promise<Ended>[]): Promise<void> {
    const ended = this.run(command, voice)
    pending.push(ended)
    await Promise.race([ended, this.lock.nextBlocked()])
  }

  /** The code that a person reads from a device now, and types. */
  type(serialNumber: string): string {
    // Who has typed this one waits for the next.
    if (this.#read.has(this.aws.code(serialNumber))) this.world.nowMs += 30_000
    const code = this.aws.code(serialNumber)
    this.#read.add(code)
    this.#typed.add(code)
    return code
  }

  /** Whether a person has typed it: which step it is of is only a guess then. */
  wasTyped(code: string): boolean {
    return this.#read.has(code)
  }

  /** A code is in the ledger before it goes out, and is not one that went out before. What a person types is theirs. */
  #judge(sent: QuickAws['sent'][number]): void {
    const { serialNumber, code, step, pair } = sent
    const ledger = parseLedger(this.world.states['ledger.json']).devices[serialNumber] ?? []
    const written = (wanted: number) => ledger.some((entry) => entry.step === wanted)
    if (this.#typed.delete(code)) {
      this.#byHand.add(sent)
      // Another command may have waited meanwhile.
      const now = stepAt(this.aws.now())
      if (!ledger.some((each) => each.step > now - 9)) this.offences.push('a typed code is not in the ledger')
      return
    }
    if (step === undefined || !written(step)) this.offences.push(`step ${step} was sent and is not in the ledger`)
    const before = this.aws.sent.some(
      (each) => each.serialNumber === serialNumber && each.step === step && !this.#byHand.has(each),
    )
    if (before && !pair) this.offences.push(`the code of step ${step} was sent twice`)
  }

  #worldFor(voice: Voice, heard: string[], given: Session[], identities: Set<string>): World {
    const { world, aws } = this
    return {
      ...world,
      terminal: this.#terminal(voice, heard),
      standardInput: { isTerminal: voice.input === undefined, read: async () => Buffer.from(voice.input ?? '') },
      lock: this.lock,
      iam: aws.iam,
      sts: {
        ...aws.sts,
        getSessionToken: async (request) => {
          const answer = await aws.sts.getSessionToken(request)
          given.push(answer.session)
          return answer
        },
      },
      programs: {
        output: async ([program, ...args]) => {
          const line = [program, ...args].join(' ')
          if (line === printsCodes) return `${aws.code(alice.serialNumber)}\n`
          throw new Failure('act', `${program} failed (exit code 1)`, 'mend it')
        },
      },
      seedFile: this.#seedFile(identities),
      schedule: { ...world.schedule, schedulers: async () => [this.#scheduler('systemd'), this.#scheduler('cron')] },
    }
  }

  #seedFile(identities: Set<string>): World['seedFile'] {
    const { world } = this
    const expectKey = ({ key }: SeedFilePlace) => {
      if (key.kind !== 'identity' || world.identities.has(key.path)) return
      throw new Failure('act', `there is no identity ${key.path}`, 'mend it')
    }
    return {
      ...world.seedFile,
      check: async (place) => expectKey(place),
      set: async (place, seed) => {
        expectKey(place)
        await world.seedFile.set(place, seed)
      },
      get: async (place) => {
        expectKey(place)
        const kept = [...world.seedFiles].find(([serialNumber]) => place.path.includes(`${serialNumber}.age`))?.[1]
        const fits = kept === undefined || JSON.stringify(kept.key) === JSON.stringify(place.key)
        if (!fits) throw new SeedUnreadable(`${place.path} does not open with its key`, 'enrol again')
        return kept?.seed
      },
      makeIdentity: async (path, owner, mayAdopt) => {
        const made = await world.seedFile.makeIdentity(path, owner, mayAdopt)
        if (!made.adopted) identities.add(path)
        return { ...made, keep: () => void this.#kept.add(path) }
      },
    }
  }

  #scheduler(name: 'systemd' | 'cron'): Scheduler {
    return {
      name,
      obstacle: async () => undefined,
      install: async (job) => void this.jobs.set(name, job),
      installed: async () => {
        const job = this.jobs.get(name)
        return job && { ...job, where: name, missing: [] }
      },
      remove: async () => this.jobs.delete(name),
    }
  }

  #terminal({ answer }: Voice, heard: string[]): Terminal {
    const hear = (how: string) => (line: string) => void heard.push(`${how} ${line}`)
    const ask = async (question: string) => {
      if (answer === undefined) throw new Failure('usage', 'nobody can be asked', 'do not ask')
      return answer(question, this)
    }
    return {
      ...this.world.terminal,
      interactive: answer !== undefined,
      answer: hear('answer'),
      say: hear('say'),
      warn: hear('warn'),
      detail: hear('detail'),
      fail: ({ message }) => hear('fail')(message),
      countdown: async (ms) => {
        this.world.nowMs += ms
      },
      ask,
      askHidden: ask,
      confirm: async (question) => (await ask(question)) === 'y',
    }
  }
}
