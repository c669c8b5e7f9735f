import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { Failure } from '../../src/errors.js'
import { makeHookStamp } from '../../src/world/hook.js'
import { tempFolder } from '../support/tempFolder.js'

const due = new Date('2026-11-22T16:00:00Z')

suite('hook stamp', () => {
  test('holds the text, has its due time as its own, and frees the claim', async (t) => {
    const folder = tempFolder(t)
    writeFileSync(join(folder, 'hook.claim'), '')
    await makeHookStamp(folder).write('1\n\n', due)
    const path = join(folder, 'stamp')
    assert.deepEqual(readdirSync(folder), ['stamp'])
    assert.equal(readFileSync(path, 'utf8'), '1\n\n')
    assert.deepEqual([statSync(path).mtime, statSync(path).mode & 0o777], [due, 0o600])
  })

  test('gets its time back when only that was lost', async (t) => {
    const folder = tempFolder(t)
    await makeHookStamp(folder).write('1\n\n', due)
    utimesSync(join(folder, 'stamp'), 0, 0)
    await makeHookStamp(folder).write('1\n\n', due)
    assert.deepEqual(statSync(join(folder, 'stamp')).mtime, due)
  })

  test('is left alone when it says the same, and refused all the same when others may write it', async (t) => {
    const folder = tempFolder(t)
    const path = join(folder, 'stamp')
    await makeHookStamp(folder).write('1\n\n', due)
    const { ino } = statSync(path)
    await makeHookStamp(folder).write('1\n\n', due)
    assert.equal(statSync(path).ino, ino)
    await makeHookStamp(folder).write('2\n\n', due)
    assert.notEqual(statSync(path).ino, ino)
    chmodSync(path, 0o666)
    await assert.rejects(makeHookStamp(folder).write('2\n\n', due), /can be written by others/)
  })

  test('is not made where awsmfa has kept nothing', async (t) => {
    const folder = join(tempFolder(t), 'state')
    await makeHookStamp(folder).write('1\n\n', due)
    assert.equal(existsSync(folder), false)
  })

  test('says what is in the way', async (t) => {
    const folder = tempFolder(t)
    mkdirSync(join(folder, 'stamp'))
    await assert.rejects(makeHookStamp(folder).write('1\n\n', due), (error) => {
      return error instanceof Failure && error.kind === 'act' && /stamp is not a regular file/.test(error.message)
    })
  })
})
