import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { aliceFiles, assertRefused, openSandbox, type Sandbox } from '../support/sandbox.js'
import { alice } from '../support/strictSts.js'
import { until } from '../support/until.js'

/** Every run here is searched for secrets: in its output, its processes and all files but those that may hold them. */
describe('a day in the life of a long-term key', { concurrency: 2 }, () => {
  it('is moved, rotated with a kill in between, undone and restored, and works all the time', async (t) => {
    const sandbox = await openSandbox(t)
    const { sts, home } = sandbox
    for (const action of ['ListAccessKeys', 'CreateAccessKey', 'UpdateAccessKey', 'DeleteAccessKey']) {
      sts.iam.deniedWithoutMfa.add(action)
    }
    await sandbox.enroll()
    const before = home.read('.aws/credentials') ?? ''
    const config = home.read('.aws/config')
    const keychain = () => home.read('.throw-away-keychain.json') ?? ''
    const inFile = () => home.read('.aws/credentials') ?? ''

    await good(sandbox, 'keys', 'move')
    assert.doesNotMatch(inFile(), new RegExp(`AKIA|${alice.secretAccessKey}`))
    assert.ok(keychain().includes(alice.secretAccessKey))

    const rotation = sandbox.start(['keys', 'rotate', '--no-input'])
    await until('the new key', () => sts.log.some(({ action }) => action === 'CreateAccessKey'))
    rotation.kill('SIGKILL')
    await rotation.ended
    await good(sandbox, 'doctor')
    const { stderr } = await good(sandbox, 'keys', 'rotate', '--no-input')
    assert.match(stderr, /the old key …MPLE is inactive/)
    assert.deepEqual(active(sandbox), [false, true])
    assert.doesNotMatch(inFile(), /AKIA/)
    await good(sandbox, 'refresh')

    await good(sandbox, 'keys', 'rotate', '--undo', '--no-input', '--quiet')
    assert.deepEqual(active(sandbox), [true])
    assert.equal(sts.iam.keys[0]?.accessKeyId, alice.accessKeyId)
    await good(sandbox, 'keys', 'restore')
    assert.equal(withoutSession(inFile()), withoutSession(before))
    assert.equal(home.read('.aws/config'), config)
    assert.doesNotMatch(keychain(), /key:/)
    const codes = sts.log.flatMap(({ params }) => params.TokenCode ?? [])
    assert.equal(new Set(codes).size, codes.length, 'a code was sent twice')
  })

  it('is shown, with nothing secret in it, and refused in words where it cannot be moved', async (t) => {
    const sandbox = await openSandbox(t, {
      files: { ...aliceFiles, 'id.txt': 'not an identity\n' },
      secretsIn: ['.aws/credentials'],
    })
    await sandbox.enroll()
    const { stdout } = await good(sandbox, 'keys', 'status', '--json')
    const { keys } = JSON.parse(stdout)
    assert.deepEqual([keys[0].keyEnd, keys[0].keys, keys[0].sourceProfile], ['MPLE', 1, 'default'])
    const before = sandbox.state()
    assertRefused(await sandbox.run(['keys', 'restore']), 2, /was not moved/)
    assertRefused(await sandbox.run(['keys', 'rotate', '--undo']), 2, /no rotation of source profile default/)
    const file = ['keys', 'move', '--seed-store', 'file', '--identity', `${sandbox.home.path}/id.txt`]
    assertRefused(await sandbox.run(file), 3, /id\.txt/)
    const { requests, ...after } = sandbox.state()
    const { requests: _, ...was } = before
    assert.ok(requests > 0)
    assert.deepEqual(after, was)
  })
})

async function good(sandbox: Sandbox, ...args: readonly string[]) {
  const run = await sandbox.run(args)
  assert.equal(run.code, 0, `${args.join(' ')}: ${run.stderr}`)
  return run
}

const active = ({ sts }: Sandbox) => sts.iam.keys.map((key) => key.active)
const withoutSession = (text: string) => text.replace(/\n?\[mfa\]\n(?:.+\n)+/, '')
