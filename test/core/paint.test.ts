import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isColoured, paintIn } from '../../src/core/paint.js'

describe('whether a stream is coloured', () => {
  const rows: [why: string, env: Record<string, string>, onTerminal: boolean, elsewhere: boolean][] = [
    ['by itself on a terminal only', { TERM: 'xterm-256color' }, true, false],
    ['where nothing says what the terminal is', {}, true, false],
    ['not with TERM=dumb', { TERM: 'dumb' }, false, false],
    [
      'never with NO_COLOR, whatever else is wished',
      { NO_COLOR: '1', FORCE_COLOR: '1', CLICOLOR_FORCE: '1' },
      false,
      false,
    ],
    ['as without it when NO_COLOR is empty', { NO_COLOR: '' }, true, false],
    ['everywhere with FORCE_COLOR', { FORCE_COLOR: '1', TERM: 'dumb' }, true, true],
    ['nowhere with FORCE_COLOR=0', { FORCE_COLOR: '0' }, false, false],
    ['as without it when FORCE_COLOR is empty', { FORCE_COLOR: '' }, true, false],
    ['nowhere with CLICOLOR=0', { CLICOLOR: '0' }, false, false],
    ['as without it with CLICOLOR=1', { CLICOLOR: '1' }, true, false],
    ['everywhere with CLICOLOR_FORCE', { CLICOLOR_FORCE: '1', CLICOLOR: '0' }, true, true],
    ['as without it with CLICOLOR_FORCE=0', { CLICOLOR_FORCE: '0' }, true, false],
  ]
  for (const [why, env, onTerminal, elsewhere] of rows) {
    test(why, () => assert.deepEqual([isColoured(env, true), isColoured(env, false)], [onTerminal, elsewhere]))
  }
})

test('a colour ends with the word, and leaves bold and background alone', () => {
  assert.equal(paintIn('ok', 'ok'), '\x1b[32mok\x1b[39m')
})
