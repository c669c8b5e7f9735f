import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { absent } from '../support/parts.js'
import { aliceFiles, assertRefused, enrolledFiles, makeSandbox, openSandbox, type Sandbox } from '../support/sandbox.js'
import { type SecretService, secretServiceParts, startSecretService } from '../support/secretService.js'
import { alice } from '../support/strictSts.js'

const { '.throw-away-keychain.json': _, ...enrolled } = enrolledFiles

/** The steps build on one another: one GNOME Keyring lives through all of them. */
describe('with a real Secret Service, from an environment like that of cron', {
  skip: absent(...secretServiceParts),
}, () => {
  let service: SecretService
  let sandbox: Sandbox
  before(async () => {
    service = await startSecretService()
    sandbox = await makeSandbox({ keychain: service })
  })
  after(async () => {
    await sandbox.close()
    await service.stop()
  })
  /** Runs refresh in a home of its own, so that no step has to wait for unused codes. */
  const refreshElsewhere = async (t: Parameters<typeof openSandbox>[0], args: readonly string[], message: RegExp) => {
    const other = await openSandbox(t, { keychain: service, files: enrolled })
    const run = await other.run(args)
    // Else the look into the keychain below would wait for a frozen one too.
    service.thaw()
    assertRefused(run, 3, message)
    const { files, spentSteps, requests } = other.state()
    assert.deepEqual([spentSteps, requests], [[], 0], 'no code is spent')
    assert.equal(files['.aws/credentials'], `file 600\n${aliceFiles['.aws/credentials']}`)
    return run
  }

  it('is told of the bus by the runtime folder alone, as a derived address', () => {
    assert.deepEqual(Object.keys(sandbox.env).sort(), [
      ...[
        'AWS_ENDPOINT_URL_IAM',
        'AWS_ENDPOINT_URL_SIGNIN',
        'AWS_ENDPOINT_URL_STS',
        'HOME',
        'LOGNAME',
        'PATH',
        'SHELL',
        'TMPDIR',
        'XDG_RUNTIME_DIR',
      ],
    ])
  })

  it('enrols, and other programs find the item', async () => {
    await sandbox.enroll()
    assert.equal(service.lookup(alice.serialNumber), alice.seed)
    assert.deepEqual(
      Object.keys(sandbox.home.snapshot()).filter((name) => name.startsWith('.local/share')),
      [],
      'the keyring is not in this home',
    )
  })

  it('refreshes with no input', async () => {
    assert.match((await sandbox.run(['refresh'])).stderr, /still good for (12 h|11 h \d+ min)/)
    const forced = await sandbox.run(['refresh', '--force'])
    assert.equal(forced.code, 0, forced.stderr)
    assert.equal(sandbox.sts.log.length, 2)
  })

  it('says that the keyring is locked, and spends no code', async (t) => {
    await service.lock()
    await refreshElsewhere(t, ['refresh'], /the keyring is locked, so the seed of .*:mfa\/alice is out of reach/)
  })

  it('does not need the keyring while the session is good, nor for a typed code', async () => {
    assert.equal((await sandbox.run(['refresh'])).code, 0)
    // Two steps ahead, where no computed code has been: AWS still takes it.
    const typed = await sandbox.run([sandbox.sts.code(alice.serialNumber, 2)])
    assert.equal(typed.code, 0, typed.stderr)
  })

  it('never says "removed" while it is locked, and keeps the settings', async () => {
    const settings = sandbox.home.read('.aws/config')
    assertRefused(await sandbox.run(['unenroll', '--purge']), 3, /the keyring is locked/)
    assert.equal(sandbox.home.read('.aws/config'), settings)
    assert.match(sandbox.home.read('.aws/credentials') ?? '', /\n\[mfa\]\n/)
  })

  it('enrols nothing while it is locked', async (t) => {
    const other = await openSandbox(t, { keychain: service })
    const before = other.state()
    const run = await other.run(['enroll', '--serial-number', alice.serialNumber], { input: alice.seed })
    assertRefused(run, 3, /the keyring is locked/)
    assert.deepEqual({ ...other.state(), seed: undefined }, { ...before, seed: undefined })
  })

  it('works again once it is unlocked, and forgets the seed with unenroll', async () => {
    await service.unlock()
    assert.equal(service.lookup(alice.serialNumber), alice.seed)
    const run = await sandbox.run(['unenroll', '--purge'])
    assert.equal(run.code, 0, run.stderr)
    assert.equal(service.lookup(alice.serialNumber), undefined)
    assert.equal(sandbox.home.read('.aws/config'), aliceFiles['.aws/config'])
  })

  it('says that the seed is gone when somebody else removed it', async (t) => {
    await refreshElsewhere(t, ['refresh'], /the keychain holds no seed for/)
  })

  it('takes an item that another program stored, and refuses one that is no seed', async (t) => {
    service.store(alice.serialNumber, 'not a seed at all')
    const run = await refreshElsewhere(t, ['refresh'], /the item of .*:mfa\/alice in the keychain is not a seed/)
    assert.ok(!run.stderr.includes('at all'))
    service.store(alice.serialNumber, alice.seed)
    const other = await openSandbox(t, { keychain: service, files: enrolled })
    assert.equal((await other.run(['refresh'])).code, 0)
  })

  it('gives a frozen keyring up after some seconds', async (t) => {
    service.freeze()
    await refreshElsewhere(t, ['refresh'], /the keychain (does not answer|did not answer)/)
  })

  it('says that there is no keychain when the provider has died', async (t) => {
    await service.kill()
    await refreshElsewhere(t, ['refresh'], /nothing on the session bus offers org\.freedesktop\.secrets/)
  })
})

describe('without any session bus', { concurrency: 4 }, () => {
  it('says how the bus can be found, and spends no code', async (t) => {
    const sandbox = await openSandbox(t, { keychain: 'none', files: enrolled })
    const run = await sandbox.run(['refresh'], { env: { XDG_RUNTIME_DIR: '/nowhere' } })
    assertRefused(run, 3, /no keychain here: DBUS_SESSION_BUS_ADDRESS is not set/)
    assert.match(run.stderr, /XDG_RUNTIME_DIR/)
    assert.match(run.stderr, /enable-linger/)
    assert.deepEqual([sandbox.state().spentSteps, sandbox.sts.log.length], [[], 0])
  })

  it('still takes a typed code', async (t) => {
    const sandbox = await openSandbox(t, { keychain: 'none', files: enrolled })
    const run = await sandbox.run(['refresh', '--code', sandbox.sts.code()])
    assert.equal(run.code, 0, run.stderr)
  })
})
