import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { absent } from '../support/parts.js'
import { aliceFiles, assertRefused, enrolledFiles, openSandbox, type Sandbox } from '../support/sandbox.js'
import { alice } from '../support/strictSts.js'

/** A program of the person's that prints the code of this moment; its TOTP is written from RFC 6238, not with ours. */
const totpProgram = `
import { createHmac } from 'node:crypto'
const bits = [...'${alice.seed}'].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('')
const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)))
const counter = Buffer.alloc(8)
counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000)))
const mac = createHmac('sha1', key).update(counter).digest()
const code = (mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1000000
console.log(String(code).padStart(6, '0'))
`
const asksPin = `
import { createInterface } from 'node:readline'
if (!process.stdin.isTTY) throw new Error('no terminal')
process.stderr.write('PIN of the key: ')
createInterface({ input: process.stdin }).once('line', async (pin) => {
  if (pin !== '4711') process.exit(1)
  await import('./code.mjs')
  process.exit()
})
`

/** A home with the program, whose file is where the seed belongs here. */
async function withProgram(t: TestContext, args: string, files = aliceFiles): Promise<Sandbox> {
  const sandbox = await openSandbox(t, {
    files: { ...files, 'code.mjs': totpProgram, 'pin.mjs': asksPin },
    keychain: 'none',
    secretsIn: ['.aws/credentials', 'code.mjs'],
  })
  sandbox.home.write('.aws/config', `${sandbox.home.read('.aws/config')}${args.replaceAll('HOME', sandbox.home.path)}`)
  return sandbox
}

const enrolled = `
[profile mfa]
mfa_serial = ${alice.serialNumber}
awsmfa_source_profile = default
`
const outcomes = ({ sts }: Sandbox) => sts.log.map(({ outcome }) => outcome)

describe('codes from a command', { concurrency: 4 }, () => {
  it('are enough for refresh from cron, without a keychain', async (t) => {
    const sandbox = await withProgram(t, `${enrolled}mfa_process = '${process.execPath}' HOME/code.mjs --quiet\n`)
    const run = await sandbox.run(['refresh', '--quiet'])
    assert.deepEqual([run.code, run.stdout, run.stderr], [0, '', ''])
    assert.deepEqual(outcomes(sandbox), ['ok'])
    assert.match(sandbox.home.read('.aws/credentials') ?? '', /\[mfa\]\naws_access_key_id = ASIA/)
  })

  it('are proved when they are enrolled, and asked for by `awsmfa code`', async (t) => {
    const sandbox = await withProgram(t, '')
    const command = `${process.execPath} ${sandbox.home.path}/code.mjs`
    const serial = ['--serial-number', alice.serialNumber]
    const run = await sandbox.run(['enroll', ...serial, '--mfa-process', command])
    assert.equal(run.code, 0, run.stderr)
    assert.ok(sandbox.home.read('.aws/config')?.includes(`\nmfa_process = ${command}\n`))
    assert.deepEqual(outcomes(sandbox), ['ok'])
    const { stdout } = await sandbox.run(['status'])
    assert.match(stdout, /codes {9}from a command/)
  })

  it('that fail are no code sent, and the reason is told', async (t) => {
    const sandbox = await withProgram(t, `${enrolled}mfa_process = ls /is/not/there\n`)
    const before = sandbox.state()
    assertRefused(await sandbox.run(['refresh']), 3, /ls failed \(exit code 2\): .*\/is\/not\/there/)
    assert.deepEqual(sandbox.state(), before)
  })

  it('may need a PIN, which the program asks for at the terminal', { skip: absent('python3') }, async (t) => {
    const sandbox = await withProgram(t, `${enrolled}mfa_process = ${process.execPath} HOME/pin.mjs\n`)
    const pty = await sandbox.terminal(['refresh'])
    await pty.waitFor('PIN of the key: ')
    pty.type('4711\r')
    await pty.waitFor('profile mfa is good until')
    assert.equal((await pty.end()).code, 0)
    assert.deepEqual(outcomes(sandbox), ['ok'])
  })
})

describe('a seed in an encrypted file', { concurrency: 4 }, () => {
  const seedFile = /^\.local\/share\/awsmfa\/seeds\/.*\.age$/
  const identity = 'keys/identity.txt'

  async function withSeedFile(t: TestContext): Promise<Sandbox> {
    const sandbox = await openSandbox(t, { keychain: 'none', secretsIn: ['.aws/credentials', identity] })
    await sandbox.enroll('--seed-store', 'file', '--new-identity', identity)
    const key = /AGE-SECRET-KEY-\S+/.exec(sandbox.home.read(identity) ?? '')?.[0]
    sandbox.secrets.add('identity', key ?? assert.fail('no identity was made'))
    return sandbox
  }

  it('serves refresh from cron, without a keychain, and is in no other file', async (t) => {
    const sandbox = await withSeedFile(t)
    const run = await sandbox.run(['refresh', '--force', '--quiet'])
    assert.deepEqual([run.code, run.stdout, run.stderr], [0, '', ''])
    assert.deepEqual(outcomes(sandbox), ['ok', 'ok'])
    assert.ok(sandbox.home.read('.aws/config')?.endsWith(`awsmfa_seed_identity = ${sandbox.home.path}/${identity}\n`))
    const [name, another] = Object.keys(sandbox.home.snapshot()).filter((each) => seedFile.test(each))
    assert.ok(name !== undefined && another === undefined)
    assert.deepEqual([sandbox.home.mode(name), sandbox.home.mode(identity)], ['600', '600'])
    assert.match((await sandbox.run(['status'])).stdout, /codes {9}from an encrypted file/)
  })

  it('locks awsmfa out when its key is gone or open to others, or when it was touched', async (t) => {
    const sandbox = await withSeedFile(t)
    const { home } = sandbox
    const name = Object.keys(home.snapshot()).find((each) => seedFile.test(each)) ?? assert.fail('no seed file')
    const [key = '', sealed = ''] = [home.read(identity), home.read(name)]
    const refused = async (message: RegExp) => {
      const before = sandbox.state()
      assertRefused(await sandbox.run(['refresh', '--force']), 3, message)
      assert.deepEqual(sandbox.state(), before)
    }
    home.write(identity, key, 0o644)
    await refused(/identity\.txt is open to others \(mode 0644\)/)
    home.write(identity, key, 0o600)
    home.write(name, `${sealed.slice(0, -1)}x`)
    await refused(/\.age was changed or damaged/)
    home.write(name, sealed.slice(0, 50))
    await refused(/\.age is cut off/)
    home.remove(name)
    await refused(/there is no seed file .*\.age/)
    home.write(name, sealed)
    home.remove(identity)
    await refused(/there is no identity file .*identity\.txt/)
  })

  it('is forgotten with unenroll, and the identity stays with the person', async (t) => {
    const sandbox = await withSeedFile(t)
    const run = await sandbox.run(['unenroll', '--purge'])
    assert.equal(run.code, 0, run.stderr)
    const left = Object.keys(sandbox.home.snapshot())
    assert.ok(!left.some((each) => seedFile.test(each)))
    assert.ok(left.includes(identity))
    assert.equal(sandbox.home.read('.aws/config'), aliceFiles['.aws/config'])
  })

  it('opens with a passphrase that a command prints, and that is in no argv of ours', async (t) => {
    const sandbox = await openSandbox(t, {
      files: { ...aliceFiles, pass: 'correct-horse-battery-staple\n' },
      keychain: 'none',
      secretsIn: ['.aws/credentials', 'pass'],
    })
    sandbox.secrets.add('passphrase', 'correct-horse-battery-staple')
    await sandbox.enroll('--seed-store', 'file', '--passphrase-command', `cat '${sandbox.home.path}/pass'`)
    assert.deepEqual(outcomes(sandbox), ['ok'])
  })

  it('is not made without a key, nor with one that is badly kept', async (t) => {
    const sandbox = await openSandbox(t, { files: { ...aliceFiles, pass: 'x\n' }, keychain: 'none' })
    sandbox.home.write('pass', 'x\n', 0o640)
    const enroll = ['enroll', '--serial-number', alice.serialNumber, '--seed-store', 'file']
    const before = sandbox.state()
    const input = `${alice.seed}\n`
    assertRefused(await sandbox.run(enroll, { input }), 2, /--seed-store file needs a key/)
    assertRefused(await sandbox.run(['enroll', '--create', '--seed-store', 'file']), 2, /--seed-store file needs a key/)
    const exposed = await sandbox.run([...enroll, '--passphrase-file', 'pass'], { input })
    assertRefused(exposed, 3, /pass is open to others \(mode 0640\)/)
    assertRefused(await sandbox.run([...enroll, '--new-identity', 'pass'], { input }), 2, /pass exists already/)
    assertRefused(await sandbox.run([...enroll, '--new-identity', 'new'], { input: 'no seed: 1\n' }), 2, /not base32/)
    assert.deepEqual(sandbox.state(), before)
  })
})

describe('awsmfa code', { concurrency: 4 }, () => {
  it('prints a code that AWS takes, and no two alike', async (t) => {
    const sandbox = await openSandbox(t, { files: enrolledFiles })
    const first = await sandbox.run(['code'])
    const second = await sandbox.run(['code', '--quiet'])
    for (const run of [first, second]) assert.match(`${run.code} ${run.stdout}${run.stderr}`, /^0 \d{6}\n$/)
    assert.notEqual(first.stdout, second.stdout)
    assert.deepEqual(outcomes(sandbox), [])
    assert.equal((await sandbox.run(['refresh', '--quiet'])).code, 0)
    assert.equal((await sandbox.run([second.stdout.trim(), '--quiet'])).code, 0)
    assert.deepEqual(outcomes(sandbox), ['ok', 'ok'])
  })

  it('says so when there is no clipboard, and when codes are typed', async (t) => {
    const sandbox = await openSandbox(t, { files: enrolledFiles })
    assertRefused(await sandbox.run(['code', '--copy']), 3, /there is no clipboard/)
    sandbox.home.write('.aws/config', `${sandbox.home.read('.aws/config')}awsmfa_seed_store = none\n`)
    assertRefused(await sandbox.run(['code']), 3, /the codes of profile mfa are typed/)
  })
})

describe('awsmfa import', () => {
  it("makes broamski/aws-mfa's files work with a typed code, and changes nothing else", async (t) => {
    const keys = (aliceFiles['.aws/credentials'] ?? '').replace('[default]\n', '')
    const credentials = `# kept\n[x-long-term]\n${keys}aws_mfa_device = ${alice.serialNumber}\n`
    const sandbox = await openSandbox(t, { files: { '.aws/credentials': credentials } })
    assertRefused(await sandbox.run(['import']), 2, /nobody is there to say yes/)
    assert.equal(sandbox.home.read('.aws/config'), undefined)
    const run = await sandbox.run(['import', '--yes'])
    assert.equal(run.code, 0, run.stderr)
    const typed = await sandbox.run(['--mfa-profile-name', 'x', sandbox.sts.code(alice.serialNumber)])
    assert.equal(typed.code, 0, typed.stderr)
    assert.ok(sandbox.home.read('.aws/credentials')?.startsWith(credentials))
    const again = await sandbox.run(['import', '--yes'])
    assert.match(`${again.code} ${again.stderr}`, /^0 awsmfa: found nothing of another tool/)
  })

  it('finds nothing in a home without AWS files', async (t) => {
    const sandbox = await openSandbox(t, { files: {} })
    const run = await sandbox.run(['import'])
    assert.match(`${run.code} ${run.stderr}`, /^0 awsmfa: found nothing/)
    assert.deepEqual(sandbox.home.snapshot(), {})
  })
})
