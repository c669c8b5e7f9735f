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
    ['a locked item in a locked keyring', 'busctl', 'aoao 0 2 "/b/2" "/b/3"', 'b true', 'locked'],
    ['a locked item in an open keyring, as with KeePassXC', 'busctl', 'aoao 0 1 "/b/2"', 'b false', 'asks'],
    ['a locked item in a locked keyring', 'gdbus', "(@ao [], [objectpath '/b/2'])", '(<true>,)', 'locked'],
    [
      'a locked item in an open keyring, as with KeePassXC',
      'gdbus',
      "(@ao [], [objectpath '/b/2'])",
      '(<false>,)',
      'asks',
    ],
    ['no item in an open keyring', 'busctl', 'aoao 0 0', 'b false', 'empty'],
    ['no item in an open keyring', 'gdbus', '(@ao [], @ao [])', '(<false>,)', 'empty'],
    ['no item to be seen before KWallet is unlocked', 'busctl', 'aoao 0 0', 'b true', 'locked'],
    ['an answer that nobody foresaw', 'busctl', 'hello', 'b false', 'unknown'],
  ]
  for (const [what, name, search, locked, expected] of answers) {
    it(`is ${expected} for ${what} (${name})`, async () => {
      tool(name, `echo ${quoted(search)}`, `echo ${quoted(locked)}`)
      assert.equal(await state(), expected)
    })
  }

  it("is asked of the item's own keyring, not of the default one", async () => {
    const collection = '/org/freedesktop/secrets/collection/db'
    tool(
      'busctl',
      `echo 'aoao 0 1 "${collection}/1f"'`,
      `case "$*" in *" ${collection} "*) echo b false ;; *) echo b true ;; esac`,
    )
    assert.equal(await state(), 'asks')
  })

  it('is unknown without any tool, and when the tool fails for a reason of its own', async () => {
    assert.equal(await state(), 'unknown')
    tool('busctl', 'echo odd >&2; exit 1', '')
    assert.equal(await state(), 'unknown')
  })
})
