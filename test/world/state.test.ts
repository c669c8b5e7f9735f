import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { makeState } from '../../src/world/state.js'
import { asOrdinaryUser, isRoot } from '../support/ordinaryUser.js'
import { tempFolder } from '../support/tempFolder.js'

const posix = process.platform !== 'win32'
const stateModule = new URL('../../src/world/state.js', import.meta.url).href

/** The folder as a new process with this environment finds it: env-paths looks when it is loaded. */
function folderWith(env: Record<string, string>): string {
  const program = `process.stdout.write((await import(${JSON.stringify(stateModule)})).stateFolder())`
  return execFileSync(process.execPath, ['--input-type=module', '-e', program], { env, encoding: 'utf8' })
}

describe('the state folder', { skip: !posix && 'Windows has no HOME' }, () => {
  const usual = process.platform === 'darwin' ? 'Library/Application Support/awsmfa' : '.local/state/awsmfa'

  it('is where the platform keeps the state of programs', () => {
    assert.equal(folderWith({ HOME: '/home/ada' }), `/home/ada/${usual}`)
    const named = folderWith({ HOME: '/home/ada', XDG_STATE_HOME: '/var/ada' })
    assert.equal(named, process.platform === 'darwin' ? `/home/ada/${usual}` : '/var/ada/awsmfa')
  })

  it('is never relative, for cron and a shell must find the same', () => {
    assert.equal(folderWith({ HOME: '/home/ada', XDG_STATE_HOME: 'relative' }), `/home/ada/${usual}`)
    assert.equal(folderWith({}), join(userInfo().homedir, usual))
    assert.equal(folderWith({ HOME: '' }), join(userInfo().homedir, usual))
  })
})

describe('the state', () => {
  it('reads undefined before anything is written, and makes no folder for it', async (t) => {
    const top = tempFolder(t)
    assert.equal(await makeState(join(top, 'awsmfa')).read('ledger.json'), undefined)
    assert.deepEqual(readdirSync(top), [])
  })

  it('reads back what was written, in files and a folder for the owner only', async (t) => {
    const folder = join(tempFolder(t), 'state', 'awsmfa')
    const state = makeState(folder)
    await state.edit('outcomes.json', (text) => `${text}{"profile":"日本語 é"}`)
    await state.edit('outcomes.json', (text) => `${text}\n`)
    assert.equal(await state.read('outcomes.json'), '{"profile":"日本語 é"}\n')
    assert.equal(await state.read('ledger.json'), undefined)
    assert.equal(state.folder, folder)
    assert.deepEqual(readdirSync(folder), ['outcomes.json'])
    if (!posix) return
    assert.equal(statSync(folder).mode & 0o777, 0o700)
    assert.equal(statSync(join(folder, 'outcomes.json')).mode & 0o777, 0o600)
  })

  it('forgets a file that is removed, also one that is not there', async (t) => {
    const folder = join(tempFolder(t), 'awsmfa')
    const state = makeState(folder)
    await state.remove('schedule.json')
    await state.edit('schedule.json', () => '{}')
    await state.edit('runs.json', () => '{}')
    await state.remove('schedule.json')
    await state.remove('schedule.json')
    assert.deepEqual(readdirSync(folder), ['runs.json'])
  })

  it('says what is in the way when it cannot be written', { skip: !posix }, async (t) => {
    const top = tempFolder(t)
    const edit = (folder: string) => makeState(folder).edit('ledger.json', () => '{}')
    writeFileSync(join(top, 'file'), 'text')
    await assert.rejects(edit(join(top, 'file')), { kind: 'act', message: /cannot make .*file: file already exists/ })
    mkdirSync(join(top, 'of root'))
    await asOrdinaryUser(top, async () => {
      mkdirSync(join(top, 'read-only'))
      chmodSync(join(top, 'read-only'), 0o500)
      await assert.rejects(edit(join(top, 'read-only')), { kind: 'act', message: /ledger\.json: permission denied/ })
      await assert.rejects(edit(join(top, 'read-only', 'sub')), {
        kind: 'act',
        message: /cannot make .*permission denied/,
      })
      if (isRoot) await assert.rejects(edit(join(top, 'of root')), { kind: 'act', message: /belongs to another user/ })
    })
    assert.equal(readFileSync(join(top, 'file'), 'utf8'), 'text')
  })
})
