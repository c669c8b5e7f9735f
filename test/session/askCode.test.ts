import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askCode } from '../../src/session/askCode.js'
import { failsWith } from '../support/failsWith.js'
import { fakeWorld } from '../support/fakeWorld.js'

function typing(...typed: string[]) {
  const world = fakeWorld()
  world.typing.push(...typed)
  return world
}

test('a code is taken as apps show it', async () => {
  for (const shown of ['844806', ' 844 806 ', '844-806', '844\u00a0806']) {
    assert.equal(await askCode(typing(shown), 'code:'), '844806')
  }
})

test('a typing error is told and asks again, up to three times', async () => {
  const world = typing('84480', 'abc', '844 806')
  assert.equal(await askCode(world, 'code:'), '844806')
  const told = ['fail the code is not six digits', 'hint type the six digits that the device shows now']
  assert.deepEqual(world.heard, ['ask code:', ...told, 'ask code:', ...told, 'ask code:'])
  const thrice = typing('1', '2', '3', '844806')
  await failsWith('usage', /^the code is not six digits$/, () => askCode(thrice, 'code:'))
  assert.deepEqual(thrice.typing, ['844806'])
})

test('an empty line gives up at once', async () => {
  const world = typing('', '844806')
  await failsWith('usage', /^the code is not six digits$/, () => askCode(world, 'code:'))
  assert.deepEqual(world.heard, ['ask code:'])
})
