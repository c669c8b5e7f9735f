import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import type { TestContext } from 'node:test'
import { type HookShell, hookSnippet } from '../../src/core/hookSnippet.js'
import { openPty } from './pty.js'
import { tempFolder } from './tempFolder.js'
import { until as waitUntil } from './until.js'

export type Shell = Exclude<HookShell, 'pwsh'>

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

export const dialects: Record<Shell, Dialect> = {
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
export class Desk {
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

export function processArguments(): string[][] {
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
export function processGroup(pid: number): string | undefined {
  return readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')[2]
}

export async function until(condition: () => boolean): Promise<void> {
  await waitUntil(String(condition), condition)
}

/** The script that a snippet for a POSIX shell runs in the background. */
export function backgroundOf(snippet: string): string {
  return /'(ulimit [^']*)'/.exec(snippet)?.[1] ?? 'no such script'
}
