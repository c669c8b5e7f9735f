import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { absent } from '../support/parts.js'
import { openSandbox } from '../support/sandbox.js'

/** What a terminal shows, with its colours spelled out. */
const spelled = (output: string) => output.replaceAll('\x1b', 'ESC')

describe('colour', { skip: absent('python3', 'bash'), concurrency: 2 }, () => {
  test('is on words of ours on a terminal, not with NO_COLOR, and in JSON never', async (t) => {
    const sandbox = await openSandbox(t)
    await sandbox.enroll()
    const show = async (args: string[], env: Record<string, string>) => {
      const terminal = await sandbox.terminal(args, { env })
      return spelled((await terminal.end()).output)
    }
    assert.match(await show(['status'], { NO_COLOR: '' }), /^profile mfa: ESC\[32m\[#+\] .* left.*ESC\[39m\r\n/)
    assert.ok((await show(['doctor'], { NO_COLOR: '' })).includes('  ESC[32mokESC[39m    '))
    for (const env of [{ NO_COLOR: '1' }, { NO_COLOR: '', TERM: 'dumb' }]) {
      assert.ok(!(await show(['status'], env)).includes('ESC'), JSON.stringify(env))
    }
    assert.ok(!(await show(['status', '--json'], { NO_COLOR: '', FORCE_COLOR: '1' })).includes('ESC'))
  })

  test('is not in a pipe, which it is by wish only, and an error is coloured where it is read', async (t) => {
    const sandbox = await openSandbox(t)
    const piped = await sandbox.run(['refrsh'])
    assert.ok(!spelled(piped.stdout + piped.stderr).includes('ESC'))
    const wished = await sandbox.run(['refrsh'], { env: { FORCE_COLOR: '1' } })
    const red = "ESC[31mawsmfa:ESC[39m unknown command 'refrsh'"
    assert.ok(spelled(wished.stderr).startsWith(`${red}\nawsmfa: ESC[36mhint:ESC[39m did you mean`), wished.stderr)
    const terminal = await sandbox.terminal(['refrsh'], { env: { NO_COLOR: '' } })
    assert.ok(spelled((await terminal.end()).output).startsWith(red))
  })
})
