import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startCli } from '../support/runCli.js'
import { openSandbox } from '../support/sandbox.js'
import { alice } from '../support/strictSts.js'

// Every run of every other file here is searched for leaked secrets; these plant some, so that the search is known to find.
describe('the search for leaked secrets', { concurrency: 4 }, () => {
  it('finds a seed in a file outside the keychain, however it is written', async (t) => {
    const sandbox = await openSandbox(t)
    sandbox.home.write('notes.txt', `my seed: ${alice.seed.toLowerCase()}\n`)
    await assert.rejects(sandbox.run(['status']), /seed in file notes\.txt/)
  })

  it('finds the long-term secret in argv and in the environment of a process below the program', async (t) => {
    const sandbox = await openSandbox(t)
    const inner = ['-e', 'setTimeout(() => {}, 500)', alice.secretAccessKey]
    const outer = `require('node:child_process').spawnSync(process.execPath, ${JSON.stringify(inner)}, { env: { SEED: '${alice.seed}' } })`
    const { processes } = await startCli([process.execPath, '-e', outer], { env: {}, cwd: '/' }).ended
    const finds = sandbox.secrets.finds({ output: {}, processes, files: {} }, [outer], [])
    // A process that is just being started has no name yet, and may be found under both.
    const places = new Set(finds.map((find) => find.replace(/ of .*/, '')))
    assert.deepEqual([...places].sort(), ['long-term secret in argv', 'seed in environment'])
  })

  it('finds a piece of a session token, a code and a seed that was piped, and nothing in plain talk', async (t) => {
    const sandbox = await openSandbox(t)
    await sandbox.enroll()
    const { secrets, home, sts } = sandbox
    const token = /aws_session_token = (\S+)/.exec(home.read('.aws/credentials') ?? '')?.[1] ?? ''
    assert.ok(token.length > 300, token)
    assert.deepEqual(secrets.in(`token ${token.slice(100, 116)}`), ['session secret'])
    assert.deepEqual(secrets.in(`sent ${sts.log[0]?.params.TokenCode}`), ['code'])
    secrets.addInput('otpauth://totp/AWS:alice?secret=KVKFKRCPNZQUYMLXOVYDSQKJKZDTSRLD&period=30\n')
    secrets.addInput('abcd efgh ijkl 0189')
    assert.deepEqual(secrets.in('KVKFKRCPNZQUYM…'), ['seed given'])
    assert.deepEqual(secrets.in("'ABCDEFGHIJ' is not base32"), ['seed given'])
    assert.deepEqual(secrets.in('profile mfa is good until 2026-11-22 08:00:00 (12 h), otpauth link, 1234567'), [])
  })
})
