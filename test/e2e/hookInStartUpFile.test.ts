import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { hookSnippet } from '../../src/core/hookSnippet.js'
import { Desk, dialects, type Shell, until } from '../support/hookDesk.js'
import { absent } from '../support/parts.js'
import { top } from '../support/program.js'

const line = 'awsmfa: profile mfa needs you: the keychain is locked (more: awsmfa status)'

/** The words that a shell without its start-up files prints. */
function wordsFrom(shell: 'bash' | 'zsh', script: string): string[] {
  const bare = { bash: '--norc', zsh: '-f' }[shell]
  return spawnSync(shell, [bare, '-c', script], { encoding: 'utf8' }).stdout.trim().split(/\s+/)
}

/** What an option of these would print or prevent by itself. */
const telling = /^(exec|noexec|xtrace|verbose|onecmd|singlecommand|extdebug)$/

/** Words of the snippet, and those that begin or end something. */
function wordsOf(shell: Shell, desk: Desk): string[] {
  const words = hookSnippet(shell, desk.paths).match(/[A-Za-z_]+|\[\[|\]\]|[{}]/g) ?? []
  return [
    ...new Set([...words, 'if', 'then', 'elif', 'else', 'fi', 'for', 'do', 'done', 'case', 'test', 'eval', 'cat']),
  ]
}

/** What people, and testers, set before the snippet. */
const settings: Record<Shell, (desk: Desk) => string[]> = {
  bash: (desk) => [
    ...wordsFrom('bash', 'set -o | cut -f1')
      .filter((name) => !telling.test(name))
      .flatMap((name) => [`set -o ${name}`, `set +o ${name}`]),
    ...wordsFrom('bash', 'compgen -A shopt')
      .filter((name) => !telling.test(name))
      .flatMap((name) => [`shopt -s ${name} 2>/dev/null`, `shopt -u ${name} 2>/dev/null`]),
    'set -r',
    'set -k',
    'set -euo pipefail -o noclobber -o posix',
    ...wordsOf('bash', desk).map((word) => `alias '${word}=echo ALIAS'`),
    `for w in ${wordsOf('bash', desk).join(' ')}; do \\builtin alias "$w=echo ALIAS"; done`,
    `for w in $(compgen -b | grep '^[a-z]*$' | grep -v builtin); do builtin eval "function $w { builtin echo FUNCTION; }"; done`,
    ...['status', 'due', 'state', 'node', 'program', 'attention', 'REPLY', 'IFS'].map((name) => `readonly ${name}`),
    'readonly IFS=0123456789',
    "trap 'echo ERR' ERR",
    'unset PATH',
    'LC_ALL=C',
  ],
  zsh: (desk) => [
    ...wordsFrom('zsh', `print -l \${(k)options}`)
      .filter((name) => !telling.test(name) && !/^(interactive|shinstdin|zle|login|rcs|globalrcs)$/.test(name))
      .flatMap((name) => [`setopt ${name} 2>/dev/null`, `unsetopt ${name} 2>/dev/null`]),
    ...['sh', 'ksh', 'csh', '-R sh', '-R ksh', '-R csh'].map((mode) => `emulate ${mode}`),
    'setopt sh_glob ignore_braces ksh_glob csh_junkie_quotes rc_quotes ksh_arrays no_unset err_exit',
    ...wordsOf('zsh', desk).map((word) => `alias -g '${word}=echo ALIAS'`),
    `for w in ${wordsOf('zsh', desk)
      .map((word) => `'${word}'`)
      .join(' ')}; do 'builtin' 'alias' '-g' $w='echo ALIAS'; done`,
    `for w in \${\${(k)builtins}:#(builtin|*[^a-z]*)}; do functions[$w]='builtin echo FUNCTION'; done`,
    ...['status', 'due', 'state', 'node', 'reply', 'IFS'].map((name) => `readonly ${name} 2>/dev/null`),
    'IFS=0123456789',
    "trap 'echo ERR' ZERR",
    'unset PATH path',
    'LC_ALL=tr_TR.UTF-8',
  ],
  fish: () => [
    'for w in bg cd contains count disown echo emit functions jobs math path printf pwd random source type wait; function $w; builtin echo FUNCTION; end; end',
    'for w in awsmfa path date sh find cat; function $w; builtin echo FUNCTION; end; end',
    'alias printf "echo ALIAS"; alias math echo; alias functions echo; alias date echo',
    ...['IFS 0', 'due 4', 'lines x y', 'stamp z', 'late 4', 'mode 3', 'argv a b', '__awsmfa_status x'].flatMap(
      (text) => [`set -g ${text}`, `set -gx ${text}`],
    ),
    'set -e PATH',
    'set -gx LC_ALL tr_TR.UTF-8',
    'status job-control full',
    'status job-control none',
  ],
}

/** Says that the next line is read, and what is to be told at the prompt. */
const after: Record<Shell, string> = {
  bash: `'builtin' 'echo' "after \${__awsmfa_line-}"`,
  zsh: `'builtin' 'print' "after \${__awsmfa_lines-}"`,
  fish: `builtin functions --query __awsmfa_tell; and builtin echo 'after ${line}'`,
}

/** Output cannot be redirected there, so nothing is said. */
function restricted(setting: string): boolean {
  return /^set -r$|^setopt restricted /.test(setting)
}

for (const shell of ['bash', 'zsh', 'fish'] as const) {
  suite(`the hook in a start-up file of ${shell}`, { skip: absent(shell, 'python3'), concurrency: 2 }, () => {
    test('no option, alias, function or variable takes the next line away or makes it print', (t) => {
      const desk = new Desk(t, shell)
      desk.stamp(-1, line)
      writeFileSync(desk.claim, '')
      const all = settings[shell](desk)
      assert.ok(all.length > 20)
      const folder = join(desk.home, 'settings')
      mkdirSync(folder)
      const snippet = hookSnippet(shell, desk.paths)
      for (const [number, setting] of all.entries()) {
        writeFileSync(join(folder, String(number)), `${setting}\n${snippet}\n${after[shell]}\n`)
      }
      const each = (file: string) =>
        shell === 'fish'
          ? `fish --no-config -i -C 'source "$HOME/settings/${file}"' -c : >"$HOME/settings/${file}.out" 2>&1`
          : `(. "$HOME/settings/${file}") >"$HOME/settings/${file}.out" 2>&1`
      desk.startUp(all.map((_, number) => each(String(number))).join('\n'))
      const rcfile = shell === 'bash' ? dialects.bash.start(join(desk.home, '.bashrc')) : dialects[shell].start('')
      spawnSync(shell, [...rcfile, '-c', ':'], { env: desk.env, stdio: 'ignore' })
      const outcomes = all.map((setting, number) => [
        setting,
        readFileSync(join(folder, `${number}.out`), 'utf8').trim(),
      ])
      const wanted = all.map((setting) => [setting, restricted(setting) ? 'after' : `after ${line}`])
      const wrong = outcomes.filter(([, output], number) => output !== wanted[number]?.[1])
      assert.deepEqual(wrong, [])
    })

    test('nothing is printed while the file is read, and the line comes at the first prompt', async (t) => {
      const desk = new Desk(t, shell)
      desk.stamp(3600, line)
      writeFileSync(join(desk.home, 'hook'), hookSnippet(shell, desk.paths))
      const source = '. "$HOME/hook"'
      desk.startUp(`${shell === 'fish' ? `begin; ${source}; end` : `{ ${source}; }`} >"$HOME/early" 2>&1`)
      assert.equal((await desk.visit()).trim(), line)
      assert.equal(readFileSync(join(desk.home, 'early'), 'utf8'), '')
    })

    if (shell === 'zsh')
      test('a theme that holds stderr back until the prompt is drawn finds nothing in it', async (t) => {
        // powerlevel10k's instant prompt, which calls what it finds an error of the start-up file.
        const desk = new Desk(t, shell)
        desk.stamp(3600, line)
        const drawn = 'zle-line-init() { exec >&8 2>&9; }; zle -N zle-line-init'
        desk.startUp(`exec 8>&1 9>&2 >"$HOME/early" 2>&1\n${hookSnippet(shell, desk.paths)}\n${drawn}`)
        const open = await desk.open()
        await open.waitFor(line)
        open.type('echo $+functions[__awsmfa_tell]$+__awsmfa_lines; exit\r')
        const { output } = await open.end()
        assert.match(output, /^00\r$/m)
        assert.equal(output.split(line).length, 2, output)
        assert.equal(readFileSync(join(desk.home, 'early'), 'utf8'), '')
      })

    test('where no prompt comes, a refresh is started and nothing printed', async (t) => {
      const desk = new Desk(t, shell)
      desk.stamp(-1, line)
      const { start, startUp } = dialects[shell]
      const args = [...start(join(desk.home, startUp)), '-c', 'echo done']
      const { stdout, stderr } = spawnSync(shell, args, { env: desk.env, encoding: 'utf8' })
      assert.equal(stdout, 'done\n')
      assert.doesNotMatch(stderr, /awsmfa/)
      await until(() => desk.runs.includes('finished'))
    })

    test('twice in one file, or in two, it is once; a shell within the shell has its own', async (t) => {
      const desk = new Desk(t, shell)
      desk.stamp(3600, line)
      const snippet = hookSnippet(shell, desk.paths)
      writeFileSync(join(desk.home, 'other'), snippet)
      const allExported = shell === 'fish' ? '' : 'set -a\n'
      desk.startUp(`${allExported}${snippet}\n. "$HOME/other"\n${snippet}`)
      const open = await desk.open()
      await open.waitFor('READY> ')
      assert.equal(open.output.split(line).length, 2, open.output)
      open.type(`${[shell, ...dialects[shell].start('"$HOME/.bashrc"')].join(' ')}\r`)
      await open.waitFor(line)
      await open.waitFor('READY> ')
      open.type('exit\r')
      await open.waitFor('READY> ')
      open.type('exit\r')
      assert.equal((await open.end()).output.split(line).length, 3)
    })

    test('beside the snippet of 0.1.0 there is one refresh, and no error', async (t) => {
      const desk = new Desk(t, shell)
      desk.stamp(-1, line)
      desk.hold()
      const quote = (text: string) =>
        shell === 'fish' ? `'${text.replace(/[\\']/g, '\\$&')}'` : `'${text.replace(/'/g, "'\\''")}'`
      const { node, program, stateFolder } = desk.paths
      const old = readFileSync(join(top, 'test/fixtures/hook', `0.1.0.${shell}`), 'utf8')
        .replace("'@node@'", () => quote(node))
        .replace("'@program@'", () => quote(program))
        .replace("'@state@'", () => quote(stateFolder))
      const snippet = hookSnippet(shell, desk.paths)
      desk.startUp(`${old}\n${snippet}\n${old}`)
      // The older one says its line wherever it stands.
      assert.equal((await desk.visit()).trim(), [line, line, line].join('\n'))
      await desk.settled()
      await until(() => desk.runs.length > 0)
      desk.letGo()
      await until(() => desk.runs.includes('finished'))
      assert.deepEqual(desk.runs, ['hook refresh --no-input --quiet', 'finished'])
    })
  })
}

suite("the hook beside the person's own prompt commands", { skip: absent('bash', 'zsh', 'fish', 'python3') }, () => {
  const own = 'own() { local s=$?; echo "own $s"; return $s; }'
  const rows: [Shell, before: string, after: string, left: string][] = [
    ['bash', 'PROMPT_COMMAND=own', '', 'own'],
    ['bash', 'PROMPT_COMMAND=(true own)', '', 'true own'],
    ['bash', '', 'PROMPT_COMMAND=own', 'own'],
    ['bash', '', `PROMPT_COMMAND="\${PROMPT_COMMAND:+$PROMPT_COMMAND; }own"`, 'own'],
    ['bash', 'PROMPT_COMMAND=true', `PROMPT_COMMAND=(own "\${PROMPT_COMMAND[@]}")`, 'own true'],
    ['bash', '', 'PROMPT_COMMAND+=(own)', 'own'],
    // As VS Code does: what was there is copied, and run at each prompt.
    [
      'bash',
      'PROMPT_COMMAND=own',
      `copy=("\${PROMPT_COMMAND[@]}"); copied() { for c in "\${copy[@]}"; do eval "$c"; done; }; unset PROMPT_COMMAND; PROMPT_COMMAND=copied`,
      'copied',
    ],
    ['bash', 'readonly PROMPT_COMMAND=own', '', 'own'],
    ['zsh', 'precmd() { own }', '', ''],
    ['zsh', 'precmd_functions=(own)', '', 'own'],
    ['zsh', '', 'autoload -Uz add-zsh-hook; add-zsh-hook precmd own', 'own'],
    ['fish', '', 'function own_prompt --on-event fish_prompt; own; end', ''],
  ]
  for (const [shell, before, then, left] of rows) {
    test(`${shell}: ${before || then}`, async (t) => {
      const desk = new Desk(t, shell)
      desk.stamp(3600, line)
      const fishOwn = 'function own; set -l s $status; echo "own $s"; return $s; end'
      desk.startUp([shell === 'fish' ? fishOwn : own, before, hookSnippet(shell, desk.paths), then].join('\n'))
      const open = await desk.open()
      await open.waitFor('READY> ')
      const first = open.output
      assert.equal(first.split(line).length, 2, first)
      assert.match(first, /own 0/)
      open.type(`${{ bash: '(exit 5)', zsh: '(exit 5)', fish: 'sh -c "exit 5"' }[shell]}\r`)
      await open.waitFor('own 5')
      await open.waitFor('READY> ')
      const list = { bash: `\${PROMPT_COMMAND[*]}`, zsh: '$precmd_functions', fish: '' }[shell]
      open.type(`echo "left <${list}>"\r`)
      await open.waitFor(`left <${left}>`)
      open.type('exit\r')
      const { output } = await open.end()
      assert.equal(output.split(line).length, 2, output)
      assert.doesNotMatch(output, /not found|error|unbound|read-?only/i)
    })
  }
})
