import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { makeState } from '../../src/world/state.js'
import { asOrdinaryUser, isRoot } from '../support/ordinaryUser.js'
import { tempFolder } from '../support/tempFolder.js'

const posix = process.platform !== 'win32'
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
    await assert.rejects(edit(join(top, 'file')), {
      kind: 'act',
      message: /^cannot make or write the state folder .*file: file already exists/,
    })
    mkdirSync(join(top, 'of root'))
    await asOrdinaryUser(top, async () => {
      mkdirSync(join(top, 'read-only'))
      chmodSync(join(top, 'read-only'), 0o500)
      await assert.rejects(edit(join(top, 'read-only')), { kind: 'act', message: /permission denied \(EACCES\)$/ })
      await assert.rejects(edit(join(top, 'read-only', 'sub')), {
        kind: 'act',
        message: /^cannot make or write the state folder .*sub: permission denied \(EACCES\)$/,
        ...(process.platform === 'linux' ? { hints: ['set XDG_STATE_HOME to a folder that you can write'] } : {}),
      })
      if (isRoot) await assert.rejects(edit(join(top, 'of root')), { kind: 'act', message: /belongs to another user/ })
    })
    assert.equal(readFileSync(join(top, 'file'), 'utf8'), 'text')
  })

  it('takes a file larger than any of its own for none, and replaces it', async (t) => {
    const folder = tempFolder(t)
    const state = makeState(folder)
    writeFileSync(join(folder, 'clock.json'), '{}')
    truncateSync(join(folder, 'clock.json'), 1 << 30)
    assert.equal(await state.read('clock.json'), undefined)
    const seen: string[] = []
    await state.edit('clock.json', (text) => {
      seen.push(text)
      return '{}'
    })
    assert.deepEqual(seen, [''])
    assert.equal(readFileSync(join(folder, 'clock.json'), 'utf8'), '{}')
  })

  it('can be used by the next run whatever the umask was', { skip: !posix }, async (t) => {
    const top = tempFolder(t)
    if (isRoot) chmodSync(top, 0o755)
    await asOrdinaryUser(top, async () => {
      for (const umask of [0o277, 0o377, 0o477, 0o777]) {
        const folder = join(top, umask.toString(8), 'state', 'awsmfa')
        const usual = process.umask(umask)
        try {
          await makeState(folder).edit('ledger.json', () => '{}')
        } finally {
          process.umask(usual)
        }
        await makeState(folder).edit('ledger.json', (text) => `${text}\n`)
        assert.equal(await makeState(folder).read('ledger.json'), '{}\n')
        for (const each of ['', 'state', 'state/awsmfa']) {
          assert.equal(statSync(join(top, umask.toString(8), each)).mode & 0o777, 0o700, each)
        }
      }
    })
  })
})
