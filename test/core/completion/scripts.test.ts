import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { grammarOf } from '../../../src/cli/completion.js'
import { everyCommand } from '../../../src/cli/everyCommand.js'
import { manual } from '../../../src/cli/manual.js'
import { commands } from '../../../src/cli/table.js'
import { completionShells, type Grammar, valueCases } from '../../../src/core/completion/grammar.js'
import { completionScripts } from '../../../src/core/completion/script.js'
import { CompletionDesk } from '../../support/completionDesk.js'
import { absent } from '../../support/parts.js'
import { tempFolder } from '../../support/tempFolder.js'

const grammar = grammarOf([{ path: 'awsmfa', spec: { ...manual, commands } }, ...(await everyCommand())])
const scriptOf = (shell: (typeof completionShells)[number], of: Grammar = grammar) =>
  completionScripts[shell].script(of)

/** Names that would do something if a shell took them for its own words; `hostile` are as the AWS CLI reads them. */
const hostile = ['$(: >pwned)', '`: >pwned`', "it's;: >pwned", '$HOME &', '*', '~', '!!', 'a\\b', '{a,b}', '(x)']
const headers = hostile.map((name, index) => `[profile "${index}${name}"]\nregion = x\n`).join('')
const config = `[default]\nregion = eu-west-1
[profile mfa]\nawsmfa_source_profile = default
[profile work]\n# [profile comment]\naws_access_key_id = x\n  [profile nested]
[profile "my org"]\nawsmfa_source_profile=work
[profile three words no]\n[sso-session foo]\n[profile broken\n[profile]\n[]
[profile x:y@z]\n\u0000\xff
${headers}[profile "last"]\nawsmfa_source_profile = work`

/** A command that hands its operands to another program; none of the table need be one. */
const withExec: Grammar = [
  { path: '', commands: [{ word: 'exec', about: 'it' }], flags: [], operands: [], verbatim: false },
  {
    path: ' exec',
    commands: [],
    flags: [{ word: '--profile', about: 'p', value: { kind: 'profile', choices: [] } }],
    operands: [],
    verbatim: true,
  },
]

/** What each line is completed to, when only one thing can follow. */
const lines: Record<string, string> = {
  'awsmfa enr': 'awsmfa enroll ',
  'awsmfa schedule ins': 'awsmfa schedule install ',
  'awsmfa --quiet schedule rem': 'awsmfa --quiet schedule remove ',
  'awsmfa --profile x refr': 'awsmfa --profile x refresh ',
  'awsmfa --profile=x refr': 'awsmfa --profile=x refresh ',
  'awsmfa refresh --min': 'awsmfa refresh --min-remaining ',
  'awsmfa status --min-rem': 'awsmfa status --min-rem',
  'awsmfa schedule install --using sy': 'awsmfa schedule install --using systemd ',
  'awsmfa schedule install --using=sy': 'awsmfa schedule install --using=systemd ',
  'awsmfa hook z': 'awsmfa hook zsh ',
  'awsmfa help schedule ins': 'awsmfa help schedule install ',
  'awsmfa help ho': 'awsmfa help hook ',
  'awsmfa help hook z': 'awsmfa help hook z',
  'awsmfa enroll --qr pict': 'awsmfa enroll --qr picture.png ',
  'awsmfa enroll --qr=pict': 'awsmfa enroll --qr=picture.png ',
  'awsmfa enroll pict': 'awsmfa enroll pict',
  'awsmfa refresh --profile wo': 'awsmfa refresh --profile work ',
  'awsmfa refresh --profile=wo': 'awsmfa refresh --profile=work ',
  'awsmfa refresh --profile mf': 'awsmfa refresh --profile mf',
  'awsmfa refresh --profile nest': 'awsmfa refresh --profile nested ',
  'awsmfa refresh --profile three': 'awsmfa refresh --profile three',
  'awsmfa refresh --profile fo': 'awsmfa refresh --profile fo',
  'awsmfa refresh --mfa-profile-name la': 'awsmfa refresh --mfa-profile-name last ',
  'awsmfa refresh -- --forc': 'awsmfa refresh -- --forc',
}

const profileLine = 'awsmfa refresh --profile '

for (const shell of ['bash', 'zsh', 'fish'] as const) {
  describe(`completion in ${shell}`, { skip: absent(shell, 'python3'), concurrency: 2 }, () => {
    const open = async (t: TestContext, of: Grammar, setting?: string) => {
      const desk = await CompletionDesk.open(t, shell, scriptOf(shell, of), config, setting)
      writeFileSync(join(desk.home, 'picture.png'), '')
      return desk
    }

    it('completes commands, flags, choices, files and profiles, with no program within reach', async (t) => {
      const desk = await open(t, grammar)
      for (const [typed, wanted] of Object.entries(lines)) assert.equal(await desk.complete(typed), wanted, typed)
      assert.deepEqual(await desk.hand(`${profileLine}x:y`), ['refresh', '--profile', 'x:y@z'])
      assert.deepEqual(await desk.hand('awsmfa refresh --mfa-profile-name my'), [
        'refresh',
        '--mfa-profile-name',
        'my org',
      ])
    })

    it('hands over a hostile name as it is, and runs nothing of it', async (t) => {
      const desk = await open(t, grammar)
      for (const [index, name] of hostile.entries()) {
        assert.deepEqual(await desk.hand(`${profileLine}${index}`), ['refresh', '--profile', `${index}${name}`])
      }
      assert.ok(!existsSync(join(desk.home, 'pwned')), desk.files().join())
    })

    it('leaves the words of another program to that, after the flags of its own', async (t) => {
      const desk = await open(t, withExec)
      assert.equal(await desk.complete('awsmfa exec --prof'), 'awsmfa exec --profile ')
      assert.equal(await desk.complete('awsmfa exec --profile wo'), 'awsmfa exec --profile work ')
      for (const before of ['awsmfa exec -- cat ', 'awsmfa exec cat ', 'awsmfa exec --profile work -- cat ']) {
        assert.equal(await desk.complete(`${before}pict`), `${before}picture.png `)
        assert.equal(await desk.complete(`${before}--prof`), `${before}--prof`)
      }
    })
  })
}

describe('completion in bash that is set up strictly', { skip: absent('bash', 'python3') }, () => {
  it('works under set -u and noglob, without bash-completion, and shows no line of the config under set -x', async (t) => {
    const desk = await CompletionDesk.open(t, 'bash', scriptOf('bash'), config, 'set -uf')
    assert.equal(await desk.complete('awsmfa enr'), 'awsmfa enroll ')
    assert.equal(await desk.complete(`${profileLine}wo`), `${profileLine}work `)
    assert.equal(await desk.complete(`${profileLine}"wo`), `${profileLine}"work" `)
    assert.equal(await desk.complete(`${profileLine}'0`), `${profileLine}'0`)
    const traced = spawnSync(
      'bash',
      [
        '--norc',
        '-c',
        `${scriptOf('bash')}\nset -x\nCOMP_WORDS=(awsmfa refresh --profile '')
COMP_CWORD=3 COMP_LINE='${profileLine}' COMP_POINT=25; _awsmfa`,
      ],
      { env: { HOME: desk.home }, encoding: 'utf8' },
    )
    assert.match(traced.stderr, /_awsmfa_profiles/)
    assert.doesNotMatch(traced.stderr, /region|aws_access_key_id/)
  })
})

describe('completion in zsh that finds the script by itself', { skip: absent('zsh', 'python3') }, () => {
  it('works from a file in a folder of $fpath', async (t) => {
    const desk = await CompletionDesk.open(t, 'zsh', scriptOf('zsh'), config, 'fpath=(~ $fpath)')
    assert.equal(await desk.complete('awsmfa enr'), 'awsmfa enroll ')
    assert.equal(await desk.complete(`${profileLine}wo`), `${profileLine}work `)
  })
})

describe('completion scripts', () => {
  it('hold every command, flag and choice, for every shell', () => {
    for (const shell of completionShells) {
      const script = scriptOf(shell)
      for (const { path, flags, commands, operands } of grammar) {
        assert.ok(script.includes(`'${path}`), `${shell}: ${path}`)
        for (const word of [...flags, ...commands].map(({ word }) => word))
          assert.ok(script.includes(word), `${shell} ${word}`)
        for (const word of [...operands, ...flags.flatMap(({ value }) => value?.choices ?? [])]) {
          assert.match(script, new RegExp(`[ '(]${word}[ ')]`), `${shell} ${word}`)
        }
      }
    }
  })

  it('tell apart what one flag takes behind two commands', () => {
    const of = (path: string, choices: readonly string[]) => ({
      path,
      commands: [],
      operands: [],
      verbatim: false,
      flags: [{ word: '--format', about: 'f', value: { kind: 'choice', choices } }],
    })
    const same = valueCases([of(' a', ['x']), of(' b', ['x'])])
    assert.deepEqual(
      same.map(({ patterns }) => patterns),
      [[{ path: undefined, flag: '--format' }]],
    )
    const differ = valueCases([of(' a', ['x']), of(' b', ['y'])])
    assert.deepEqual(
      differ.map(({ value, patterns }) => [value.choices, patterns]),
      [
        [['x'], [{ path: ' a', flag: '--format' }]],
        [['y'], [{ path: ' b', flag: '--format' }]],
      ],
    )
  })

  it('quote what is explained with a quote, and are text that each shell can read', (t) => {
    const folder = tempFolder(t)
    const tricky: Grammar = [
      {
        path: '',
        commands: [{ word: 'x', about: "the person's: $(touch pwned) `touch pwned` \\ %s" }],
        flags: [{ word: '--y', about: "it's" }],
        operands: [],
        verbatim: false,
      },
    ]
    for (const shell of ['bash', 'zsh', 'fish'] as const) {
      if (absent(shell)) continue
      for (const script of [scriptOf(shell), scriptOf(shell, tricky)]) {
        writeFileSync(join(folder, 'script'), script)
        execFileSync(shell, ['-n', join(folder, 'script')])
      }
    }
    assert.match(scriptOf('pwsh', tricky), /@\('x', 'the person''s: \$\(touch pwned\)/)
  })

  it('for PowerShell quote a name that is not plain, and compare letters as they are', () => {
    const script = scriptOf('pwsh')
    assert.match(script, /^Register-ArgumentCompleter -Native -CommandName awsmfa -ScriptBlock \{$/m)
    assert.match(script, /'\^\(\.\* --profile\)\$' \{ return @\('profile'\) \}/)
    for (const [open, close] of ['{}', '()', '[]']) {
      const count = (letter = '') => script.replace(/'[^'\n]*'|"[^"\n]*"/g, '').split(letter).length
      assert.equal(count(open), count(close), open)
    }
  })
})
