import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { absent } from '../support/parts.js'
import { openSandbox, type Sandbox } from '../support/sandbox.js'
import { alice, type Fault } from '../support/strictSts.js'
import { until } from '../support/until.js'

/** A user without a device; STS hears of a new one after a second, the program waits 15 all the same. */
const sts = { users: [{ arn: alice.arn, keys: [alice], devices: [] }], propagationMs: 1_000 }
const create = ['enroll', '--create', '--device-name', 'awsmfa-test']
const made = 'arn:aws:iam::123456789012:mfa/awsmfa-test'

/** All is well, with the stand-in, the keychain and the files as judges. */
function expectEnrolled(sandbox: Sandbox): void {
  const [device, another] = sandbox.sts.iam.devices
  assert.equal(another, undefined)
  assert.deepEqual([device?.serialNumber, device?.owner], [made, alice.arn])
  // A step may end between computing the codes and AWS's looking at them; a clock that was baked in is further off.
  assert.ok(Math.abs(device?.device?.driftSteps ?? Number.NaN) <= 1, `${device?.device?.driftSteps} steps of drift`)
  assert.equal(sandbox.seed(made), device?.seed)
  assert.equal(Object.keys(JSON.parse(sandbox.home.read('.throw-away-keychain.json') ?? '{}')).length, 1)
  assert.match(sandbox.home.read('.aws/config') ?? '', new RegExp(`awsmfa_created_device = ${made}\n`))
  assert.match(sandbox.home.read('.aws/credentials') ?? '', /\[mfa\]\naws_access_key_id = ASIA/)
  assert.equal(sandbox.home.read('.local/state/awsmfa/creation.json'), '{}\n')
}

describe('enroll --create', { concurrency: 4 }, () => {
  it('makes a device, which refresh uses and unenroll --delete-device deletes', async (t) => {
    const sandbox = await openSandbox(t, { sts })
    const run = await sandbox.run(create)
    assert.equal(run.code, 0, run.stderr)
    assert.match(run.stderr, /awsmfa: the MFA device .*mfa\/awsmfa-test is made and enabled for alice\n/)
    assert.match(run.stderr, /awsmfa: profile mfa is enrolled and good until/)
    expectEnrolled(sandbox)

    sandbox.sts.clockOffsetMs += 60_000
    assert.equal((await sandbox.run(['refresh', '--force'])).code, 0)
    assert.match(sandbox.home.read('.aws/config') ?? '', /awsmfa_created_device/)
    assert.equal((await sandbox.run(create)).code, 2)

    const end = await sandbox.run(['unenroll', '--delete-device', '--purge'])
    assert.equal(end.code, 0, end.stderr)
    assert.deepEqual(sandbox.sts.iam.devices, [])
    assert.equal(sandbox.seed(made), undefined)
    assert.doesNotMatch(sandbox.home.read('.aws/config') ?? '', /mfa/)
  })

  it('asks for a code of the phone on a terminal, and draws the QR code for a copy', {
    skip: absent('python3'),
  }, async (t) => {
    const phone = { serialNumber: alice.serialNumber, seed: alice.seed }
    const sandbox = await openSandbox(t, {
      sts: { ...sts, users: [{ arn: alice.arn, keys: [alice], devices: [phone] }] },
    })
    const code = sandbox.sts.code()
    const terminal = await sandbox.terminal([...create, '--show-qr'], { echoes: [code] })
    await terminal.waitFor(`code of ${alice.serialNumber}:`)
    terminal.type(`${code}\r`)
    await terminal.waitFor('[y/N]')
    terminal.type('y\r')
    const end = await terminal.end()
    assert.equal(end.code, 0, end.output)
    assert.match(end.output, /AWS takes some seconds to make the new device known: 15 s/)
    assert.match(end.output, /warning: whoever sees .*QR code[\s\S]*▀/)
    assert.equal(sandbox.seed(made), sandbox.sts.iam.devices.find((device) => device.serialNumber === made)?.seed)
  })

  const calls = ['GetCallerIdentity', 'ListMFADevices', 'CreateVirtualMFADevice', 'EnableMFADevice', 'GetSessionToken']
  const killed: [string, Fault][] = [
    ...calls.map((call): [string, Fault] => [call, 'after-hang']),
    ...calls.slice(2).map((call): [string, Fault] => [call, 'hang']),
  ]
  for (const [call, fault] of killed) {
    const moment = fault === 'hang' ? 'before AWS has seen' : 'after AWS has done'
    it(`killed ${moment} ${call} is ended well by the next run, with no orphan`, async (t) => {
      const sandbox = await openSandbox(t, { sts })
      const before = calls.indexOf(call)
      if (before > 0) sandbox.sts.fault('none', before)
      sandbox.sts.fault(fault)
      const first = sandbox.start(create)
      await until(`${call} to arrive`, () => sandbox.sts.log.length > before)
      assert.equal(sandbox.sts.log[before]?.action, call)
      first.kill('SIGKILL')
      assert.equal((await first.ended).signal, 'SIGKILL')

      // A minute later by AWS's clock: else the codes of the moment are used, and the next run waits for others.
      sandbox.sts.clockOffsetMs += 60_000
      const next = await sandbox.run(create)
      assert.equal(next.code, 0, next.stderr)
      expectEnrolled(sandbox)
    })
  }

  const inFile = [...create, '--seed-store', 'file', '--new-identity', 'keys/id.txt']
  const filesOf = ({ home }: Sandbox) => Object.keys(home.snapshot()).filter((name) => /\.age$|^keys\//.test(name))

  it('keeps the seed in a file where there is no keychain, also when it was ended half way', async (t) => {
    const sandbox = await openSandbox(t, { sts, keychain: 'none', secretsIn: ['.aws/credentials', 'keys/id.txt'] })
    sandbox.sts.fault('none', 3)
    sandbox.sts.fault('after-hang')
    const first = sandbox.start(inFile)
    await until('EnableMFADevice to arrive', () => sandbox.sts.log.length > 3)
    // Unlike SIGKILL it lets awsmfa tidy up, which must spare the key to the seed of a device that the user may have.
    first.kill('SIGTERM')
    assert.match((await first.ended).stderr, /a device may be begun: run the same command again/)
    const files = filesOf(sandbox)
    assert.equal(files.length, 2, files.join())

    sandbox.sts.clockOffsetMs += 60_000
    const next = await sandbox.run(inFile)
    assert.equal(next.code, 0, next.stderr)
    assert.match(next.stderr, /awsmfa: the seed is in the file .*\.age; whoever can read that and its key/)
    assert.deepEqual(filesOf(sandbox), files)
    assert.deepEqual(
      sandbox.sts.iam.devices.map(({ serialNumber, owner }) => [serialNumber, owner]),
      [[made, alice.arn]],
    )

    sandbox.sts.clockOffsetMs += 60_000
    assert.equal((await sandbox.run(['refresh', '--force'])).code, 0)
    const end = await sandbox.run(['unenroll', '--delete-device', '--purge'])
    assert.equal(end.code, 0, end.stderr)
    assert.deepEqual(sandbox.sts.iam.devices, [])
    assert.deepEqual(filesOf(sandbox), ['keys/id.txt'])
  })

  it('makes nothing at AWS when there is no place for the seed', async (t) => {
    const sandbox = await openSandbox(t, { sts, keychain: 'none' })
    sandbox.home.write('.local/share/awsmfa', 'a file where a folder should be')
    for (const [args, message] of [
      [create, /hint: on a machine without a keychain: add --seed-store file --new-identity FILE/],
      [inFile, /seeds/],
    ] as const) {
      const run = await sandbox.run(args)
      assert.equal(run.code, 3, run.stderr)
      assert.match(run.stderr, message)
    }
    assert.ok(!sandbox.sts.log.some(({ action }) => action === 'CreateVirtualMFADevice'))
    assert.deepEqual(filesOf(sandbox), [])
  })

  it('denied by a policy leaves nothing, and says which policy would allow it', async (t) => {
    const sandbox = await openSandbox(t, { sts })
    sandbox.sts.iam.denied.add('EnableMFADevice')
    const run = await sandbox.run(create)
    assert.equal(run.code, 3)
    assert.match(run.stderr, /awsmfa: AWS denied iam:EnableMFADevice/)
    assert.match(run.stderr, /awsmfa: hint: \{"Version":"2012-10-17"/)
    assert.deepEqual(sandbox.sts.iam.devices, [])
    assert.equal(sandbox.seed(made), undefined)
    assert.equal((await sandbox.run(inFile)).code, 3)
    assert.deepEqual([sandbox.sts.iam.devices, filesOf(sandbox)], [[], []])
  })

  it('takes no flag that is for another kind of enrolment, and lends none', async (t) => {
    const sandbox = await openSandbox(t, { sts })
    for (const args of [
      [...create, '--hardware-token'],
      [...create, '--mfa-process', 'pass otp aws'],
      ['enroll', '--code', '123456'],
      ['enroll', '--device-name', 'x'],
    ]) {
      const run = await sandbox.run(args)
      assert.equal(run.code, 2, run.stderr)
    }
    assert.equal(sandbox.sts.log.length, 0)
  })
})
