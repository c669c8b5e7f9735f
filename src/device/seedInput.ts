import {
  isMigrationLink,
  type Migration,
  type MigrationAccount,
  qrSeedText,
  readMigrationLink,
} from '../core/otpauth.js'
import { decodeText, onlyLine, Seed } from '../core/seed.js'
import { Failure } from '../errors.js'
import { askFor } from '../session/askCode.js'
import type { World } from '../world.js'

/** AWS makes seeds of 40 bytes. A shorter one may be right, or the part of a seed that fitted on a line. */
const usualLength = 64

/** How the seed comes in; without any of these it is piped in, or asked for on the terminal. */
export interface SeedInput {
  /** read it from standard input even when a terminal is there */
  readonly seedStdin: boolean
  /** path of a PNG with the QR code; `-` is standard input */
  readonly qr?: string | undefined
  /** the QR code is in the clipboard's picture */
  readonly qrClipboard?: boolean | undefined
  /** which account of an export is meant: its name, or its number in the list */
  readonly account?: string | undefined
}

/**
 * Gets the seed as a person has it: base32, an `otpauth://` link, or an export of Google Authenticator, as text or in a
 * picture of its QR code.
 *
 * @param serialNumber - of the device, for the question
 * @throws Failure `usage` when it is no seed, or when it is unclear which account is meant; `act` when it cannot be read
 */
export async function seedInput(world: World, serialNumber: string, input: SeedInput): Promise<Seed> {
  const given = await read(world, serialNumber, input)
  if (!(given instanceof Seed)) return await chooseSeed(world, given, input.account)
  if (input.account === undefined) return given
  throw new Failure('usage', '--account is for an export of Google Authenticator, and this is none', 'leave it out')
}

async function read(world: World, serialNumber: string, input: SeedInput): Promise<Seed | Migration> {
  const { terminal, standardInput, qrCodes } = world
  if (input.qr !== undefined) {
    const name = input.qr === '-' ? 'standard input' : input.qr
    const given = parse(qrSeedText(await qrCodes.inFile(input.qr), name))
    if (input.qr !== '-') terminal.say(`${name} shows the seed: delete it when this has worked`)
    return given
  }
  if (input.qrClipboard) {
    const given = parse(qrSeedText(await qrCodes.inClipboard(), 'the clipboard'))
    terminal.say('the clipboard shows the seed: copy something else when this has worked')
    return given
  }
  if (input.seedStdin && standardInput.isTerminal) {
    terminal.say('standard input is a terminal, which would show the seed: it is asked for instead')
  }
  const given = standardInput.isTerminal
    ? await askFor(world, () => terminal.askHidden(`seed of ${serialNumber} (not shown):`), parse)
    : parse(decodeText(await standardInput.read()))
  if (given instanceof Seed && given.length < usualLength) {
    terminal.warn(`the seed has ${given.length} characters, and AWS makes them of ${usualLength}: is it whole?`)
  }
  return given
}

function parse(text: string): Seed | Migration {
  const line = onlyLine(text)
  return isMigrationLink(line) ? readMigrationLink(line) : Seed.parse(line)
}

async function chooseSeed(world: World, { accounts, parts }: Migration, wanted: string | undefined): Promise<Seed> {
  if (parts > 1) world.terminal.say(`this is one of ${parts} QR codes of the export: only its accounts are seen`)
  return (await choose(world, accounts, wanted)).seed()
}

async function choose(
  world: World,
  accounts: readonly MigrationAccount[],
  wanted: string | undefined,
): Promise<MigrationAccount> {
  const { terminal } = world
  if (wanted !== undefined) return pick(accounts, wanted)
  const [only, another] = accounts
  if (only !== undefined && another === undefined) return only
  if (!terminal.interactive) {
    throw new Failure('usage', `the export holds ${accounts.length} accounts: ${list(accounts)}`, [
      'say which one is the MFA device: --account NAME, or --account NUMBER',
    ])
  }
  terminal.say('the export holds these accounts:')
  accounts.forEach(({ label }, index) => {
    terminal.say(`${String(index + 1).padStart(3)}  ${label}`)
  })
  const question = `which one is the MFA device (1 to ${accounts.length}):`
  return await askFor(
    world,
    () => terminal.ask(question),
    (answer) => pick(accounts, answer),
  )
}

/** A name goes before a number: an account may be called 2. */
function pick(accounts: readonly MigrationAccount[], wanted: string): MigrationAccount {
  const name = wanted.trim().toLowerCase()
  const named = accounts.filter(({ label }) => {
    const whole = label.toLowerCase()
    return whole === name || whole.slice(whole.indexOf(':') + 1).trim() === name
  })
  const [only = accounts[/^\d{1,4}$/.test(name) ? Number(name) - 1 : -1], another] = named
  if (only !== undefined && another === undefined) return only
  const what = another === undefined ? 'no account' : 'more than one account'
  throw new Failure('usage', `${what} of the export has that name: ${list(accounts)}`, [
    'say which one is the MFA device: --account NAME, or --account NUMBER',
  ])
}

function list(accounts: readonly MigrationAccount[]): string {
  return accounts.map(({ label }, index) => `${index + 1} ${label}`).join(', ')
}
