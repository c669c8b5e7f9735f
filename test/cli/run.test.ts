import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Command } from 'commander'
import { declare } from '../../src/cli/parse.js'
import { command, on } from '../../src/cli/spec.js'
import { type Edge, run } from '../../src/cli.js'
import { Failure } from '../../src/errors.js'
import { alice, type FakeWorld, fakeWorld } from '../support/fakeWorld.js'

interface Outcome {
  readonly world: FakeWorld
  readonly answers: readonly string[]
  /** whether the world was made at all */
  readonly made: boolean
  readonly failure: Failure | undefined
}

/** Runs a command line, its words parted by blanks, in a world of plain objects. */
async function cli(line: string | readonly string[], columns = 80): Promise<Outcome> {
  const world = fakeWorld()
  const answers: string[] = []
  let made = false
  let failure: Failure | undefined
  const edge: Edge = {
    version: '1.2.3',
    terminal: { answer: (text) => answers.push(text), columns },
    obey: () => {},
    makeWorld: async () => {
      made = true
      return world
    },
  }
  try {
    await run(typeof line === 'string' ? line.split(' ').filter(Boolean) : line, edge)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    failure = error
  }
  return { world, answers, made, failure }
}

const said = ({ failure }: Outcome) => failure && [failure.kind, failure.message, ...failure.hints]

describe('the ways of asking for help and version', () => {
  const ways: Record<string, string> = {
    help: '--help',
    '-h': '--help',
    '': '--help',
    '--quiet help': '--help',
    '-- help': '--help',
    'help enroll': 'enroll --help',
    'help schedule': 'schedule --help',
    'help schedule install': 'schedule install --help',
    'help help': 'help --help',
    version: '--version',
    '-v': '--version',
    '-V': '--version',
    '--no-input version': '--version',
  }
  for (const [way, same] of Object.entries(ways)) {
    it(`takes awsmfa ${way || 'alone'} for awsmfa ${same}`, async () => {
      const { answers, failure, made } = await cli(way)
      assert.deepEqual([failure, made, answers.length], [undefined, false, 1])
      assert.deepEqual(answers, (await cli(same)).answers)
    })
  }

  it('keeps -v out of commands, where it could mean --verbose', async () => {
    assert.equal((await cli('refresh -v')).failure?.message, "unknown option '-v'")
  })

  it('refuses help for a command that does not exist', async () => {
    const hint = 'did you mean refresh? awsmfa help lists the commands'
    assert.deepEqual(said(await cli('help refrsh')), ['usage', "unknown command 'refrsh'", hint])
    const below = 'did you mean install? awsmfa help schedule lists the commands'
    assert.deepEqual(said(await cli('help schedule instal')), ['usage', "unknown command 'instal'", below])
    const none = ['usage', 'awsmfa refresh has no commands of its own', 'awsmfa help refresh shows what there is']
    assert.deepEqual(said(await cli('help refresh now')), none)
    assert.deepEqual(said(await cli('help 123456')), ['usage', 'unknown command', 'awsmfa help lists the commands'])
  })
})

describe('a typed code', () => {
  const flags = ['--serial-number', alice.serialNumber]
  it('may come as two words of six digits together, as phones show it', async () => {
    for (const words of [['123', '456'], ['12', '3456'], ['123456']]) {
      for (const args of [
        [...words, ...flags],
        [...flags, ...words],
      ]) {
        const { world } = await cli(args)
        assert.deepEqual(
          world.requests.map(({ code }) => code),
          ['123456'],
          args.join(' '),
        )
      }
    }
  })

  it('is refused when the digits are more, fewer, or in more words', async () => {
    for (const words of ['123 4567', '123 45', '12 34 56', '123456 654321', '123 abc']) {
      const { world, failure } = await cli([...words.split(' '), ...flags])
      assert.equal(failure?.kind, 'usage', words)
      assert.deepEqual(world.requests, [])
    }
    const { failure } = await cli(['123456', '', ...flags])
    assert.equal(failure?.kind, 'usage')
  })
})

describe('a mistyped command or flag', () => {
  const lines: Record<string, readonly [message: string, hint: string]> = {
    'refrsh --force': ["unknown command 'refrsh'", 'did you mean refresh? awsmfa help lists the commands'],
    Status: ["unknown command 'Status'", 'did you mean status? awsmfa help lists the commands'],
    '--quiet stauts': ["unknown command 'stauts'", 'did you mean status? awsmfa help lists the commands'],
    nonsense: ["unknown command 'nonsense'", 'awsmfa help lists the commands'],
    schedule: ['awsmfa schedule does nothing by itself', 'add install, status or remove'],
    'schedule instal': ["unknown command 'instal'", 'did you mean install? awsmfa help schedule lists the commands'],
    'enroll --seed-stor=keychain': [
      "unknown option '--seed-stor=…'",
      'did you mean --seed-store? awsmfa help enroll shows what there is',
    ],
    'refresh -force': ["unknown option '-force'", 'did you mean --force? awsmfa help refresh shows what there is'],
    'enroll --create=yes': ['--create takes no value', 'awsmfa help enroll shows what there is'],
    'enroll --qr': ['--qr needs a value: FILE', 'awsmfa help enroll shows what there is'],
    'enroll --seed-store box': ['the value of --seed-store is not one that awsmfa knows', 'give keychain or file'],
    'enroll --device-name x': ['--device-name goes with --create only', 'add --create, or leave it out'],
    'enroll --qr x --seed-stdin': ['--qr cannot be used with --seed-stdin', 'leave one of them out'],
    'unenroll --keep-device --delete-device': [
      '--delete-device cannot be used with --keep-device',
      'leave one of them out',
    ],
    '--serial-number x status': ['awsmfa status has no --serial-number', 'awsmfa help status shows what there is'],
    hook: ['SHELL is missing', 'give bash, zsh, fish or pwsh'],
    'hook bash zsh': [
      'too many arguments: awsmfa hook takes one SHELL besides its flags',
      'awsmfa help hook shows what there is',
    ],
  }
  for (const [line, told] of Object.entries(lines)) {
    it(`is told in two lines: awsmfa ${line}`, async () => {
      const outcome = await cli(line)
      assert.deepEqual(said(outcome), ['usage', ...told])
      assert.equal(outcome.made, false)
    })
  }

  it('does not repeat what may be a secret', async () => {
    const secret = 'JBSW-secret'
    const lines = [
      ['enroll', `--foo=${secret}`],
      ['enroll', `--foo=a'b'${secret}`],
      ['enroll', `--foo=first\n${secret}`],
      ['enroll', `--foo=x\n(Did you mean ${secret}?)`],
      ['enroll', `--create=${secret}`],
      ['enroll', `-x${secret}9`],
      ['enroll', `--seed-store=${secret}`],
      ['hook', secret],
      ['refresh', secret],
      [secret, 'refresh', '-f'].reverse(),
    ]
    for (const line of lines) {
      const { failure } = await cli(line)
      assert.equal(failure?.kind, 'usage', line.join(' '))
      assert.doesNotMatch([failure.message, ...failure.hints].join('\n'), /secret/, line.join(' '))
    }
  })

  it('is no mistyped command when it is a seed, in one piece or in groups of four', async () => {
    for (const line of [
      'JBSW Y3DP EHPK 3PXP',
      'jbswydpehpkpxpabc',
      'enroll JBSW Y3DP EHPK 3PXP',
      'enroll --secret=x',
    ]) {
      assert.match((await cli(line)).failure?.message ?? '', /^a seed does not belong on the command line/, line)
    }
  })
})

describe('flags', () => {
  it('count for a command when they stand before it, and the nearer one wins', async () => {
    for (const line of ['--region us-east-1 refresh', '--region us-west-2 refresh --region us-east-1']) {
      const { world, failure } = await cli(line)
      assert.deepEqual([failure, world.requests.map(({ region }) => region)], [undefined, ['us-east-1']])
    }
  })

  it('with one dash, as the Go tool takes them, end where -- stands', async () => {
    const { world } = await cli(['-serial-number', alice.serialNumber, '-quiet', '123456'])
    assert.deepEqual(
      world.requests.map(({ code }) => code),
      ['123456'],
    )
    assert.equal((await cli('-- -quiet')).failure?.message, 'the code is not six digits')
  })
})

describe('a row added to the table', () => {
  it('can run a command of the person with all of its own flags', async () => {
    const spec = command({
      about: 'Run one command.',
      examples: ['awsmfa exec -- env'],
      flags: { clean: on('without the rest') },
      operand: { name: '-- COMMAND [ARG...]', many: true, verbatim: true, parse: (words) => words },
    })
    const commands = { exec: { summary: 'run one command', load: async () => spec } }
    for (const line of ['exec --clean -- terraform -help --quiet', '--quiet exec --clean terraform -help --quiet']) {
      const words = line.split(' ')
      const program = new Command('awsmfa')
      let understood: unknown
      const act = async ({ flags, operand }: { flags: object; operand: unknown }) => {
        understood = { ...flags, operand }
      }
      await declare(program, 'awsmfa', { about: '', examples: [], commands }, { words, columns: () => 80, act })
      await program.parseAsync(words, { from: 'user' })
      const quiet = words[0] === '--quiet'
      const operand = ['terraform', '-help', '--quiet']
      assert.deepEqual(understood, { clean: true, noInput: false, quiet, verbose: false, operand }, line)
    }
  })
})
