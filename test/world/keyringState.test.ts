import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { type KeyringState, keyringState } from '../../src/world/keyringState.js'

// With a real Secret Service: keychain.test.ts. Here are the answers that GNOME Keyring with one keyring never gives.
describe('the state of a keyring', { skip: process.platform === 'win32' && 'needs a POSIX shell' }, () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'awsmfa-state-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  function tool(name: string, search: string, locked: string): void {
    const script = `#!/bin/sh\ncase "$*" in *SearchItems*) ${search} ;; *) ${locked} ;; esac\n`
    writeFileSync(join(folder, name), script, { mode: 0o755 })
  }
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
  const state = () => keyringState('account', { PATH: folder }, 60_000)

  const answers: readonly (readonly [string, string, string, string, KeyringState])[] = [
    ['an open item counts, whatever the default keyring is', 'busctl', 'aoao 1 "/a/1" 1 "/b/2"', 'b true', 'open'],
    [
      'an open item counts, whatever the default keyring is',
      'gdbus',
      "([objectpath '/a'], ['/b'])",
      '(<true>,)',
      'open',
    ],
    ['a locked item counts beside an open default keyring', 'busctl', 'aoao 0 2 "/b/2" "/b/3"', 'b false', 'locked'],
    [
      'a locked item counts beside an open default keyring',
      'gdbus',
      "(@ao [], [objectpath '/b'])",
      '(<false>,)',
      'locked',
    ],
    ['no item in an open keyring', 'busctl', 'aoao 0 0', 'b false', 'open'],
    ['no item in an open keyring', 'gdbus', '(@ao [], @ao [])', '(<false>,)', 'open'],
    ['no item to be seen before KWallet is unlocked', 'busctl', 'aoao 0 0', 'b true', 'locked'],
    ['an answer that nobody foresaw', 'busctl', 'hello', 'b false', 'unknown'],
  ]
  for (const [what, name, search, locked, expected] of answers) {
    it(`is ${expected} for ${what} (${name})`, async () => {
      tool(name, `echo ${quoted(search)}`, `echo ${quoted(locked)}`)
      assert.equal(await state(), expected)
    })
  }

  it('is unknown without any tool, and when the tool fails for a reason of its own', async () => {
    assert.equal(await state(), 'unknown')
    tool('busctl', 'echo odd >&2; exit 1', '')
    assert.equal(await state(), 'unknown')
  })
})
