import assert from 'node:assert/strict'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { makeClipboard } from '../../src/world/clipboard.js'
import { failsWith } from '../support/failsWith.js'
import { absent } from '../support/parts.js'
import { tempFolder } from '../support/tempFolder.js'

/** Programs that write down their arguments and their input; `script` ends them. */
function stage(t: TestContext, names: readonly string[], script = '') {
  const folder = tempFolder(t)
  for (const name of names) {
    const path = join(folder, name)
    writeFileSync(path, `#!/bin/sh\n${script}\n(echo "$0 $*"; cat) > "${folder}/seen"\n`)
    chmodSync(path, 0o755)
  }
  return {
    PATH: `${folder}:/usr/bin:/bin`,
    seen: () => readFileSync(join(folder, 'seen'), 'utf8').replace(`${folder}/`, ''),
  }
}

describe('the clipboard', { skip: absent('sh') }, () => {
  const desktops: [env: Record<string, string>, names: string[], seen: string][] = [
    [{ WAYLAND_DISPLAY: 'wayland-0', DISPLAY: ':0' }, ['wl-copy', 'xclip'], 'wl-copy \n123456'],
    [{ DISPLAY: ':0' }, ['xclip', 'xsel'], 'xclip -selection clipboard\n123456'],
    [{ DISPLAY: ':0' }, ['xsel'], 'xsel --clipboard --input\n123456'],
    [{ WSL_DISTRO_NAME: 'Debian' }, ['clip.exe'], 'clip.exe \n123456'],
  ]
  for (const [env, names, seen] of desktops) {
    test(`of ${Object.keys(env)[0]} gets the text from ${names[0]}'s input, and argv holds none of it`, async (t) => {
      const { PATH, ...staged } = stage(t, names)
      await makeClipboard({ env: { ...env, PATH }, platform: 'linux' }).copy('123456')
      assert.equal(staged.seen(), seen)
    })
  }

  test('is served by a program that stays behind', async (t) => {
    const { PATH } = stage(t, ['xclip'], 'sleep 2 &')
    await makeClipboard({ env: { DISPLAY: ':0', PATH }, platform: 'linux' }).copy('123456')
  })

  test('that is not there, or refuses, is told of', async (t) => {
    const { PATH } = stage(t, ['xclip', 'xsel'], 'exit 1')
    await failsWith('act', /there is no clipboard/, () => makeClipboard({ env: { PATH }, platform: 'linux' }).copy('x'))
    const closed = makeClipboard({ env: { DISPLAY: ':0', PATH }, platform: 'linux' })
    const { hints } = await failsWith('act', /the clipboard is closed/, () => closed.copy('x'))
    assert.match(hints.join(), /xclip or xsel/)
  })
})
