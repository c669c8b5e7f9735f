import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { hookShells, hookSnippet } from '../../src/core/hookSnippet.js'
import { backgroundOf } from '../support/hookDesk.js'

const paths = { node: '/usr/bin/node', program: '/usr/lib/node_modules/awsmfa/dist/main.js', stateFolder: '/home/a/s' }

suite('hook snippet', () => {
  for (const shell of hookShells) {
    test(`for ${shell} it stands between two lines that a person can find again`, () => {
      const lines = hookSnippet(shell, paths).split('\n')
      assert.deepEqual([lines[0], lines.at(-1)], ['# >>> awsmfa >>>', '# <<< awsmfa <<<'])
    })
  }

  test('for PowerShell every kind of single quote in a path is doubled, for it takes each for a quote', () => {
    const text = hookSnippet('pwsh', { ...paths, program: "C:\\it's ‘a’ ‚b‛ $(x) `n\\main.js" })
    assert.ok(text.includes(" 'C:\\it''s ‘‘a’’ ‚‚b‛‛ $(x) `n\\main.js' "), text)
  })

  test('for PowerShell it starts Node by an argument list', () => {
    const text = hookSnippet('pwsh', paths)
    assert.match(text, /@\(\$program, 'refresh', '--no-input', '--quiet'\)/)
    assert.match(text, /ArgumentList\.Add\(\$argument\)/)
  })

  test('for PowerShell nothing is printed by the profile: the first prompt shows the line and is then what it was', () => {
    const text = hookSnippet('pwsh', paths)
    const tell = /\$tell = \{\n(.*?)\n {6}\}\n/s.exec(text)?.[1] ?? ''
    assert.match(
      tell,
      /"\$function:prompt" -ceq \$ours.*\$function:global:prompt = \$before[\s\S]*WriteLine[\s\S]*& \$before/,
    )
    assert.doesNotMatch(text.replace(tell, ''), /WriteLine/)
  })

  test('for PowerShell it works once in a process, and an error of whatever kind stays within', () => {
    const text = hookSnippet('pwsh', paths)
    assert.match(
      text,
      /^ {2}try \{\n[\s\S]*GetData\('awsmfa'\)[\s\S]*SetData\('awsmfa', \$PID\)[\s\S]*\n {2}\} catch \{/m,
    )
    // No cmdlet, which an alias or a function could stand in for.
    assert.doesNotMatch(text.replace(/'[^']*'|#.*/g, ''), /\b[A-Z][a-z]+-[A-Z]/)
  })

  test('what it says of a program that is gone is one harmless line', () => {
    for (const shell of hookShells) {
      const text = hookSnippet(shell, { ...paths, node: '/a\x1b]0;b\n/node' })
      assert.match(text, /'awsmfa: \/a\\+u\{1b\}\]0;b \/node or .* is gone, so nothing is renewed/)
    }
  })

  test('the background part holds nothing that would end its quotes', () => {
    // Between the single quotes of three shells: neither a quote nor, for fish, a backslash.
    for (const shell of ['bash', 'zsh', 'fish'] as const) {
      const background = backgroundOf(hookSnippet(shell, paths))
      assert.doesNotMatch(background, /['\\]/)
      assert.match(background, /^ulimit .* refresh --no-input --quiet$/)
    }
  })
})
