import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { isRoot } from '../support/ordinaryUser.js'

const posix = process.platform !== 'win32'
const module = new URL('../../src/world/homeFolder.js', import.meta.url).href

/** What the function gives in a new process with this environment, or the message and hints of its failure. */
function inProcess(name: string, env: Record<string, string>, as: readonly string[] = []): string {
  const program = `const module = await import(${JSON.stringify(module)})
    try { console.log(module.${name}()) } catch (error) { console.log(error.kind, error.message, error.hints) }`
  const [command = '', ...args] = [...as, process.execPath, '--input-type=module', '-e', program]
  return execFileSync(command, args, { env, encoding: 'utf8' }).trimEnd()
}

describe('the home folder', { skip: !posix && 'Windows has no HOME' }, () => {
  it('is HOME, or that of the user database', () => {
    assert.equal(inProcess('homeFolder', { HOME: '/home/ada' }), '/home/ada')
    assert.equal(inProcess('homeFolder', {}), userInfo().homedir)
    assert.equal(inProcess('homeFolder', { HOME: '' }), userInfo().homedir)
  })

  it('is asked for when a relative HOME would be another one in each working directory', () => {
    assert.match(inProcess('homeFolder', { HOME: 'rel' }), /^act HOME is rel, which is no absolute path \[ 'set HOME/)
  })

  const nobody = ['setpriv', '--reuid=54321', '--regid=54321', '--clear-groups']
  const noNobody = !isRoot || spawnSync(nobody[0] ?? '', [...nobody.slice(1), 'true']).status !== 0
  it('is asked for when the user is only a number', { skip: noNobody && 'needs root and setpriv' }, () => {
    assert.match(
      inProcess('homeFolder', {}, nobody),
      /^act no home folder: HOME is not set and uid 54321 is in no user database \[ 'set HOME/,
    )
  })
})

describe('the folders for state and data', { skip: !posix && 'Windows has no HOME' }, () => {
  const mac = process.platform === 'darwin'
  const usual = mac ? 'Library/Application Support/awsmfa' : '.local/state/awsmfa'
  const data = mac ? 'Library/Application Support/awsmfa' : '.local/share/awsmfa'

  it('are where the platform keeps such things', () => {
    assert.equal(inProcess('stateFolder', { HOME: '/home/ada' }), `/home/ada/${usual}`)
    assert.equal(inProcess('dataFolder', { HOME: '/home/ada' }), `/home/ada/${data}`)
    const env = { HOME: '/home/ada', XDG_STATE_HOME: '/var/state', XDG_DATA_HOME: '/var/data' }
    assert.equal(inProcess('stateFolder', env), mac ? `/home/ada/${usual}` : '/var/state/awsmfa')
    assert.equal(inProcess('dataFolder', env), mac ? `/home/ada/${data}` : '/var/data/awsmfa')
  })

  it('are never relative, for cron and a shell must find the same', () => {
    assert.equal(inProcess('stateFolder', { HOME: '/home/ada', XDG_STATE_HOME: 'relative' }), `/home/ada/${usual}`)
    assert.equal(inProcess('stateFolder', {}), join(userInfo().homedir, usual))
  })

  it("are never an app's own, which the terminal in a snap or flatpak hands on (F1, microsoft/vscode#237608)", () => {
    for (const app of [
      '/home/ada/snap/code/181/.local/state',
      '/home/ada/snap/x/common',
      '/home/ada/.var/app/a.b/data',
    ]) {
      assert.equal(inProcess('stateFolder', { HOME: '/home/ada', XDG_STATE_HOME: app }), `/home/ada/${usual}`)
      assert.equal(inProcess('dataFolder', { HOME: '/home/ada', XDG_DATA_HOME: app }), `/home/ada/${data}`)
    }
    const own = inProcess('dataFolder', { HOME: '/home/ada', XDG_DATA_HOME: '/home/ada/snap/data' })
    assert.equal(own, mac ? `/home/ada/${data}` : '/home/ada/snap/data/awsmfa')
  })

  it('are found when no shell has expanded the variable', { skip: mac }, () => {
    for (const value of ['$HOME/mine', '~/mine']) {
      assert.equal(inProcess('stateFolder', { HOME: '/home/ada', XDG_STATE_HOME: value }), '/home/ada/mine/awsmfa')
      assert.equal(inProcess('dataFolder', { HOME: '/home/ada', XDG_DATA_HOME: value }), '/home/ada/mine/awsmfa')
    }
    assert.match(
      inProcess('stateFolder', { HOME: '/', XDG_STATE_HOME: '/x/$NO' }),
      /^act XDG_STATE_HOME is '\/x\/\$NO'/,
    )
  })
})
