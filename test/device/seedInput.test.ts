import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type SeedInput, seedInput } from '../../src/device/seedInput.js'
import { failsWith } from '../support/failsWith.js'
import { alice, type FakeWorld, fakeWorld } from '../support/fakeWorld.js'
import { aliceSecret, type ExportedAccount, migrationLink } from '../support/migrationLink.js'

const link = `otpauth://totp/Amazon%20Web%20Services:alice@123456789012?secret=${alice.seed.reveal()}`
const aliceAccount = { secret: aliceSecret, name: 'alice@123456789012', issuer: 'Amazon Web Services' }
const others: readonly ExportedAccount[] = [
  { secret: Buffer.alloc(20, 1), name: 'alice', issuer: 'GitHub' },
  { secret: Buffer.alloc(20, 2), name: '1', issuer: 'Odd' },
]
const several = migrationLink([...others, aliceAccount])

function entered(world: FakeWorld, source: Partial<SeedInput> = {}) {
  return seedInput(world, alice.serialNumber, { seedStdin: false, ...source })
}

async function isAlices(world: FakeWorld, source: Partial<SeedInput> = {}): Promise<void> {
  assert.ok((await entered(world, source)).equals(alice.seed))
}

/** A person at a terminal, who types these answers. */
function person(...typing: string[]): FakeWorld {
  const world = fakeWorld()
  world.interactive = true
  world.typing.push(...typing)
  return world
}

function piped(input: string): FakeWorld {
  return Object.assign(fakeWorld(), { input })
}

test('links and exports are taken as text, typed and piped', async () => {
  for (const text of [link, migrationLink([aliceAccount]), alice.seed.reveal()]) {
    await isAlices(person(text))
    await isAlices(piped(text))
  }
})

const short = 'warn the seed has 32 characters, and AWS makes them of 64: is it whole?'
const asked = `hidden seed of ${alice.serialNumber} (not shown):`

test('what is typed is not shown', async () => {
  const world = person(link)
  await isAlices(world)
  assert.deepEqual(world.heard, [asked, short])
})

test('a seed on the terminal is not shown either when it is to come from standard input', async () => {
  const world = person(link)
  await isAlices(world, { seedStdin: true })
  assert.equal(world.heard[1], asked)
})

test('a seed that is shorter than those of AWS is taken, and remarked upon', async () => {
  const world = piped(alice.seed.reveal())
  await isAlices(world)
  assert.deepEqual(world.heard, [short])
  const whole = piped(alice.seed.reveal().repeat(2))
  assert.equal((await entered(whole)).length, 64)
  assert.deepEqual(whole.heard, [])
})

test('half a seed never passes for a whole one', async () => {
  const lines = `${alice.seed.reveal()}\n${alice.seed.reveal()}\n`
  for (const text of [lines, `${link}\r\n${link}`, `${several}\n${several}`]) {
    await failsWith('usage', /^the seed has a second line$/, () => entered(piped(text)))
  }
  const world = person()
  world.pictures['shot.png'] = [`${link}\n${link}`]
  await failsWith('usage', /^the seed has a second line$/, () => entered(world, { qr: 'shot.png' }))
})

test('what PowerShell 5 writes into a file is read', async () => {
  for (const text of [alice.seed.reveal(), link, several]) {
    const world = Object.assign(fakeWorld(), { input: Buffer.from(`\ufeff${text}\r\n`, 'utf16le') })
    await isAlices(world, text === several ? { account: '3' } : {})
  }
})

test('a seed with a typing error is asked for again, up to three times, and an empty line gives up', async () => {
  const world = person('JBSW', '0', alice.seed.reveal())
  await isAlices(world)
  assert.deepEqual(
    world.heard.filter((line) => /^(hidden|fail)/.test(line)),
    [
      asked,
      'fail the seed is shorter than 16 bytes (26 characters)',
      asked,
      "fail the seed is not base32: its character 1 is '0' (U+0030)",
      asked,
    ],
  )
  const thrice = person('0', '1', '8', alice.seed.reveal())
  await failsWith('usage', /character 1 is '8' \(U\+0038\)$/, () => entered(thrice))
  assert.deepEqual(thrice.typing, [alice.seed.reveal()])
  const gone = person(' ', alice.seed.reveal())
  await failsWith('usage', /^the seed is empty$/, () => entered(gone))
  assert.deepEqual(gone.heard, [asked])
})

test('a picture goes before what is piped in, and the person is told to delete it', async () => {
  const world = piped('nonsense')
  world.pictures['shot.png'] = [link]
  await isAlices(world, { qr: 'shot.png' })
  assert.deepEqual(world.heard, ['say shot.png shows the seed: delete it when this has worked'])
})

test("the clipboard's picture is taken with --qr-clipboard", async () => {
  const world = person()
  world.pictures.clipboard = [several]
  world.typing.push('3')
  await isAlices(world, { qrClipboard: true })
})

test('the one code with a seed is picked out of a screenshot with several', async () => {
  const world = person()
  world.pictures['shot.png'] = ['https://example.com', link, 'WIFI:S:x;;']
  await isAlices(world, { qr: 'shot.png' })
})

const unclear: [string, readonly string[], RegExp][] = [
  ['no code', [], /^no QR code can be read in shot\.png$/],
  [
    'a web address',
    ['https://example.com/?token=tell-nobody'],
    /^the QR code holds no seed: shot\.png shows a web address$/,
  ],
  ['something else', ['WIFI:S:x;P:tell-nobody;;'], /^the QR code holds no seed: shot\.png shows something else$/],
  ['several of no use', ['https://example.com', 'x'], /^none of the 2 QR codes holds a seed/],
  ['two seeds', [link, several], /^shot\.png shows 2 QR codes with a seed$/],
  ['the link of another kind of device', [`${link}&digits=8`], /another digits/],
]
for (const [name, texts, message] of unclear) {
  test(`a picture with ${name} is refused without a secret in the error`, async () => {
    const world = person()
    world.pictures['shot.png'] = texts
    const failure = await failsWith('usage', message, () => entered(world, { qr: 'shot.png' }))
    assert.doesNotMatch([failure.message, ...failure.hints].join('\n'), /tell-nobody|JBSW|CgoU/)
  })
}

describe('an export of several accounts', () => {
  test('is listed on a terminal, and chosen from by number', async () => {
    const world = person(several, '4', '3')
    await isAlices(world)
    assert.deepEqual(
      world.heard.slice(1).filter((line) => !/^(fail|hint)/.test(line)),
      [
        'say the export holds these accounts:',
        'say   1  GitHub:alice',
        'say   2  Odd:1',
        'say   3  Amazon Web Services:alice@123456789012',
        'ask which one is the MFA device (1 to 3):',
        'ask which one is the MFA device (1 to 3):',
      ],
    )
  })

  test('names its accounts and the flag where nobody can be asked', async () => {
    const failure = await failsWith(
      'usage',
      /^the export holds 3 accounts: 1 GitHub:alice, 2 Odd:1, 3 Amazon Web Services:alice@123456789012$/,
      () => entered(piped(several)),
    )
    assert.match(failure.hints.join(), /--account NAME, or --account NUMBER/)
  })

  for (const account of ['alice@123456789012', 'AMAZON WEB SERVICES:alice@123456789012', ' 3 ']) {
    test(`is chosen from with --account '${account}'`, async () => {
      await isAlices(piped(several), { account })
    })
  }

  test('takes a number for a name first', async () => {
    const seed = await entered(piped(several), { account: '1' })
    assert.ok(seed.equals(await entered(piped(several), { account: '2' })))
  })

  for (const answer of ['', '0', '4', '-1', '1e0', 'bob', 'Amazon Web Services']) {
    test(`takes '${answer}' for none of its accounts, typed or as a flag`, async () => {
      const message = /^no account of the export has that name: 1 GitHub:alice, 2 Odd:1, 3 /
      await failsWith('usage', message, () => entered(person(several, answer)))
      await failsWith('usage', message, () => entered(piped(several), { account: answer }))
    })
  }

  test('does not guess between two of one name', async () => {
    const twice = migrationLink([aliceAccount, aliceAccount])
    await failsWith('usage', /^more than one account/, () => entered(piped(twice), { account: aliceAccount.name }))
    await isAlices(piped(twice), { account: '2' })
  })

  test('says so when it goes on in other QR codes', async () => {
    const world = piped(migrationLink([aliceAccount], 3))
    await isAlices(world)
    assert.deepEqual(world.heard, ['say this is one of 3 QR codes of the export: only its accounts are seen'])
  })
})

test('--account without an export is a mistake', async () => {
  await failsWith('usage', /--account is for an export/, () => entered(piped(link), { account: 'alice' }))
})
