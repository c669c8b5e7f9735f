import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkFiles } from '../../src/doctor/files.js'
import { Failure, ReadOnlyFailure } from '../../src/errors.js'
import type { AwsFile, FileFacts } from '../../src/world.js'
import { fakeWorld } from '../support/fakeWorld.js'

/** The verdict on one file, its text and its cures, when looking at it gives these facts, or fails. */
async function verdict(file: AwsFile, facts: Partial<FileFacts> | Failure): Promise<string[]> {
  const world = fakeWorld()
  const inspect = async (each: AwsFile) => {
    if (each === file && facts instanceof Failure) throw facts
    return { ...(await world.awsFiles.inspect(each)), ...(each === file ? facts : {}) }
  }
  const { checks } = await checkFiles({ ...world, awsFiles: { ...world.awsFiles, inspect } })
  return checks.filter(({ name }) => name === file).flatMap((check) => [check.verdict, check.text, ...check.cures])
}

test('a config that something else makes is no fault, for a refresh does not write it', async () => {
  const readOnly = new ReadOnlyFailure(
    'act',
    '~/.aws/config is on /etc/aws, which is mounted read-only',
    'change it there',
  )
  assert.deepEqual(await verdict('config', readOnly), [
    'warn',
    '~/.aws/config is on /etc/aws, which is mounted read-only: a refresh works, settings cannot be changed',
    'change it there',
  ])
  assert.equal((await verdict('credentials', readOnly))[0], 'bad')
  assert.equal((await verdict('config', new Failure('act', 'a folder', 'mend it')))[0], 'bad')
})

test('keys that others can read are closed by what works where they are', async () => {
  const open = { othersCanRead: true, mode: '0777' }
  const text = 'others can read ~/.aws/credentials (mode 0777)'
  assert.deepEqual(await verdict('credentials', open), ['warn', text, 'chmod 600 /home/alice/.aws/credentials'])
  const closing = 'the mount /mnt/c (drvfs) knows no permissions; keep it elsewhere'
  assert.deepEqual(await verdict('credentials', { ...open, closing }), ['warn', text, closing])
})
