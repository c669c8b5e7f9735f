import { isMigrationLink, type Migration, type MigrationAccount, readMigrationLink } from '../core/otpauthMigration.js'
import { qrSeedText } from '../core/qrSeedText.js'
import { Seed } from '../core/seed.js'
import { Failure } from '../errors.js'
import type { World } from '../world.js'

/** Where a person has the seed; without any of these it is piped in, or asked for on the terminal. */
export interface SeedSource {
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
export async function enteredSeed(world: World, serialNumber: string, source: SeedSource): Promise<Seed> {
  const text = await seedText(world, serialNumber, source)
  if (isMigrationLink(text)) return await chooseSeed(world, readMigrationLink(text), source.account)
  if (source.account === undefined) return Seed.parse(text)
  throw new Failure('usage', '--account is for an export of Google Authenticator, and this is none', 'leave it out')
}

async function seedText(world: World, serialNumber: string, source: SeedSource): Promise<string> {
  const { terminal, standardInput, qrCodes } = world
  if (source.qr !== undefined) {
    const name = source.qr === '-' ? 'standard input' : source.qr
    const text = qrSeedText(await qrCodes.inFile(source.qr), name)
    if (source.qr !== '-') terminal.say(`${name} shows the seed: delete it when this has worked`)
    return text
  }
  if (source.qrClipboard) {
    const text = qrSeedText(await qrCodes.inClipboard(), 'the clipboard')
    terminal.say('the clipboard shows the seed: copy something else when this has worked')
    return text
  }
  if (source.seedStdin || !standardInput.isTerminal) return await standardInput.firstLine()
  return await terminal.askHidden(`seed of ${serialNumber} (not shown):`)
}

async function chooseSeed(world: World, { accounts, parts }: Migration, wanted: string | undefined): Promise<Seed> {
  if (parts > 1) world.terminal.say(`this is one of ${parts} QR codes of the export: only its accounts are seen`)
  return (await choose(world, accounts, wanted)).seed()
}

async function choose(
  { terminal }: World,
  accounts: readonly MigrationAccount[],
  wanted: string | undefined,
): Promise<MigrationAccount> {
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
  return pick(accounts, await terminal.ask(`which one is the MFA device (1 to ${accounts.length}):`))
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
