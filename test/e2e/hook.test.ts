import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { suite, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type HookShell, hookSnippet } from '../../src/core/hookSnippet.js'
import { absent } from '../support/parts.js'
import { openPty } from '../support/pty.js'
import { enrolledFiles, openSandbox } from '../support/sandbox.js'
import { untraceable } from '../support/strace.js'
import { tempFolder } from '../support/tempFolder.js'

type Shell = Exclude<HookShell, 'pwsh'>

interface Dialect {
  /** how an interactive shell is started that reads the start-up file and no other */
  start(startUp: string): string[]
  /** where the start-up file has to be in the home */
  readonly startUp: string
  readonly prompt: string
  /** reads a file in a shell that nobody types into */
  source(file: string): string[]
  /** sets the strictest modes, and a status of 7 */
  readonly strict: string
  readonly status: string
  /** prints the names of all variables and functions */
  readonly names: string
}

const dialects: Record<Shell, Dialect> = {
  bash: {
    start: (file) => ['--noprofile', '--rcfile', file, '-i'],
    startUp: '.bashrc',
    prompt: "PS1='READY> '",
    source: (file) => ['--noprofile', '--norc', '-c', '. "$0"', file],
    strict: 'set -euo pipefail -o noclobber\n(exit 7) && :',
    status: 'echo "status $?"',
    names: 'compgen -v | sort; compgen -A function | sort',
  },
  zsh: {
    start: () => ['-d', '-i'],
    startUp: '.zshrc',
    prompt: "setopt no_prompt_sp; PROMPT='READY> '",
    source: (file) => ['-d', '-f', '-c', '. $0', file],
    strict: 'setopt no_unset err_exit no_clobber ksh_arrays sh_word_split\n(exit 7) && :',
    status: 'echo "status $?"',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: zsh's, not ours
    names: 'print -l ${(ok)parameters} ${(ok)functions} ${(ok)modules}',
  },
  fish: {
    start: () => ['-i'],
    startUp: '.config/fish/config.fish',
    prompt: "set -g fish_greeting\nfunction fish_prompt; echo 'READY> '; end",
    source: (file) => ['--no-config', '-c', 'source $argv[1]', file],
    strict: 'function seven; return 7; end\nseven',
    status: 'echo "status $status"',
    names: 'set --names; functions --all --names',
  },
}

/** Escape sequences of a terminal, as shells send them around a prompt, and the carriage returns of its lines. */
const escapes = new RegExp(`${'\x1b'}(\\[[?\\d;]*[a-zA-Z]|[=>])|\r`, 'g')

/** A home with a snippet in its start-up file, and a stand-in for awsmfa that writes down each run. */
class Desk {
  readonly home: string
  readonly state: string
  readonly program: string
  readonly #log: string
  readonly #hold: string
  readonly #shell: Shell

  /** @param t - whose end removes it all */
  constructor(t: TestContext, shell: Shell) {
    // All that a path can hold and a shell could stumble over.
    this.home = join(tempFolder(t), `it's a "tëst" $HOME \\ \`x\` !`)
    this.state = join(this.home, 'state')
    this.program = join(this.home, 'awsmfa.sh')
    this.#log = join(this.home, 'log')
    this.#hold = join(this.home, 'hold')
    this.#shell = shell
    mkdirSync(this.state, { recursive: true })
    // Where this is absent, fish spends its first minute on reading all manual pages.
    mkdirSync(join(this.home, '.local/share/fish/generated_completions'), { recursive: true })
    writeFileSync(
      this.program,
      `home=\${0%/*}
echo $$ >"$home/pid"
echo "$AWSMFA_RUN_BY $*" >>"$home/log"
until ! [ -e "$home/hold" ]; do sleep 0.02; done
due=$(($(date +%s) + 3600))
echo $due >"$home/state/stamp"
touch -d @$due "$home/state/stamp"
rm -f "$home/state/hook.claim"
echo finished >>"$home/log"
`,
    )
    t.after(() => rmSync(this.#hold, { force: true }))
    this.startUp(hookSnippet(shell, this.paths))
  }

  get paths() {
    return { node: '/bin/sh', program: this.program, stateFolder: this.state }
  }

  get claim() {
    return join(this.state, 'hook.claim')
  }

  /** @param lines - the start-up file, without the prompt */
  startUp(lines: string): void {
    const { startUp, prompt } = dialects[this.#shell]
    const file = join(this.home, startUp)
    mkdirSync(join(file, '..'), { recursive: true })
    writeFileSync(file, `${lines}\n${prompt}\n`)
  }

  /** @param inSeconds - when the next refresh is due, from now */
  stamp(inSeconds: number, attention = ''): void {
    const due = Math.floor(Date.now() / 1000) + inSeconds
    writeFileSync(join(this.state, 'stamp'), `${due}\n${attention}\n`)
    utimesSync(join(this.state, 'stamp'), due, due)
  }

  /** From now on runs hang until they are let go. */
  hold(): void {
    writeFileSync(this.#hold, '')
  }

  letGo(): void {
    rmSync(this.#hold)
  }

  get runs(): string[] {
    return existsSync(this.#log) ? readFileSync(this.#log, 'utf8').trimEnd().split('\n') : []
  }

  /** of the last run */
  get pid(): number {
    return Number(readFileSync(join(this.home, 'pid'), 'utf8'))
  }

  get env() {
    return { PATH: process.env.PATH, HOME: this.home, ZDOTDIR: this.home, TERM: 'dumb', LANG: 'C.UTF-8' }
  }

  /** A shell in a terminal. */
  async open(tracer: readonly string[] = []) {
    const { start, startUp } = dialects[this.#shell]
    const [command = '', ...args] = [...tracer, this.#shell, ...start(join(this.home, startUp))]
    return await openPty(command, args, { env: this.env, cwd: this.home })
  }

  /** Opens a shell, waits for its prompt and leaves it. What it showed before the prompt. */
  async visit(tracer: readonly string[] = []): Promise<string> {
    const shell = await this.open(tracer)
    await shell.waitFor('READY> ')
    shell.type('exit\r')
    const { output } = await shell.end()
    return output.slice(0, output.indexOf('READY> ')).replace(escapes, '')
  }

  /** Waits until nothing is between a shell that has shown its prompt and the stand-in. */
  async settled(): Promise<void> {
    await until(() => !processArguments().some((args) => args.includes(this.state)))
  }
}

function processArguments(): string[][] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
      } catch {
        return []
      }
    })
}

/** proc_pid_stat(5), field 5; the command in field 2 may hold blanks and brackets. */
function processGroup(pid: number): string | undefined {
  return readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')[2]
}

async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !condition(); await sleep(10)) {
    if (Date.now() > end) throw new Error(`waited in vain for ${condition}`)
  }
}

const run = 'hook refresh --no-input --quiet'
const line = 'awsmfa: profile mfa needs you: the keychain is locked (more: awsmfa status)'

for (const shell of ['bash', 'zsh', 'fish'] as const) {
  suite(`the hook in ${shell}`, { skip: absent(shell, 'python3'), concurrency: 2 }, () => {
    test('starts no process while the session is fresh', { skip: untraceable() }, async (t) => {
      const desk = new Desk(t, shell)
      const log = join(desk.home, 'trace')
      const trace = [
        'strace',
        '-f',
        '-qq',
        '-e',
        'trace=execve,clone,clone3,fork,vfork',
        '-e',
        'signal=none',
        '-o',
        log,
      ]
      const count = async () => {
        await desk.visit(trace)
        await desk.settled()
        const calls = readFileSync(log, 'utf8').split('\n')
        return calls.filter((call) => !/CLONE_THREAD|resumed>|\+\+\+/.test(call) && call.includes('(')).length
      }
      desk.startUp('')
      await desk.visit() // fish makes its folders the first time, by a process
      const without = await count()
      desk.startUp(hookSnippet(shell, desk.paths))
      desk.stamp(3600)
      const fresh = await count()
      desk.stamp(-1)
      const due = await count()
      assert.equal(fresh, without)
      assert.ok(due > fresh, 'a process would have been seen')
      await until(() => desk.runs.includes('finished'))
    })

    test('starts one refresh when ten shells open together', async (t) => {
      const desk = new Desk(t, shell)
      desk.stamp(-1)
      desk.hold()
      const shells = await Promise.all(Array.from({ length: 10 }, () => desk.open()))
      await Promise.all(shells.map((each) => each.waitFor('READY> ')))
      await desk.settled()
      await until(() => desk.runs.length > 0)
      desk.letGo()
      for (const each of shells) each.type('exit\r')
      await Promise.all(shells.map((each) => each.end()))
      await until(() => desk.runs.includes('finished'))
      assert.deepEqual(desk.runs, [run, 'finished'])
    })

    test('the prompt does not wait for the refresh, which outlives Ctrl-C and the shell', async (t) => {
      const desk = new Desk(t, shell)
      desk.stamp(-1)
      desk.hold()
      const open = await desk.open()
      await open.waitFor('READY> ')
      await until(() => desk.runs.length === 1)
      // Signals of the terminal go to the shell's group, or to that of the command it runs in the foreground.
      assert.notEqual(processGroup(desk.pid), processGroup(open.pid))
      open.type('sleep 61.7\r')
      await until(() => processArguments().some((args) => args.join(' ') === 'sleep 61.7 '))
      open.type('\x03')
      await open.waitFor(/\^C[\s\S]*READY> /)
      open.type('exit\r')
      const { output } = await open.end()
      assert.doesNotMatch(output, /\[\d+\]|job|done|terminated|awsmfa/i)
      desk.letGo()
      await until(() => desk.runs.includes('finished'))
    })

    test('says nothing but the line for the person, once', async (t) => {
      const desk = new Desk(t, shell)
      desk.stamp(3600)
      assert.equal((await desk.visit()).trim(), '')
      desk.stamp(3600, line)
      assert.equal((await desk.visit()).trim(), line)
      await desk.settled()
      assert.deepEqual(desk.runs, [])
    })

    test('starts a refresh when there is no stamp, or one that cannot be read', async (t) => {
      const desk = new Desk(t, shell)
      assert.equal((await desk.visit()).trim(), '')
      await until(() => desk.runs.length === 2)
      writeFileSync(join(desk.state, 'stamp'), 'a[$(id >&2)]')
      utimesSync(join(desk.state, 'stamp'), 0, 0)
      assert.equal((await desk.visit()).trim(), '')
      await until(() => desk.runs.length === 4)
    })

    test('leaves a refresh to the hook that has claimed it, unless that was long ago', async (t) => {
      const desk = new Desk(t, shell)
      desk.stamp(-1)
      writeFileSync(desk.claim, '')
      await desk.visit()
      await desk.settled()
      assert.deepEqual(desk.runs, [])
      const before = Date.now() / 1000 - 600
      utimesSync(desk.claim, before, before)
      await desk.visit()
      await until(() => desk.runs.includes('finished'))
    })

    test('does nothing in a shell that nobody types into', async (t) => {
      const desk = new Desk(t, shell)
      desk.stamp(-1, line)
      const { startUp, source } = dialects[shell]
      const { stdout, stderr, status } = spawnSync(shell, source(join(desk.home, startUp)), { env: desk.env })
      await desk.settled()
      assert.deepEqual([`${stdout}${stderr}`, status, desk.runs], ['', 0, []])
    })

    for (const gone of ['program', 'state'] as const) {
      test(`does nothing when the ${gone} is gone`, async (t) => {
        const desk = new Desk(t, shell)
        desk.stamp(-1, line)
        rmSync(desk[gone], { recursive: true })
        assert.equal((await desk.visit()).trim(), '')
        await desk.settled()
        assert.deepEqual([desk.runs, existsSync(desk.state)], [[], gone === 'program'])
      })
    }

    test("does nothing with another user's state, as in a root shell that kept HOME", async (t) => {
      const desk = new Desk(t, shell)
      desk.stamp(-1, line)
      // Who is not root cannot give a folder away, and takes one of root's.
      if (process.getuid?.() === 0) chownSync(desk.state, 65_534, 65_534)
      else desk.startUp(hookSnippet(shell, { ...desk.paths, stateFolder: '/' }))
      assert.equal((await desk.visit()).trim(), '')
      await desk.settled()
      assert.deepEqual(desk.runs, [])
    })

    test('works in the strictest modes, keeps the status and leaves no names behind, also when it is there twice', async (t) => {
      const desk = new Desk(t, shell)
      desk.stamp(-1)
      desk.hold()
      const { strict, status, names } = dialects[shell]
      const snippet = hookSnippet(shell, desk.paths)
      const list = (file: string) =>
        `{ ${names}; } >"$HOME/${file}"`.replace(/^{(.*)}/, shell === 'fish' ? 'begin;$1end' : '{$1}')
      desk.startUp(`${list('before')}\n${snippet}\n${snippet}\n${list('after')}\n${strict}\n${snippet}\n${status}`)
      assert.equal((await desk.visit()).trim(), 'status 7')
      const [before, after] = ['before', 'after'].map((file) => readFileSync(join(desk.home, file), 'utf8'))
      assert.ok((before ?? '').length > 100)
      assert.equal(after, before)
      await desk.settled()
      await until(() => desk.runs.length > 0)
      desk.letGo()
      await until(() => desk.runs.includes('finished'))
      assert.deepEqual(desk.runs, [run, 'finished'])
    })

    test('a hook that comes too late sees that another has refreshed', async (t) => {
      const desk = new Desk(t, shell)
      const background = /-c '\(?([^']*?)\)?(?: &)?' awsmfa/.exec(hookSnippet(shell, desk.paths))?.[1] ?? ''
      desk.stamp(3600)
      const seen = String(Math.floor(Date.now() / 1000) - 5)
      const { status } = spawnSync('/bin/sh', ['-c', background, 'awsmfa', desk.state, seen, '/bin/sh', desk.program])
      assert.deepEqual([status, desk.runs, existsSync(desk.claim)], [0, [], false])
    })
  })
}

suite('the hook and the real program', { skip: absent('bash', 'python3') }, () => {
  test('an expired session is renewed by a new shell, and a person who is needed is told by the next', async (t) => {
    const sandbox = await openSandbox(t, { files: enrolledFiles })
    const { home, sts } = sandbox
    assert.equal((await sandbox.run(['refresh'])).code, 0)
    const snippet = await sandbox.run(['hook', 'bash'])
    assert.equal(snippet.code, 0)
    // Node with the options that bring the throw-away keychain, and a sign of its end.
    const node = join(home.path, 'node')
    const options = sandbox.command.slice(0, -1).join("' '")
    home.write('node', `#!/bin/sh\n'${options}' "$@"\necho >>"$0.ended"\n`, 0o700)
    const text = snippet.stdout.replace(/(?<= node=)'.*?'/, `'${node}'`)
    // A last line without an end: the snippet must not become a part of it.
    home.write('.bashrc', `PS1='READY> '${text}`)
    const state = join(home.path, '.local/state/awsmfa')
    const visit = async () => {
      const env = { ...sandbox.env, TERM: 'dumb' }
      const shell = await openPty('bash', ['--noprofile', '--rcfile', join(home.path, '.bashrc'), '-i'], { env })
      await shell.waitFor('READY> ')
      shell.type('exit\r')
      return (await shell.end()).output
    }
    const expire = () => {
      home.write('.aws/credentials', (home.read('.aws/credentials') ?? '').replace(/(?<=expires = )\d+/, '2000'))
      writeFileSync(join(state, 'stamp'), '0\n\n')
      utimesSync(join(state, 'stamp'), 0, 0)
    }
    const dueLater = () => Number.parseInt(readFileSync(join(state, 'stamp'), 'utf8'), 10) > Date.now() / 1000
    const ended = (times: number) => until(() => home.read('node.ended')?.length === times)

    await visit()
    assert.ok(dueLater(), 'the first refresh has left a stamp')
    assert.equal(sts.log.length, 1)
    expire()
    await visit()
    await ended(1)
    assert.deepEqual([sts.log.length, dueLater(), existsSync(join(state, 'hook.claim'))], [2, true, false])
    assert.doesNotMatch(home.read('.aws/credentials') ?? '', /expires = 2000/)

    expire()
    home.write('.throw-away-keychain.json', '{}')
    await visit()
    await ended(2)
    assert.match(
      await visit(),
      /^awsmfa: profile mfa needs you: the keychain holds no seed .* \(more: awsmfa status\)\r$/m,
    )
    assert.equal(sts.log.length, 2)
  })
})

suite('the hook in older shells', { skip: absent('bash', 'fish', 'python3'), concurrency: 2 }, () => {
  for (const [shell, older] of [
    ['bash', 'unset EPOCHSECONDS'],
    ['fish', 'function path; end'],
  ] as const) {
    test(`${shell} finds the time by itself (${older})`, async (t) => {
      const desk = new Desk(t, shell)
      desk.startUp(`${older}\n${hookSnippet(shell, desk.paths)}`)
      desk.stamp(3600)
      assert.equal((await desk.visit()).trim(), '')
      await desk.settled()
      assert.deepEqual(desk.runs, [])
      desk.stamp(-3)
      await desk.visit()
      await until(() => desk.runs.includes('finished'))
    })
  }
})

suite('the hook for bash and sh, as shellcheck sees it', { skip: absent('shellcheck') }, () => {
  test('has nothing to be warned of', () => {
    const paths = { node: '/usr/bin/node', program: "/opt/it's/main.js", stateFolder: '/home/a b' }
    const snippet = hookSnippet('bash', paths)
    const background = /-c '([^']*)' awsmfa/.exec(snippet)?.[1]
    for (const [dialect, text] of [
      ['bash', snippet],
      ['sh', background],
    ] as const) {
      // SC3045: `ulimit -c` is not in POSIX, but in every sh; where it is not, the run goes on.
      const { stdout, status } = spawnSync('shellcheck', ['--shell', dialect, '--exclude', 'SC3045', '-'], {
        input: text ?? '',
        encoding: 'utf8',
      })
      assert.deepEqual([stdout, status], ['', 0])
    }
  })
})
