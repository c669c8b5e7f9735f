import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { hook } from '../../src/commands/hook.js'
import type { HookShell } from '../../src/core/hookSnippet.js'
import { fakeWorld } from '../support/fakeWorld.js'

/** What is said beside the answer, by a command whose answer goes into a file. */
async function said(shell: HookShell, dotfiles: Record<string, string> = {}, env: Record<string, string> = {}) {
  const world = fakeWorld({ env })
  Object.assign(world.dotfiles, dotfiles)
  await hook(world, shell)
  return world.heard.filter((line) => !line.startsWith('answer')).join('\n')
}

suite('hook', () => {
  test('says which file a login bash reads when that does not read ~/.bashrc', async () => {
    const add = /reads (\S+) instead\n.*that file needs this line: \[ -z "\$BASH_VERSION" \] \|\| \. ~\/\.bashrc/
    const rows: [dotfiles: Record<string, string>, login: string | undefined][] = [
      [{}, '~/.bash_profile'],
      [{ '.bashrc': '' }, '~/.bash_profile'],
      [{ '.bash_profile': 'PATH=x\n' }, '~/.bash_profile'],
      [{ '.bash_profile': '# not ~/.bashrc\n' }, '~/.bash_profile'],
      [{ '.profile': 'PATH=x\n' }, '~/.profile'],
      [{ '.bash_login': '', '.profile': '. ~/.bashrc\n' }, '~/.bash_login'],
      [{ '.bash_profile': '[ -f ~/.bashrc ] && . ~/.bashrc # mine\n', '.profile': '' }, undefined],
      [{ '.profile': 'if [ -n "$BASH_VERSION" ]; then\n  . "$HOME/.bashrc"\nfi\n' }, undefined],
    ]
    for (const [dotfiles, login] of rows) {
      assert.equal(add.exec(await said('bash', dotfiles))?.[1], login, JSON.stringify(dotfiles))
    }
    for (const shell of ['zsh', 'fish', 'pwsh'] as const) assert.doesNotMatch(await said(shell), /login/)
  })

  test('never advises what makes two files read each other without end', async () => {
    assert.doesNotMatch(await said('bash', { '.bashrc': '. ~/.bash_profile', '.bash_profile': '' }), /login/)
  })

  test('says when it takes effect, and that an older hook should go', async () => {
    assert.equal(await said('zsh'), 'say it works in shells that are opened after that')
    const older = { '.bashrc': '\n# >>> awsmfa >>>\n', '.zshrc': '# >>> awsmfa >>>', 'z/.zshrc': '' }
    assert.match(await said('zsh', older), /^warn ~\/\.zshrc holds a hook already: delete the older one, from/)
    assert.match(await said('bash', older), /^warn ~\/\.bashrc holds a hook already/)
    assert.doesNotMatch(await said('zsh', older, { ZDOTDIR: 'z' }), /older/)
    assert.doesNotMatch(await said('fish', older), /older/)
  })

  test('on a terminal it names the file that this person has', async () => {
    const rows: [HookShell, env: Record<string, string>, command: string][] = [
      ['bash', {}, 'awsmfa hook bash >> ~/.bashrc'],
      ['zsh', {}, 'awsmfa hook zsh >> ~/.zshrc'],
      ['zsh', { ZDOTDIR: '/home/alice/z' }, 'awsmfa hook zsh >> "$ZDOTDIR/.zshrc"'],
      ['fish', {}, 'awsmfa hook fish >> ~/.config/fish/config.fish'],
      ['fish', { XDG_CONFIG_HOME: '/x' }, 'awsmfa hook fish >> "$XDG_CONFIG_HOME/fish/config.fish"'],
      ['pwsh', {}, 'awsmfa hook pwsh >> $PROFILE'],
    ]
    for (const [shell, env, command] of rows) {
      const world = fakeWorld({ env })
      await hook({ ...world, terminal: { ...world.terminal, answersToTerminal: true } }, shell)
      assert.ok(world.heard.join('\n').includes(`to put it at the end of the start-up file: ${command}\n`))
    }
  })
})
